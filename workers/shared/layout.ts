/**
 * How shared memory is divided. All numbers in it are Int32 words.
 *
 * - `control`: the words below, then room for the one failure that closes the map.
 * - `table`: the slots, then the names' heap. Every thread has all of it from the start, so that a name can always be read.
 * - `chunks`: payloads. A thread may not have all of them yet.
 */

/** Words of `control`. */
export const SLOT_COUNT = 0;
/** First free word of the names' heap. */
export const NAMES_END = 1;
/** Not 0: whoever works for this memory's owner should stop. */
export const CANCEL = 2;
/** Where the failure that closed the map stands in `control`, 0 while the map is open. */
export const CLOSING = 3;
/** First free word of the room for that failure. */
export const CLOSING_END = 4;
/** First free unit of each chunk. */
export const CURSORS = 8;
export const MOST_CHUNKS = 31;
/** The counters of `counters.ts`. */
export const COUNTERS: number = CURSORS + MOST_CHUNKS + 1;
export const CONTROL_WORDS = 64;
/** Threads that close the map at the same moment write a failure each, and one of these is taken. */
export const CLOSING_BYTES = 4096;

/** Words of a slot: where its name stands in `table`, its state, and the place of its newest record. */
export const SLOT_WORDS = 4;
export const NAME = 0;
export const STATE = 1;
export const RECORD = 2;

/**
 * A state word is `generation << 3` and one of these. EMPTY → PENDING → SETTLING → READY or FAILED; FAILED → PENDING of the
 * next generation. Only one thread gets from PENDING to SETTLING: it alone may name the key's record. PENDING and SETTLING
 * become CLOSED when the map is closed, whoever was at work on them.
 */
export const EMPTY = 0;
export const PENDING = 1;
export const SETTLING = 2;
export const READY = 3;
export const FAILED = 4;
export const CLOSED = 5;

/**
 * Words before a payload: the state that it is the answer of, its length in bytes, the place of the record before it,
 * and one that keeps what follows on a multiple of 8 bytes.
 */
export const HEADER_BYTES = 16;
export const RECORD_STATE = 0;
export const RECORD_LENGTH = 1;
export const RECORD_BEFORE = 2;

/** Payloads stand on multiples of this. */
export const UNIT = 8;
/** A place is a chunk's number and the unit in it: 5 and 27 bits, so a chunk has at most 1 GiB. 0 is no place. */
export const PLACE_BITS = 27;
export const MOST_BYTES: number = UNIT * 2 ** PLACE_BITS;
/** The place of a failure that no memory was left for. */
export const LOST = -1;

/** The first of `size` units or words taken from what `words[index]` counts, or -1 where fewer are left below `limit`. */
export function take(words: Int32Array, index: number, { size, limit }: { size: number; limit: number }): number {
  for (;;) {
    const at = Atomics.load(words, index);
    // Not `Atomics.add`: what did not fit could not be given back once another thread has made more room.
    if (at + size > limit) return -1;
    if (Atomics.compareExchange(words, index, at, at + size) === at) return at;
  }
}
