import {
  CURSORS,
  HEADER_BYTES,
  MOST_CHUNKS,
  PLACE_BITS,
  RECORD_BEFORE,
  RECORD_LENGTH,
  RECORD_STATE,
  take,
  UNIT,
} from "./layout.ts";
import type { Growable, SharedMemory } from "./shared-memory.ts";

/** The record published for one generation of a key. */
export interface SharedRecord {
  readonly state: number;
  /** The place of the key's record of an earlier generation. */
  readonly before: number;
  /** A view of the shared bytes, 8-byte aligned. */
  readonly bytes: Uint8Array;
}

/** The chunks that one thread has. Records are never moved, changed or freed, so a place stays valid for the whole run. */
export class Arena {
  readonly #control: Int32Array;
  readonly #chunks: (Growable | undefined)[];
  /** By chunk: a view of its length when it was last read. Fixed-length views are faster than growing ones. */
  readonly #views: Int32Array[] = [];

  constructor({ control, chunks }: SharedMemory) {
    this.#control = new Int32Array(control);
    this.#chunks = [...chunks];
  }

  add(index: number, chunk: SharedArrayBuffer): void {
    this.#chunks[index] ??= chunk;
  }

  /** Copies `bytes` into a chunk and returns the place, to be published by the thread that settles the key. Returns 0 if no chunk has room. */
  write(state: number, bytes: Uint8Array): number {
    const units = Math.ceil((HEADER_BYTES + bytes.length) / UNIT);
    for (let index = 0; index < MOST_CHUNKS; index++) {
      const chunk = this.#chunks[index];
      const unit = chunk ? this.#room(chunk, index, units) : -1;
      if (!chunk || unit < 0) continue;
      const header = new Int32Array(chunk, unit * UNIT, HEADER_BYTES / 4);
      header[RECORD_STATE] = state;
      header[RECORD_LENGTH] = bytes.length;
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

  /** Returns the record at `place`, or undefined if this thread does not have its chunk, `chunkOf(place)`. */
  record(place: number): SharedRecord | undefined {
    const found = this.#find(place);
    if (!found) return undefined;
    const { words, at } = found;
    const length = words[at + RECORD_LENGTH] as number;
    return {
      state: words[at + RECORD_STATE] as number,
      before: words[at + RECORD_BEFORE] as number,
      bytes: new Uint8Array(words.buffer, at * 4 + HEADER_BYTES, length),
    };
  }

  #find(place: number): { words: Int32Array; at: number } | undefined {
    const index = chunkOf(place);
    const chunk = this.#chunks[index];
    if (!chunk) return undefined;
    const at = (place & (2 ** PLACE_BITS - 1)) * (UNIT / 4);
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
      const unit = take(this.#control, cursor, { size: units, limit: Math.floor(chunk.byteLength / UNIT) });
      if (unit >= 0) return unit;
      if (!grow(chunk, (Atomics.load(this.#control, cursor) + units) * UNIT)) return -1;
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
