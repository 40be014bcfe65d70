import { memoryDamaged } from "../../src/errors/threads.ts";
import { checksum } from "./checksum.ts";
import {
  CURSORS,
  HEADER_BYTES,
  MOST_CHUNKS,
  PLACE_BITS,
  RECORD_BEFORE,
  RECORD_LENGTH,
  RECORD_STATE,
  RECORD_SUM,
  RUN,
  take,
  UNIT,
} from "./layout.ts";
import type { Growable, SharedMemory } from "./shared-memory.ts";

/** The record published for one generation of a key. */
export interface SharedRecord {
  readonly state: number;
  /** The place of the key's record of an earlier generation. */
  readonly before: number;
  /** A copy of the shared bytes. Its checksum is right. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/** The chunks that one thread has. Records are never moved, changed or freed, so a place stays valid for the whole run. */
export class Arena {
  readonly #control: Int32Array;
  readonly #chunks: (Growable | undefined)[];
  /** By chunk: a view of its length when it was last read. Fixed-length views are faster than growing ones. */
  readonly #views: Int32Array[] = [];
  /** Part of the seed of each checksum: recycled memory still contains the records of earlier runs. */
  readonly #run: number;

  constructor({ control, chunks }: SharedMemory) {
    this.#control = new Int32Array(control);
    this.#run = Math.imul(this.#control[RUN] as number, 0x9e3779b1);
    this.#chunks = [...chunks];
  }

  add(index: number, chunk: SharedArrayBuffer): void {
    this.#chunks[index] ??= chunk;
  }

  /**
   * Copies `bytes` into a chunk and returns the place, to be published by the thread that settles the key. Returns 0 if no chunk has room.
   * @param hash the hash of the key
   * @throws InstallError EWORKER if a chunk's cursor cannot be right
   */
  write(state: number, bytes: Uint8Array, hash: number): number {
    const units = Math.ceil((HEADER_BYTES + bytes.length) / UNIT);
    for (let index = 0; index < MOST_CHUNKS; index++) {
      const chunk = this.#chunks[index];
      const unit = chunk ? this.#room(chunk, index, units) : -1;
      if (!chunk || unit < 0) continue;
      const header = new Int32Array(chunk, unit * UNIT, HEADER_BYTES / 4);
      header[RECORD_STATE] = state;
      header[RECORD_LENGTH] = bytes.length;
      header[RECORD_SUM] = checksum(bytes, hash ^ state ^ this.#run);
      new Uint8Array(chunk, unit * UNIT + HEADER_BYTES, bytes.length).set(bytes);
      return (index << PLACE_BITS) | unit;
    }
    return 0;
  }

  /** Links the record at `place` to the key's earlier record. Called by the thread that settles the key, before it publishes `place`. */
  link(place: number, before: number): void {
    const found = this.#find(place);
    if (found) found.words[found.at + RECORD_BEFORE] = before;
  }

  /**
   * Returns the record at `place`, or undefined if this thread does not have its chunk, `chunkOf(place)`.
   * @param hash the hash of the key
   * @throws InstallError EWORKER if no record can be at `place`
   */
  record(place: number, hash: number): SharedRecord | undefined {
    const found = this.#find(place);
    if (!found) return undefined;
    const { words, at } = found;
    const state = words[at + RECORD_STATE] as number;
    const length = words[at + RECORD_LENGTH] as number;
    const sum = words[at + RECORD_SUM] as number;
    const start = at * 4 + HEADER_BYTES;
    const seed = hash ^ state ^ this.#run;
    if (length < 0 || start + length > words.buffer.byteLength) throw memoryDamaged("a record is too long");
    return {
      state,
      before: words[at + RECORD_BEFORE] as number,
      bytes() {
        // Copied first: another thread may change the shared bytes after the check.
        const bytes = new Uint8Array(words.buffer, start, length).slice();
        if (checksum(bytes, seed) !== sum) throw memoryDamaged("a record has another checksum");
        return bytes;
      },
    };
  }

  #find(place: number): { words: Int32Array; at: number } | undefined {
    const index = chunkOf(place);
    const chunk = this.#chunks[index];
    if (!chunk) return undefined;
    const at = (place & (2 ** PLACE_BITS - 1)) * (UNIT / 4);
    if (at === 0 || at * 4 + HEADER_BYTES > chunk.byteLength) throw memoryDamaged("a record is outside of its chunk");
    let words = this.#views[index];
    if (!words || at + HEADER_BYTES / 4 > words.length) {
      words = new Int32Array(chunk, 0, chunk.byteLength >>> 2);
      this.#views[index] = words;
    }
    return { words, at };
  }

  /** Reserves `units` units of a chunk and returns the first one, or -1 if there is no room. */
  #room(chunk: Growable, index: number, units: number): number {
    const cursor = CURSORS + index;
    for (;;) {
      const limit = Math.floor(chunk.byteLength / UNIT);
      const used = Atomics.load(this.#control, cursor);
      if (used < 1 || used > limit) throw memoryDamaged("a chunk's cursor is outside of the chunk");
      const unit = take(this.#control, cursor, { size: units, limit });
      if (unit > 0) return unit;
      if (!grow(chunk, (used + units) * UNIT)) return -1;
    }
  }
}

export function chunkOf(place: number): number {
  return place >>> PLACE_BITS;
}

/** Grows a chunk. Returns whether it now has at least `least` bytes, whether through this thread or another. */
function grow(chunk: Growable, least: number): boolean {
  const { byteLength, maxByteLength = 0 } = chunk;
  // Tries to double the size, so that growing is rare; then tries the size that is needed.
  for (const size of [Math.min(maxByteLength, Math.max(least, byteLength * 2)), least]) {
    if (size > maxByteLength || size < least) break;
    try {
      chunk.grow?.(size);
    } catch {
      // Out of memory, or another thread has made the chunk larger than `size`.
    }
    if (chunk.byteLength >= least) return true;
  }
  return chunk.byteLength >= least;
}
