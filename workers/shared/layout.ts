/**
 * The layout of shared memory. All numbers in it are Int32 words.
 *
 * - `control`: the words below, then room for the one failure that closes the map.
 * - `table`: the slots, then the names' heap. Every thread has all of it from the start, so that a name can always be read.
 * - `chunks`: payloads. A thread may not have all of them yet.
 */

/** Words of `control`: the first free word of the names' heap. */
export const NAMES_END = 1;
/** Not 0 if the run was cancelled. */
export const CANCEL = 2;
/** The position in `control` of the failure that closed the map; 0 while the map is open. */
export const CLOSING = 3;
/** First free word of the room for that failure. */
export const CLOSING_END = 4;
/** 1 if the run's fetch worker has no more use for the memory. */
export const RELEASED = 5;
/** The number of the run that uses the memory, so that no record of an earlier run can be taken for one of this run. */
export const RUN = 6;
/** First free unit of each chunk. */
export const CURSORS = 8;
export const MOST_CHUNKS = 31;
/** The counters of `counters.ts`. */
export const COUNTERS: number = CURSORS + MOST_CHUNKS + 1;
export const CONTROL_WORDS = 64;
/** Bytes for closing failures. Threads that close the map at the same moment write one each; the first counts. */
export const CLOSING_BYTES = 4096;

/** Words of a slot: the position of its name in `table`, its state, and the place of its newest record. */
export const SLOT_WORDS = 4;
export const NAME = 0;
export const STATE = 1;
export const RECORD = 2;

/**
 * A state word is `generation << 3` and one of these. EMPTY → PENDING → SETTLING → READY or FAILED; FAILED → PENDING of the
 * next generation. Only one thread gets from PENDING to SETTLING: it alone may set the key's record. PENDING and SETTLING
 * become CLOSED when the map is closed.
 */
export const EMPTY = 0;
export const PENDING = 1;
export const SETTLING = 2;
export const READY = 3;
export const FAILED = 4;
export const CLOSED = 5;

/** Words before a payload: its state word, its length in bytes, the place of the key's earlier record, and a checksum. */
export const HEADER_BYTES = 16;
export const RECORD_STATE = 0;
export const RECORD_LENGTH = 1;
export const RECORD_BEFORE = 2;
/** The checksum of the payload, its state word, its key and the run. */
export const RECORD_SUM = 3;

/** Bytes. Payloads begin at multiples of this. */
export const UNIT = 8;
/** A place is a chunk's number (5 bits) and a unit in it (27 bits), so a chunk has at most 1 GiB. 0 is not a place. */
export const PLACE_BITS = 27;
export const MOST_BYTES: number = UNIT * 2 ** PLACE_BITS;
/** Stands for the place of a failure for which there was no memory. */
export const LOST = -1;

/** Reserves `size` units or words: raises `words[index]` by `size` and returns its earlier value, or -1 if that would exceed `limit`. */
export function take(words: Int32Array, index: number, { size, limit }: { size: number; limit: number }): number {
  for (;;) {
    const at = Atomics.load(words, index);
    // Not `Atomics.add`: a reservation that did not fit could not be undone once another thread has made more room.
    if (at + size > limit) return -1;
    if (Atomics.compareExchange(words, index, at, at + size) === at) return at;
  }
}
