import { dosLine } from "../tarball/dos-line.ts";

/**
 * A command's first line as systems want it: npm takes the carriage return from the `#!` line of what it links in `.bin`.
 */
export function unixLine(bytes: Uint8Array): Uint8Array {
  const at = dosLine(bytes);
  if (at < 0) return bytes;
  const fixed = new Uint8Array(bytes.length - 1);
  fixed.set(bytes.subarray(0, at));
  fixed.set(bytes.subarray(at + 1), at);
  return fixed;
}
