import { isObject } from "../base/json.ts";
import { base64 } from "./integrity.ts";
import { countSafePaths } from "./safe-path.ts";

/** The files of a verified tarball, without their bytes. The arrays have one item per file, in the archive's order. */
export interface PackIndex {
  /** sha512 SRI of the tarball. */
  readonly integrity: string;
  /** Bytes of the inflated archive. `starts` are offsets in it. */
  readonly unpacked: number;
  /** Relative to the package, `/`-separated: `lib/a.js`. */
  readonly paths: readonly string[];
  readonly starts: Uint32Array;
  readonly sizes: Uint32Array;
  /** npm's modes (`0o644`, `0o755`) without the bits that a `bin` adds, and with `CRLF_SHEBANG` if a `bin` would change the file. */
  readonly modes: Uint16Array;
  /** The scripts of package.json that npm would run at an install. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** A flag beside a mode: the file starts with a `#!` line that ends in CR LF. npm removes the CR if the file is a command. */
export const CRLF_SHEBANG = 0o1000;

/** The scripts that npm runs when it installs a package from a registry, in this order. */
export const INSTALL_SCRIPTS: readonly string[] = ["preinstall", "install", "postinstall"];

// The encoded form. Numbers are in the machine's own byte order.
//
//   32 bits each: version, `unpacked`, number of files, bytes of the scripts
//   the hash (64 bytes)
//   `starts` and `sizes` (32 bits each), `modes` (16 bits each)
//   the scripts as JSON (empty if there are none), the paths with NUL between them
const VERSION = 0x31_4b_50_57;
const HASH = 16;
const COLUMNS = 80;
const SHA512 = "sha512-";

/** Encodes an index for storage. `readPackIndex` reads it. */
export function encodePackIndex(index: PackIndex): Uint8Array<ArrayBuffer> {
  const { paths, starts, sizes, modes, scripts } = index;
  const count = paths.length;
  const encoder = new TextEncoder();
  const json = encoder.encode(Object.keys(scripts).length > 0 ? JSON.stringify(scripts) : "");
  const names = encoder.encode(paths.join("\0"));
  const texts = COLUMNS + count * 10;
  const bytes = new Uint8Array(texts + json.length + names.length);
  new Uint32Array(bytes.buffer, 0, 4).set([VERSION, index.unpacked, count, json.length]);
  bytes.set(unbase64(index.integrity.slice(SHA512.length)), HASH);
  new Uint32Array(bytes.buffer, COLUMNS, count).set(starts);
  new Uint32Array(bytes.buffer, COLUMNS + count * 4, count).set(sizes);
  new Uint16Array(bytes.buffer, COLUMNS + count * 8, count).set(modes);
  bytes.set(json, texts);
  bytes.set(names, texts + json.length);
  return bytes;
}

/**
 * Reads a stored index. Returns null if the bytes are not one of this version, if a path is not safe, or if a file is not
 * within the archive. The result is a view of `bytes`. It decodes the paths when they are first read.
 */
export function readPackIndex(bytes: Uint8Array): PackIndex | null {
  if (bytes.length < COLUMNS) return null;
  const own = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = (at: number, count: number): Uint32Array => new Uint32Array(own.buffer, own.byteOffset + at, count);
  const [version, unpacked, count, jsonLength] = words(0, 4) as unknown as [number, number, number, number];
  const texts = COLUMNS + count * 10;
  if (version !== VERSION || texts + jsonLength > own.length) return null;
  const names = own.subarray(texts + jsonLength);
  const starts = words(COLUMNS, count);
  const sizes = words(COLUMNS + count * 4, count);
  const modes = new Uint16Array(own.buffer, own.byteOffset + COLUMNS + count * 8, count);
  const scripts = readScripts(own.subarray(texts, texts + jsonLength));
  if (!scripts || (count > 0 ? countSafePaths(names) : -names.length) !== count) return null;
  for (let i = 0; i < count; i++) {
    if (
      (starts[i] as number) + (sizes[i] as number) > unpacked ||
      ((modes[i] as number) & ~(0o111 | CRLF_SHEBANG)) !== 0o644
    )
      return null;
  }
  return new StoredIndex({ own, names, starts, sizes, modes, scripts, unpacked });
}

class StoredIndex implements PackIndex {
  readonly unpacked: number;
  readonly starts: Uint32Array;
  readonly sizes: Uint32Array;
  readonly modes: Uint16Array;
  readonly scripts: Readonly<Record<string, string>>;
  readonly #hash: Uint8Array;
  #integrity: string | undefined;
  #names: Uint8Array | null;
  #paths: readonly string[] = [];

  constructor(parts: Omit<PackIndex, "integrity" | "paths"> & { own: Uint8Array; names: Uint8Array }) {
    this.unpacked = parts.unpacked;
    this.starts = parts.starts;
    this.sizes = parts.sizes;
    this.modes = parts.modes;
    this.scripts = parts.scripts;
    this.#hash = parts.own.subarray(HASH, COLUMNS);
    this.#names = parts.starts.length > 0 ? parts.names : null;
  }

  get integrity(): string {
    this.#integrity ??= SHA512 + base64(this.#hash);
    return this.#integrity;
  }

  get paths(): readonly string[] {
    if (this.#names) this.#paths = decode(this.#names).split("\0");
    this.#names = null;
    return this.#paths;
  }
}

/** A byte order mark at the start is part of the first name. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes bytes. A decoder refuses shared memory, so such bytes are copied. */
function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice());
}

function readScripts(json: Uint8Array): Record<string, string> | null {
  if (json.length === 0) return {};
  try {
    const value: unknown = JSON.parse(decode(json));
    const right = isObject(value) && Object.entries(value).every(isScript);
    return right ? (value as Record<string, string>) : null;
  } catch {
    return null;
  }
}

const isScript = ([event, script]: [string, unknown]): boolean =>
  INSTALL_SCRIPTS.includes(event) && typeof script === "string";

function unbase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
