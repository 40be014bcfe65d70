import type { Failure, Outcome } from "../errors.ts";
import { fail, failure, ok } from "../errors.ts";

/** A regular file of an archive. Its bytes are `archive.subarray(start, start + size)`. */
export interface TarEntry {
  /** Without the archive's first folder, as npm unpacks it. */
  path: string;
  mode: number;
  start: number;
  size: number;
}

const BLOCK = 512;
const META_LIMIT = 1024 * 1024;
const decoder = new TextDecoder();

/** Thrown inside this module only: a header is read in many small steps, and `untar` turns it into data. */
class BadArchive extends Error {
  readonly failure: Failure;
  constructor(why: string, code = "TAR_BAD_ARCHIVE") {
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
 * drops them; of two files with one path the later stands, in the earlier one's place.
 * Fails with `TAR_BAD_ARCHIVE` (cut, damaged, not an archive) or `TAR_ENTRY_ERROR` (a name that leaves the package).
 */
export function untar(archive: Uint8Array): Outcome<TarEntry[]> {
  try {
    return ok([...readEntries(archive).values()]);
  } catch (error) {
    if (error instanceof BadArchive) return fail(error.failure);
    throw error;
  }
}

function readEntries(archive: Uint8Array): Map<string, TarEntry> {
  const files = new Map<string, TarEntry>();
  const global: Extended = {};
  let next: Extended = {};
  let seen = false;
  let at = 0;
  let empty = 0;
  // Two empty blocks end an archive; what follows them is padding.
  while (at < archive.length && empty < 2) {
    if (at + BLOCK > archive.length) throw new BadArchive("it ends inside a header");
    const header = readHeader(archive.subarray(at, at + BLOCK));
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
    if (at + size > archive.length) throw new BadArchive(`it is cut inside ${next.path ?? header.name}`);
    if (meta) {
      if (size > META_LIMIT) throw new BadArchive("an extended header is too long");
      const body = archive.subarray(at, at + size);
      if (meta === "global") Object.assign(global, pick(readPax(body), "size"));
      else Object.assign(next, meta === "pax" ? readPax(body) : meta === "path" ? { path: longName(body) } : {});
    } else {
      const path = next.path ?? header.name;
      if (["\0", "0", "7"].includes(header.type) && !path.endsWith("/")) {
        const inside = insidePath(path);
        if (inside) files.set(inside, { path: inside, mode: header.mode, start: at, size });
      }
      next = {};
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  // The last body may lack its padding's tail only if nothing follows it: a cut archive.
  if (at > archive.length) throw new BadArchive("it is cut inside its last file");
  if (!seen) throw new BadArchive("it holds no tar entry");
  return files;
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
  const folder = header.type === "5" || (header.type === "0" && (next.path ?? header.name).endsWith("/"));
  return folder ? 0 : (next.size ?? global.size ?? header.size);
}

/** `null` for an empty block. */
function readHeader(block: Uint8Array): Header | null {
  let sum = 256;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i] as number;
  if (sum === 256 && block.every((byte) => byte === 0)) return null;
  if (number(block, 148, 8) !== sum) throw new BadArchive("a header's checksum does not match");
  const type = String.fromCharCode(block[156] as number);
  let name = text(block, 0, 100);
  if (text(block, 257, 6) === "ustar" && block[263] === 0x30) {
    // xstar keeps times in the prefix's last 25 bytes; a used byte 475 means that all 155 are prefix.
    const prefix = text(block, 345, block[475] === 0 ? 130 : 155);
    if (prefix) name = `${prefix}/${name}`;
  }
  return { type, name, size: number(block, 124, 12), mode: Number.parseInt(text(block, 100, 8), 8) & 0o777 };
}

function text(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

/** Octal digits, or base 256 when the first bit is set. */
function number(block: Uint8Array, at: number, length: number): number {
  const first = block[at] as number;
  let value = 0;
  if (first & 0x80) {
    if (first !== 0x80) throw new BadArchive("a header holds an impossible number");
    for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] as number);
  } else {
    const digits = text(block, at, length).trim();
    if (!/^[0-7]*$/.test(digits)) throw new BadArchive("a header holds an impossible number");
    value = Number.parseInt(digits || "0", 8);
  }
  if (!Number.isSafeInteger(value)) throw new BadArchive("a header holds an impossible number");
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

/**
 * The path below the archive's first folder, or `""` for what npm skips (a file beside that folder).
 *
 *     package/lib/a.js → lib/a.js     package//a.js → a.js     README → ""     package/../x → refused
 */
function insidePath(path: string): string {
  const parts = path.split("/");
  if (/^(?:[/\\]|[a-z]:)/i.test(path) || path.includes("\0") || path.split(/[/\\]/).includes(".."))
    throw new BadArchive(`a file's name leaves the package: ${JSON.stringify(path)}`, "TAR_ENTRY_ERROR");
  return parts
    .slice(1)
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}
