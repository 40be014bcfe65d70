import { InstallError } from "../../src/errors/failure.ts";
import { outOfMemory } from "../../src/errors/threads.ts";
import {
  CANCEL,
  CLOSING,
  CLOSING_BYTES,
  CLOSING_END,
  CONTROL_WORDS,
  CURSORS,
  HEADER_BYTES,
  MOST_BYTES,
  MOST_CHUNKS,
  NAMES_END,
  RELEASED,
  RUN,
  SLOT_WORDS,
  UNIT,
} from "./layout.ts";

/** The memory that the threads of one run share. Plain data, so that it can be sent to them. See `layout.ts`. */
export interface SharedMemory {
  readonly table: SharedArrayBuffer;
  readonly chunks: SharedArrayBuffer[];
  readonly control: SharedArrayBuffer;
  /** The number of keys that `table` has room for. */
  readonly slots: number;
}

export interface MemorySizes {
  /** The number of keys. */
  slots?: number;
  /** Bytes for the names of all keys. */
  names?: number;
  /** Bytes for payloads at first, and the most to which they grow in place. */
  initial?: number;
  maximum?: number;
}

/** Shared memory that may grow in place (ES2024). */
export type Growable = SharedArrayBuffer & {
  readonly growable?: boolean;
  readonly maxByteLength?: number;
  grow?(bytes: number): void;
};

const MEBIBYTE = 2 ** 20;
/** Bytes of payloads in memory that serves another run. */
const MOST_RECYCLED = 64 * MEBIBYTE;
/** The smallest first chunk. Bytes. */
const LEAST = 64 * 1024;

/**
 * Allocates memory of the given sizes, with less room for payloads if the browser refuses that much.
 * @throws InstallError EMEMORY if there is no shared memory, or none left
 */
export function createSharedMemory(sizes: MemorySizes = {}): SharedMemory {
  const { slots = 2 ** 16, initial = 16 * MEBIBYTE, maximum = 1024 * MEBIBYTE } = sizes;
  const { names = slots * 64 } = sizes;
  const control = allocate(CONTROL_WORDS * 4 + CLOSING_BYTES);
  const table = allocate(slots * SLOT_WORDS * 4 + names);
  initialize(control, slots, 0);
  return { table, control, slots, chunks: [firstChunk(initial, maximum)] };
}

function initialize(control: SharedArrayBuffer, slots: number, run: number): void {
  const words = new Int32Array(control);
  words[RUN] = run;
  words[NAMES_END] = slots * SLOT_WORDS;
  words[CLOSING_END] = CONTROL_WORDS;
  // Unit 0 is left out, so that a place is never 0.
  words.fill(1, CURSORS, CURSORS + MOST_CHUNKS);
}

/** Marks the memory of an ended run as unused. Called by the last thread that reads or writes it. */
export function releaseMemory({ control }: SharedMemory): void {
  Atomics.store(new Int32Array(control), RELEASED, 1);
}

/**
 * Empties the memory of an ended run for the next one. Returns false if another thread may still use it, if the run was cancelled or
 * closed, or if its payloads were so large that the browser should have the memory back. New memory for each run would wait for a
 * garbage collection in every thread: on a page that resolves often, that is several times the memory of a run.
 */
export function recycleMemory({ control, table, chunks, slots }: SharedMemory): boolean {
  const words = new Int32Array(control);
  const isUnused = Atomics.load(words, RELEASED) === 1 && words[CANCEL] === 0 && words[CLOSING] === 0;
  const payloads = chunks[0]?.byteLength ?? 0;
  if (!isUnused || payloads > MOST_RECYCLED) return false;
  // The names' heap may keep its content: only slots say where a name is.
  new Int32Array(table).fill(0, 0, slots * SLOT_WORDS);
  const run = words[RUN] as number;
  words.fill(0);
  initialize(control, slots, run + 1);
  return true;
}

/**
 * Allocates a chunk that does not grow. Tries `ample` bytes first, because the number of chunks is limited; if they are refused,
 * tries less, down to `bytes`.
 * @throws InstallError EMEMORY
 */
export function createChunk(bytes: number, ample: number = 16 * MEBIBYTE): SharedArrayBuffer {
  if (bytes > MOST_BYTES) throw new InstallError(outOfMemory(`${bytes} bytes are more than a chunk can hold`));
  for (let size = Math.min(ample, MOST_BYTES); size > bytes; size /= 2) {
    try {
      return allocate(size);
    } catch {
      // Tries less.
    }
  }
  return allocate(bytes);
}

/**
 * Makes room for `bytes`, after `done` has found none. Returns the newest chunk if another thread has made room meanwhile, otherwise
 * a new one. Pass the chunk to `addChunk` of every thread.
 * @throws InstallError EMEMORY
 */
export function growMemory(memory: SharedMemory, bytes: number): { index: number; chunk: SharedArrayBuffer } {
  const { chunks, control } = memory;
  const newest = chunks.length - 1;
  const chunk = chunks[newest] as SharedArrayBuffer;
  const used = Atomics.load(new Int32Array(control), CURSORS + newest) * UNIT;
  if (newest > 0 && used > 0 && used + bytes <= chunk.byteLength) return { index: newest, chunk };
  if (chunks.length === MOST_CHUNKS) throw new InstallError(outOfMemory(`all ${MOST_CHUNKS} chunks are full`));
  // Doubles the memory: that takes few chunks, and at most twice the memory that is used.
  const total = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const added = createChunk(bytes, Math.min(total, MOST_BYTES / 4));
  return { index: chunks.push(added) - 1, chunk: added };
}

/** Returns the size of a chunk that has room for one payload of `payload` bytes. */
export function bytesFor(payload: number): number {
  return UNIT + HEADER_BYTES + Math.ceil(payload / UNIT) * UNIT;
}

function firstChunk(initial: number, maximum: number): SharedArrayBuffer {
  for (let most = Math.min(maximum, MOST_BYTES); most > initial; most /= 2) {
    try {
      return allocate(initial, most);
    } catch {
      // Tries less.
    }
  }
  return createChunk(Math.min(initial, LEAST), initial);
}

type Constructor = new (bytes: number, options?: { maxByteLength: number }) => SharedArrayBuffer;

function allocate(bytes: number, most?: number): SharedArrayBuffer {
  if (typeof SharedArrayBuffer !== "function") throw new InstallError(outOfMemory("the page has no SharedArrayBuffer"));
  try {
    const size = roundUp(bytes);
    if (most === undefined) return new SharedArrayBuffer(size);
    return new (SharedArrayBuffer as Constructor)(size, { maxByteLength: roundUp(most) });
  } catch (error) {
    throw new InstallError(outOfMemory(`${bytes} bytes are refused (${error})`));
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / UNIT) * UNIT;
}
