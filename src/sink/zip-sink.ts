import { Deflate, deflateSync } from "fflate";
import { concat } from "../base/concat.ts";
import type { RulesOf } from "../base/option-rules.ts";
import { checkOptions } from "../base/refuse-option.ts";
import { sinkFailed } from "../errors/sink.ts";
import { crc32 } from "../tarball/crc32.ts";
import { type ArchiveFormat, createArchiveSink, type StreamSink } from "./archive-sink.ts";
import type { ArchiveStream } from "./archive-stream.ts";

export interface ZipOptions {
  /** 0 stores files, 1 to 9 deflate them. Default 6. */
  level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
}

const RULES: RulesOf<ZipOptions> = { level: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] };

const encoder = new TextEncoder();

/** 1985-10-26 08:15 as an MS-DOS time. */
const DOS_TIME = ((1985 - 1980) << 25) | (10 << 21) | (26 << 16) | (8 << 11) | (15 << 5);
const FILE = 0o100000;
const LINK = 0o120000;
// Larger archives need zip64, which not every reader knows.
const MOST_ENTRIES = 0xffff;
const MOST_BYTES = 0xffffffff;
/** The bytes that are deflated at once: about ten milliseconds of work. */
const PIECE = 1 << 18;

/**
 * Makes a sink that writes a zip archive (PKWARE's APPNOTE 6.3). Without zip64, it holds 65,535 entries and 4 GB; a larger install
 * fails with ESINK. Modes and links are stored as Info-ZIP stores them.
 * @throws InstallError EINVALIDOPTION
 */
export function createZipSink(options: ZipOptions = {}): StreamSink {
  checkOptions(RULES, options);
  return createArchiveSink((archive) => new ZipFormat(archive, options.level ?? 6));
}

class ZipFormat implements ArchiveFormat {
  readonly #archive: ArchiveStream;
  readonly #level: NonNullable<ZipOptions["level"]>;
  /** The records of the central directory. */
  readonly #directory: Uint8Array[] = [];
  #entries = 0;

  constructor(archive: ArchiveStream, level: NonNullable<ZipOptions["level"]>) {
    this.#archive = archive;
    this.#level = level;
  }

  file(path: string, bytes: Uint8Array, mode: number): Promise<void> {
    return this.#entry(path, bytes, FILE | (mode & 0o777));
  }

  link(path: string, target: string): Promise<void> {
    return this.#entry(path, encoder.encode(target), LINK | 0o777);
  }

  async end(): Promise<void> {
    const start = this.#archive.written;
    for (const record of this.#directory) await this.#archive.write(record);
    const size = this.#archive.written - start;
    const entries = this.#entries;
    refuseOver(start + size, MOST_BYTES);
    await this.#archive.write(pack([4, 0x06054b50], [4, 0], [2, entries], [2, entries], [4, size], [4, start], [2, 0]));
  }

  async #entry(path: string, bytes: Uint8Array, mode: number): Promise<void> {
    const start = this.#archive.written;
    const name = encoder.encode(path);
    const deflated = this.#level > 0 && bytes.length > 0 ? await this.#deflate(bytes) : bytes;
    const smaller = deflated.length < bytes.length;
    const body = smaller ? deflated : bytes;
    refuseOver(++this.#entries, MOST_ENTRIES);
    refuseOver(start + body.length, MOST_BYTES);
    // Version 2.0 is needed to read the entry. Bit 11: the name is UTF-8.
    const common: Field[] = [
      [2, 20],
      [2, 0x800],
      [2, smaller ? 8 : 0],
      [4, DOS_TIME],
      [4, await this.#checksum(bytes)],
      [4, body.length],
      [4, bytes.length],
      [2, name.length],
      [2, 0],
    ];
    await this.#archive.write(pack([4, 0x04034b50], ...common));
    await this.#archive.write(name);
    await this.#archive.write(body);
    // Made by Unix (3): the upper half of the attributes is the mode.
    const record = pack([4, 0x02014b50], [2, (3 << 8) | 20], ...common, [6, 0], [2, 0], [2, mode], [4, start]);
    this.#directory.push(record, name);
  }

  /** Deflates a file: a large one in pieces, with a pause after each. */
  async #deflate(bytes: Uint8Array): Promise<Uint8Array> {
    if (bytes.length <= PIECE) return deflateSync(bytes, { level: this.#level });
    const parts: Uint8Array[] = [];
    const deflate = new Deflate({ level: this.#level }, (part) => void parts.push(part));
    for (let at = 0; at < bytes.length; at += PIECE) {
      deflate.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
      await this.#archive.nextTurn();
    }
    return concat(parts);
  }

  /** Returns the checksum of a file. It takes a fraction of the time of deflating. */
  async #checksum(bytes: Uint8Array): Promise<number> {
    const piece = 16 * PIECE;
    let sum = crc32(bytes.subarray(0, piece));
    for (let at = piece; at < bytes.length; at += piece) {
      await this.#archive.nextTurn();
      sum = crc32(bytes.subarray(at, at + piece), sum);
    }
    return sum;
  }
}

type Field = readonly [bytes: number, value: number];

/** Writes numbers in little-endian order. */
function pack(...fields: Field[]): Uint8Array {
  const bytes: number[] = [];
  for (const [length, value] of fields)
    for (let i = 0; i < length; i++) bytes.push(i < 4 ? (value >>> (8 * i)) & 255 : 0);
  return Uint8Array.from(bytes);
}

function refuseOver(size: number, most: number): void {
  if (size > most)
    throw sinkFailed("The zip archive is too large: it can hold 65,535 entries and 4 GB. Use createTarSink.");
}
