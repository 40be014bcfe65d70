import type { SinkFile } from "../api/sink.ts";
import { shebangCarriageReturn } from "../tarball/crlf-shebang.ts";
import type { ByteRange } from "../tarball/gunzip.ts";
import type { PackIndex } from "../tarball/pack-index.ts";

/** A package whose archive is inflated. */
export interface OpenedPack {
  readonly location: string;
  readonly index: PackIndex;
  readonly archive: Uint8Array;
}

/** Returns where a file is in its archive. @param at its position in the arrays of the index */
export function rangeOf({ starts, sizes }: PackIndex, at: number): ByteRange {
  const start = starts[at] ?? 0;
  return [start, start + (sizes[at] ?? 0)];
}

/**
 * Yields the files of a package as npm leaves them on disk.
 * @param executables files that a command in `.bin` leads to, relative to the package
 * @param overlay files that replace those of the archive, by path in the project
 */
export function* filesOf(
  { location, index, archive }: OpenedPack,
  executables: ReadonlySet<string> | undefined,
  overlay: ReadonlyMap<string, Uint8Array>,
): Generator<SinkFile> {
  for (const [at, path] of index.paths.entries()) {
    const bytes = overlay.get(`${location}/${path}`)?.slice() ?? archive.slice(...rangeOf(index, at));
    const isCommand = executables?.has(path) ?? false;
    const mode = ((index.modes[at] ?? 0o644) & 0o777) | (isCommand ? 0o111 : 0);
    yield { path, bytes: isCommand ? unixLine(bytes) : bytes, mode };
  }
}

/** Removes the carriage return from the `#!` line of a command, as npm does when it links the command in `.bin`. */
export function unixLine(bytes: Uint8Array): Uint8Array {
  const at = shebangCarriageReturn(bytes);
  if (at < 0) return bytes;
  const fixed = new Uint8Array(bytes.length - 1);
  fixed.set(bytes.subarray(0, at));
  fixed.set(bytes.subarray(at + 1), at);
  return fixed;
}
