/**
 * A command's first line as systems want it: npm takes the carriage return from the `#!` line of what it links in `.bin`.
 */
export function unixLine(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return bytes;
  const end = bytes.indexOf(10);
  if (end < 4 || bytes[end - 1] !== 13) return bytes;
  const fixed = new Uint8Array(bytes.length - 1);
  fixed.set(bytes.subarray(0, end - 1));
  fixed.set(bytes.subarray(end), end - 1);
  return fixed;
}
