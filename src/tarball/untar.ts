import type { Failure } from "../api/failure.ts";
import type { UnpackLimits } from "../api/install.ts";
import type { ErrorCode, Outcome } from "../errors/failure.ts";
import { fail, failure, ok } from "../errors/failure.ts";
import { ArchiveFiles, quoted, type TarEntry } from "./archive-files.ts";
import { hasRoot, insidePath } from "./safe-path.ts";
import { UNPACK_LIMITS } from "./unpack-limits.ts";

// Reads tar archives: ustar and pax (POSIX.1-2001, "pax"), GNU long names and xstar prefixes.

export interface Untarred {
  /** The regular files, in the archive's order. */
  files: TarEntry[];
  /** About files that were left out, and names that are the same on some systems. */
  warnings: Failure[];
}

const BLOCK = 512;
const META_LIMIT = 1024 * 1024;
/** The characters of the paths of all files and folders. Each folder counts with its whole path. */
const MOST_PATHS = 1 << 26;
/** The bytes of the package.json. */
const MOST_MANIFEST = 1 << 21;
/** The entries and new folders between two pauses: a few milliseconds of work. */
const STEPS_AT_ONCE = 2000;
const decoder = new TextDecoder();

/** Thrown by the many small steps that read a header. `untar` catches it and returns its failure. */
class BadArchive extends Error {
  readonly failure: Failure;
  constructor(why: string, code: ErrorCode = "TAR_BAD_ARCHIVE") {
    super(why);
    this.failure = failure(code, why);
  }
}

/** The values of extended headers that apply to the next entry. */
interface Extended {
  path?: string;
  size?: number;
}

interface Header {
  type: string;
  name: string;
  size: number;
  mode: number;
}

/**
 * Lists the regular files of a tar archive.
 *
 * 1. Read a header block. An empty block ends the archive if another empty one follows; anything behind them is padding.
 * 2. Check the header's checksum, and read name, type, size and mode.
 * 3. An extended header (pax, GNU long name) describes the next entry: remember its path and size. A global pax header
 *    describes all later ones: remember its size.
 * 4. Any other header is an entry. Drop links, devices and folders, as npm does. Warn about links and devices.
 * 5. Remove the first folder of the path, and then a root with a warning. Fail if the path leaves the package, or the file exceeds
 *    the limits.
 * 6. Add the file. If its path exists already, it takes the place of the earlier file.
 *
 * Fails with `TAR_BAD_ARCHIVE` (cut, damaged, or not an archive), `TAR_ENTRY_ERROR` (a name that leaves the package) or
 * `TAR_ABORT` (more or larger files than `limits` allow, or too much text in their paths). The generator pauses between entries.
 */
export function* untar(
  archive: Uint8Array,
  limits: Pick<UnpackLimits, "file" | "files"> = UNPACK_LIMITS,
): Generator<undefined, Outcome<Untarred>> {
  try {
    const listed = new ArchiveFiles();
    yield* readEntries(archive, (entry, type) => take(listed, entry, { type, limits }));
    return ok({ files: [...listed.files.values()], warnings: yield* listed.warnings() });
  } catch (error) {
    if (error instanceof BadArchive) return fail(error.failure);
    throw error;
  }
}

/** Adds an entry to the list (steps 4 to 6). Returns the number of new folders. */
function take(
  listed: ArchiveFiles,
  entry: TarEntry,
  { type, limits }: { type: string; limits: Pick<UnpackLimits, "file" | "files"> },
): number {
  if ("346".includes(type)) listed.note("devices are left out", "TAR_ENTRY_UNSUPPORTED", [entry.path]);
  if ("12".includes(type)) listed.note("links are left out, as npm does", "TAR_ENTRY_UNSUPPORTED", [entry.path]);
  if (!isFile(type) || entry.path.endsWith("/")) return 0;
  const path = insidePath(entry.path);
  if (path === null) throw new BadArchive(`a file's name leaves the package: ${quoted(entry.path)}`, "TAR_ENTRY_ERROR");
  if (path === "") return 0;
  if (entry.size > limits.file) throw new BadArchive(`a file has more than ${limits.file} bytes`, "TAR_ABORT");
  const before = listed.folders.size;
  if (hasRoot(entry.path)) listed.note(ABSOLUTE, "TAR_ENTRY_INFO", [entry.path]);
  listed.add({ ...entry, path });
  if (Math.max(listed.files.size, listed.folders.size) > limits.files)
    throw new BadArchive(`it has more than ${limits.files} files`, "TAR_ABORT");
  if (listed.pathLength > MOST_PATHS)
    throw new BadArchive(`the paths of its files and folders have more than ${MOST_PATHS} characters`, "TAR_ABORT");
  if (path === "package.json" && entry.size > MOST_MANIFEST)
    throw new BadArchive(`its package.json has more than ${MOST_MANIFEST} bytes`, "TAR_ABORT");
  return listed.folders.size - before;
}

const ABSOLUTE = "names are absolute, and their files are put into the package, as npm does";

/** The types of regular files: `0`, NUL (before ustar) and `7` (contiguous). */
const isFile = (type: string): boolean => "0\x007".includes(type);

