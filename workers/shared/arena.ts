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

/** What was published for one generation of a key. */
export interface SharedRecord {
  readonly state: number;
  /** The place of the key's record of an earlier generation. */
  readonly before: number;
  /** On the shared bytes, 8-byte aligned. */
  readonly bytes: Uint8Array;
}

/** The chunks as one thread knows them. What is written is never moved, changed or freed: a place is good for the epoch. */
export class Arena {
  readonly #control: Int32Array;
  readonly #chunks: (Growable | undefined)[];
  /** Of what each chunk was when last looked at: fixed-length views are the fast ones. */
  readonly #views: Int32Array[] = [];

  constructor({ control, chunks }: SharedMemory) {
    this.#control = new Int32Array(control);
    this.#chunks = [...chunks];
  }

  add(index: number, chunk: SharedArrayBuffer): void {
    this.#chunks[index] ??= chunk;
  }

  /** The place of a copy of `bytes`, for the one that settles to publish; 0 where no chunk that this thread has can take it. */
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

  /** Says what stood before `place`: for the one that settles, before it publishes that. */
  link(place: number, before: number): void {
    const found = this.#find(place);
    if (found) found.words[found.at + RECORD_BEFORE] = before;
  }

  /** Undefined: this thread has not got the chunk, whose number is `chunkOf(place)`. */
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

  /** The first of `units` units that are now the caller's, or -1. */
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

/** True: the chunk has at least `least` bytes now, by this thread's doing or another's. */
function grow(chunk: Growable, least: number): boolean {
  const { byteLength, maxByteLength = 0 } = chunk;
  // Twice as much, so that growing is rare; only what is needed where that is refused.
  for (const size of [Math.min(maxByteLength, Math.max(least, byteLength * 2)), least]) {
    if (size > maxByteLength || size < least) break;
    try {
      chunk.grow?.(size);
    } catch {
      // No memory, or another thread has made it larger than this.
    }
    if (chunk.byteLength >= least) return true;
  }
  return chunk.byteLength >= least;
}
