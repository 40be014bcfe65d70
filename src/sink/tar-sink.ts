import { type ArchiveFormat, createArchiveSink, NPM_TIME, type StreamSink } from "./archive-sink.ts";
import type { ArchiveStream } from "./archive-stream.ts";

const BLOCK = 512;
const encoder = new TextEncoder();

/** Makes a sink that writes a tar archive: POSIX.1-1988 ustar, with pax headers for names that are too long or not ASCII. */
export function createTarSink(): StreamSink {
  return createArchiveSink((archive) => new TarFormat(archive));
}

class TarFormat implements ArchiveFormat {
  readonly #archive: ArchiveStream;

  constructor(archive: ArchiveStream) {
    this.#archive = archive;
  }

  async file(path: string, bytes: Uint8Array, mode: number): Promise<void> {
    await this.#entry({ path, type: "0", mode, size: bytes.length });
    await this.#body(bytes);
  }

  async link(path: string, target: string): Promise<void> {
    await this.#entry({ path, type: "2", mode: 0o777, size: 0, target });
  }

  /** Writes the two empty blocks that end an archive. */
  async end(): Promise<void> {
    await this.#archive.write(new Uint8Array(2 * BLOCK));
  }

  async #entry(entry: Entry): Promise<void> {
    const more: string[] = [];
    const name = splitName(entry.path);
    if (!name) more.push(paxRecord("path", entry.path));
    if (entry.target && !isShort(entry.target, 100)) more.push(paxRecord("linkpath", entry.target));
    if (more.length > 0) {
      const body = encoder.encode(more.join(""));
      await this.#archive.write(header({ path: "", type: "x", mode: 0o644, size: body.length }, ["", "pax"]));
      await this.#body(body);
    }
    // Readers without pax support see the end of the name.
    await this.#archive.write(header(entry, name ?? ["", entry.path.replace(/[^ -~]/g, "_").slice(-100)]));
  }

  async #body(bytes: Uint8Array): Promise<void> {
    await this.#archive.write(bytes);
    await this.#archive.write(new Uint8Array(-bytes.length & (BLOCK - 1)));
  }
}

interface Entry {
  path: string;
  /** `0` file, `2` symbolic link, `x` pax header. */
  type: string;
  mode: number;
  size: number;
  target?: string;
}

function isShort(text: string, length: number): boolean {
  return text.length <= length && /^[ -~]*$/.test(text);
}

/** Splits a path as ustar stores it: up to 155 characters, a `/`, and up to 100. Undefined if that is impossible. */
function splitName(path: string): [prefix: string, name: string] | undefined {
  if (isShort(path, 100)) return ["", path];
  const cut = path.indexOf("/", path.length - 101);
  return cut > 0 && cut < path.length - 1 && isShort(path, 256) && cut <= 155
    ? [path.slice(0, cut), path.slice(cut + 1)]
    : undefined;
}

/** Returns `<length> <key>=<value>\n`. The length, in bytes, includes itself: `paxRecord("path", "a")` is `10 path=a\n`. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = encoder.encode(rest).length;
  let length = bytes + `${bytes}`.length;
  if (`${length}`.length > `${bytes}`.length) length++;
  return length + rest;
}

function header({ type, mode, size, target = "" }: Entry, [prefix, name]: [string, string]): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const text = (at: number, value: string): void => void encoder.encodeInto(value, block.subarray(at));
  const octal = (at: number, value: number, digits: number): void => text(at, value.toString(8).padStart(digits, "0"));
  text(0, name);
  octal(100, mode & 0o777, 7);
  // Owner and group.
  octal(108, 0, 7);
  octal(116, 0, 7);
  octal(124, size, 11);
  octal(136, NPM_TIME, 11);
  text(156, type);
  text(157, target.replace(/[^ -~]/g, "_").slice(0, 100));
  text(257, "ustar\x0000");
  text(345, prefix);
  // The checksum counts its own field as blanks.
  text(148, " ".repeat(8));
  octal(
    148,
    block.reduce((sum, byte) => sum + byte, 0),
    6,
  );
  block[154] = 0;
  return block;
}