function* readEntries(
  archive: Uint8Array,
  found: (entry: TarEntry, type: string) => number,
): Generator<undefined, void> {
  let steps = 0;
  const global: Extended = {};
  let next: Extended = {};
  let seen = false;
  let at = 0;
  let empty = 0;
  while (at < archive.length && empty < 2) {
    if (at + BLOCK > archive.length) {
      if (empty > 0) break;
      throw new BadArchive("it ends inside a header");
    }
    const header = readHeader(archive, at);
    at += BLOCK;
    if (!header) {
      empty++;
      continue;
    }
    empty = 0;
    seen = true;
    const meta = META[header.type];
    // The size in an extended header applies to the next file, not to headers in between.
    const size = meta ? header.size : bodySize(header, next, global);
    if (at + size > archive.length) throw new BadArchive(`it is cut off inside ${quoted(next.path ?? header.name)}`);
    if (meta) {
      if (size > META_LIMIT) throw new BadArchive("an extended header is too long");
      const body = archive.subarray(at, at + size);
      if (meta === "global") Object.assign(global, pick(readPax(body), "size"));
      else Object.assign(next, meta === "pax" ? readPax(body) : meta === "path" ? { path: longName(body) } : {});
    } else {
      steps += found({ path: next.path ?? header.name, mode: header.mode, start: at, size }, header.type);
      next = {};
    }
    // An extended header takes time for each of its bytes.
    steps += 1 + (meta ? size >> 10 : 0);
    if (steps >= STEPS_AT_ONCE) {
      steps = 0;
      yield;
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  // The padding of the last body is missing: the archive was cut off.
  if (at > archive.length) throw new BadArchive("it is cut off inside its last file");
  if (!seen) throw new BadArchive("it has no tar entry");
}

// Types whose body describes another entry. K holds the target of a link. Links are dropped, so K is skipped.
const META: Readonly<Record<string, "pax" | "global" | "path" | "skip">> = Object.assign(Object.create(null), {
  x: "pax",
  X: "pax",
  g: "global",
  L: "path",
  N: "path",
  K: "skip",
});

/** Returns the bytes of an entry's body. Folders have none, but some archivers write a size into their header. */
function bodySize(header: Header, next: Extended, global: Extended): number {
  const folder = header.type === "5" || (isFile(header.type) && (next.path ?? header.name).endsWith("/"));
  return folder ? 0 : (next.size ?? global.size ?? header.size);
}

/** Reads the header block at `from`. Returns null if the block is empty. */
function readHeader(archive: Uint8Array, from: number): Header | null {
  // The checksum counts its own field as blanks.
  const rest = sumOf(archive, from, from + 148) + sumOf(archive, from + 156, from + BLOCK);
  if (rest === 0 && sumOf(archive, from + 148, from + 156) === 0) return null;
  if (number(archive, from + 148, 8) !== rest + 8 * 0x20) throw new BadArchive("a header's checksum does not match");
  let name = text(archive, from, 100);
  if (archive[from + 345] && text(archive, from + 257, 6) === "ustar" && archive[from + 263] === 0x30) {
    // An xstar header has times in the prefix's last 25 bytes. If byte 475 is not 0, all 155 bytes are prefix.
    name = `${text(archive, from + 345, archive[from + 475] === 0 ? 130 : 155)}/${name}`;
  }
  return {
    type: String.fromCharCode(archive[from + 156] as number),
    name,
    size: number(archive, from + 124, 12),
    // npm's modes under the common umask: all may read, the owner may write, and the archive's execute bits. npm keeps the
    // setuid and setgid bits; here they are dropped.
    mode: 0o644 | (Number.parseInt(text(archive, from + 100, 8), 8) & 0o111),
  };
}

function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += bytes[i] as number;
  return sum;
}

function text(bytes: Uint8Array, at: number, length: number): string {
  let end = at;
  let plain = true;
  for (; end < at + length && bytes[end] !== 0; end++) plain &&= (bytes[end] as number) < 0x80;
  const field = bytes.subarray(at, end);
  // For the few bytes of a field a decoder takes several times as long.
  return plain ? String.fromCharCode.apply(null, field as unknown as number[]) : decoder.decode(field);
}

const impossible = (): BadArchive => new BadArchive("a header holds an impossible number");

/** Reads a number: octal digits between blanks, up to the first NUL, or base 256 if the first bit is set. */
function number(block: Uint8Array, at: number, length: number): number {
  const large = block[at] === 0x80;
  let value = 0;
  let ended = false;
  let digits = false;
  for (let i = large ? at + 1 : at; i < at + length; i++) {
    const byte = block[i] as number;
    if (large) value = value * 256 + byte;
    else if (byte === 0) break;
    else if (byte === 0x20) ended = digits;
    else if (ended || byte < 0x30 || byte > 0x37) throw impossible();
    else {
      value = value * 8 + byte - 0x30;
      digits = true;
    }
  }
  if (!Number.isSafeInteger(value)) throw impossible();
  return value;
}

/** Reads pax records, `<length> <key>=<value>\n`. The length counts the bytes of the whole record. */
function readPax(body: Uint8Array): Extended {
  const found: Extended = {};
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const blank = body.indexOf(0x20, at);
    const digits = decoder.decode(body.subarray(at, blank < 0 ? at : blank));
    const end = at + Number(digits);
    const equals = body.indexOf(0x3d, blank);
    if (!/^\d{1,7}$/.test(digits) || end > body.length || body[end - 1] !== 0x0a || equals < 0 || equals >= end)
      throw new BadArchive("an extended header is damaged");
    const key = decoder.decode(body.subarray(blank + 1, equals));
    const value = decoder.decode(body.subarray(equals + 1, end - 1));
    if (key === "path") found.path = value;
    if (key === "size") {
      found.size = /^\d+$/.test(value) ? Number(value) : Number.NaN;
      if (!Number.isSafeInteger(found.size)) throw new BadArchive("an extended header holds an impossible size");
    }
    at = end;
  }
  return found;
}

function longName(body: Uint8Array): string {
  let end = body.length;
  while (end > 0 && body[end - 1] === 0) end--;
  return decoder.decode(body.subarray(0, end));
}

function pick(from: Extended, key: "size"): Extended {
  return from[key] === undefined ? {} : { size: from[key] };
}
