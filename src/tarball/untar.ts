import type { Failure } from "../api/failure.ts";
import type { UnpackLimits } from "../api/install.ts";
import type { ErrorCode, Outcome } from "../errors/failure.ts";
import { fail, failure, ok } from "../errors/failure.ts";
import { ArchiveFiles, quoted, type TarEntry } from "./archive-files.ts";
import { insidePath } from "./safe-path.ts";
import { UNPACK_LIMITS } from "./unpack-limits.ts";

export interface Untarred {
  /** In the archive's order. */
  files: TarEntry[];
  /** What was left out, or is the same on some systems. */
  warnings: Failure[];
}

const BLOCK = 512;
const META_LIMIT = 1024 * 1024;
const decoder = new TextDecoder();

/** Thrown inside this module only: a header is read in many small steps, and `untar` turns it into data. */
class BadArchive extends Error {
  readonly failure: Failure;
  constructor(why: string, code: ErrorCode = "TAR_BAD_ARCHIVE") {
    super(why);
    this.failure = failure(code, why);
  }
}

/** What extended headers say about the next entry. */
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
 * Lists an archive's regular files: ustar, pax (path, size), GNU long names. Links, devices and folders are dropped, as npm
 * drops them; of two files with one path the later stands, in the earlier one's place. What may stand at the end is padding.
 * Fails with `TAR_BAD_ARCHIVE` (cut, damaged, not an archive), `TAR_ENTRY_ERROR` (a name that leaves the package) or
 * `TAR_ABORT` (more or larger files than `limits` has).
 */
export function untar(
  archive: Uint8Array,
  limits: Pick<UnpackLimits, "file" | "files"> = UNPACK_LIMITS,
): Outcome<Untarred> {
  try {
    const listed = new ArchiveFiles();
    readEntries(archive, (entry, type) => take(listed, entry, { type, limits }));
    return ok({ files: [...listed.files.values()], warnings: listed.warnings() });
  } catch (error) {
    if (error instanceof BadArchive) return fail(error.failure);
    throw error;
  }
}

/** A file as the archive names it: listed, unless it is a link or alike, or too much. */
function take(
  listed: ArchiveFiles,
  entry: TarEntry,
  { type, limits }: { type: string; limits: Pick<UnpackLimits, "file" | "files"> },
): void {
  if ("346".includes(type)) listed.note("it has devices, which are left out", "TAR_ENTRY_UNSUPPORTED", [entry.path]);
  if (!isFile(type) || entry.path.endsWith("/")) return;
  const path = insidePath(entry.path);
  if (path === null) throw new BadArchive(`a file's name leaves the package: ${quoted(entry.path)}`, "TAR_ENTRY_ERROR");
  if (path === "") return;
  if (entry.size > limits.file) throw new BadArchive(`a file has more than ${limits.file} bytes`, "TAR_ABORT");
  listed.add({ ...entry, path });
  if (Math.max(listed.files.size, listed.folders.size) > limits.files)
    throw new BadArchive(`it has more than ${limits.files} files`, "TAR_ABORT");
}

/** A file, one of before ustar, one that is to be contiguous. */
const isFile = (type: string): boolean => "0\x007".includes(type);

function readEntries(archive: Uint8Array, found: (entry: TarEntry, type: string) => void): void {
  const global: Extended = {};
  let next: Extended = {};
  let seen = false;
  let at = 0;
  let empty = 0;
  // Two empty blocks end an archive; what follows them is padding.
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
    // An extended header describes the next file, never the headers between.
    const size = meta ? header.size : bodySize(header, next, global);
    if (at + size > archive.length) throw new BadArchive(`it is cut inside ${quoted(next.path ?? header.name)}`);
    if (meta) {
      if (size > META_LIMIT) throw new BadArchive("an extended header is too long");
      const body = archive.subarray(at, at + size);
      if (meta === "global") Object.assign(global, pick(readPax(body), "size"));
      else Object.assign(next, meta === "pax" ? readPax(body) : meta === "path" ? { path: longName(body) } : {});
    } else {
      found({ path: next.path ?? header.name, mode: header.mode, start: at, size }, header.type);
      next = {};
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  // The last body may lack its padding's tail only if nothing follows it: a cut archive.
  if (at > archive.length) throw new BadArchive("it is cut inside its last file");
  if (!seen) throw new BadArchive("it holds no tar entry");
}

// Types whose body describes another entry. K names a link's target: links are dropped, so it is only skipped.
const META: Readonly<Record<string, "pax" | "global" | "path" | "skip">> = Object.assign(Object.create(null), {
  x: "pax",
  X: "pax",
  g: "global",
  L: "path",
  N: "path",
  K: "skip",
});

/** Folders have no body, whatever their size field says: some archivers write the folder's own size there. */
function bodySize(header: Header, next: Extended, global: Extended): number {
  const folder = header.type === "5" || (isFile(header.type) && (next.path ?? header.name).endsWith("/"));
  return folder ? 0 : (next.size ?? global.size ?? header.size);
}

/** Of the block at `from`: null where that is empty. */
function readHeader(archive: Uint8Array, from: number): Header | null {
  // The sum counts its own field as blanks.
  const rest = sumOf(archive, from, from + 148) + sumOf(archive, from + 156, from + BLOCK);
  if (rest === 0 && sumOf(archive, from + 148, from + 156) === 0) return null;
  if (number(archive, from + 148, 8) !== rest + 8 * 0x20) throw new BadArchive("a header's checksum does not match");
  let name = text(archive, from, 100);
  if (archive[from + 345] && text(archive, from + 257, 6) === "ustar" && archive[from + 263] === 0x30) {
    // xstar keeps times in the prefix's last 25 bytes; a used byte 475 means that all 155 are prefix.
    name = `${text(archive, from + 345, archive[from + 475] === 0 ? 130 : 155)}/${name}`;
  }
  return {
    type: String.fromCharCode(archive[from + 156] as number),
    name,
    size: number(archive, from + 124, 12),
    // Everybody reads and the owner writes, whatever the archive says: npm's modes under the common umask. It leaves bits
    // that give a program its owner's rights where they are; here they are dropped.
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
  // A decoder takes several times as long for the few bytes of a field.
  return plain ? String.fromCharCode.apply(null, field as unknown as number[]) : decoder.decode(field);
}

const impossible = (): BadArchive => new BadArchive("a header holds an impossible number");

/** Octal digits with blanks about them, up to the first NUL; base 256 when the first bit is set. */
function number(block: Uint8Array, at: number, length: number): number {
  const large = block[at] === 0x80;
  let value = 0;
  // Whether the digits have ended.
  let over = false;
  let digits = false;
  for (let i = large ? at + 1 : at; i < at + length; i++) {
    const byte = block[i] as number;
    if (large) value = value * 256 + byte;
    else if (byte === 0) break;
    else if (byte === 0x20) over = digits;
    else if (over || byte < 0x30 || byte > 0x37) throw impossible();
    else {
      value = value * 8 + byte - 0x30;
      digits = true;
    }
  }
  if (!Number.isSafeInteger(value)) throw impossible();
  return value;
}

/** pax records, `<length> <key>=<value>\n`, the length counting all of its own record in bytes. */
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
  return decoder.decode(body).replace(/\0+$/, "");
}

function pick(from: Extended, key: "size"): Extended {
  return from[key] === undefined ? {} : { size: from[key] };
}
