import { isObject } from "../base/json.ts";
import { base64 } from "./integrity.ts";
import { countSafePaths } from "./safe-path.ts";

/** What a verified tarball holds, without its bytes. Arrays run in parallel, one place a file, in the archive's order. */
export interface PackIndex {
  /** sha512 SRI of the tarball as it came. */
  readonly integrity: string;
  /** Bytes that it inflates to; `starts` count in these. */
  readonly unpacked: number;
  /** Relative to the package, `/`-separated: `lib/a.js`. */
  readonly paths: readonly string[];
  readonly starts: Uint32Array;
  readonly sizes: Uint32Array;
  /** As npm sets them (`0o644`, `0o755`), but for what a `bin` adds; with `DOS_LINE` where that would change the file. */
  readonly modes: Uint16Array;
  /** Of package.json: those that npm would run at an install. Empty where there are none. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** Beside a mode: the file's first line is one of `#!` and ends in CR LF, so as a command it is a byte shorter. */
export const CRLF_SHEBANG = 0o1000;

/** What npm runs at an install of a package from a registry, in this order. */
export const INSTALL_SCRIPTS: readonly string[] = ["preinstall", "install", "postinstall"];

// Numbers of 32 bits in the machine's own order: the version, `unpacked`, files, bytes of the scripts; then the hash (64 bytes),
// `starts`, `sizes` (32 bits each), `modes` (16 bits), the scripts as JSON (nothing where there are none), the paths with NUL
// between them.
const VERSION = 0x31_4b_50_57;
const HASH = 16;
const COLUMNS = 80;
const SHA512 = "sha512-";

/** For storage; `readPackIndex` reads it back. */
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
 * An index from storage; null for anything that is none, or of another version. Paths are safe and every file is within what
 * the tarball inflates to, as when it was made. It is a view of `bytes`, and makes strings when `paths` is first asked for.
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

/** A mark at the start of the first name is part of it. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A decoder takes no view of shared memory. */
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
