import { InstallError } from "../../src/errors/failure.ts";
import { outOfMemory } from "../../src/errors/threads.ts";
import {
  CLOSING_BYTES,
  CLOSING_END,
  CONTROL_WORDS,
  CURSORS,
  HEADER_BYTES,
  MOST_BYTES,
  MOST_CHUNKS,
  NAMES_END,
  SLOT_COUNT,
  SLOT_WORDS,
  UNIT,
} from "./layout.ts";

/** What the threads of one epoch share: plain, to be posted to each. Its maker adds to `chunks`; `layout.ts` says what is where. */
export interface SharedMemory {
  readonly table: SharedArrayBuffer;
  readonly chunks: SharedArrayBuffer[];
  readonly control: SharedArrayBuffer;
}

export interface MemorySizes {
  /** Keys. */
  slots?: number;
  /** Bytes for all keys' names. */
  names?: number;
  /** Bytes for payloads: at first, and as far as they grow in place. */
  initial?: number;
  maximum?: number;
}

/** Shared memory that may grow in place, as ES2024 has it. */
export type Growable = SharedArrayBuffer & {
  readonly growable?: boolean;
  readonly maxByteLength?: number;
  grow?(bytes: number): void;
};

const MEBIBYTE = 2 ** 20;
/** Less is not worth starting with. Bytes. */
const LEAST = 64 * 1024;

/**
 * Memory for `sizes`, or with less room for payloads where the platform refuses that much.
 * @throws InstallError EMEMORY: there is no shared memory here, or none left
 */
export function createSharedMemory(sizes: MemorySizes = {}): SharedMemory {
  const { slots = 2 ** 16, initial = 16 * MEBIBYTE, maximum = 1024 * MEBIBYTE } = sizes;
  const { names = slots * 64 } = sizes;
  const control = allocate(CONTROL_WORDS * 4 + CLOSING_BYTES);
  const words = new Int32Array(control);
  words[SLOT_COUNT] = slots;
  words[NAMES_END] = slots * SLOT_WORDS;
  words[CLOSING_END] = CONTROL_WORDS;
  // Unit 0 is nowhere, so that a place is never 0.
  words.fill(1, CURSORS, CURSORS + MOST_CHUNKS);
  const table = allocate(slots * SLOT_WORDS * 4 + names);
  return { table, control, chunks: [firstChunk(initial, maximum)] };
}

/**
 * Memory that does not grow: `ample` bytes, since only so many chunks can be added, or where that is refused less, but
 * not less than `bytes`.
 * @throws InstallError EMEMORY
 */
export function createChunk(bytes: number, ample: number = 16 * MEBIBYTE): SharedArrayBuffer {
  if (bytes > MOST_BYTES) throw new InstallError(outOfMemory(`${bytes} bytes are more than one piece of memory holds`));
  for (let size = Math.min(ample, MOST_BYTES); size > bytes; size /= 2) {
    try {
      return allocate(size);
    } catch {
      // With less, below.
    }
  }
  return allocate(bytes);
}

/**
 * For whoever was told by `done` that `bytes` are missing: the newest chunk if it has room by now, since others may have
 * asked for the same, else a new one. All threads must get it by `addChunk`.
 * @throws InstallError EMEMORY
 */
export function growMemory(memory: SharedMemory, bytes: number): { index: number; chunk: SharedArrayBuffer } {
  const { chunks, control } = memory;
  const newest = chunks.length - 1;
  const chunk = chunks[newest] as SharedArrayBuffer;
  const used = Atomics.load(new Int32Array(control), CURSORS + newest) * UNIT;
  if (newest > 0 && used + bytes <= chunk.byteLength) return { index: newest, chunk };
  if (chunks.length === MOST_CHUNKS) throw new InstallError(outOfMemory(`${MOST_CHUNKS} pieces of memory are full`));
  // As much again as there is: few chunks, and never far more than is used.
  const total = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const added = createChunk(bytes, Math.min(total, MOST_BYTES / 4));
  return { index: chunks.push(added) - 1, chunk: added };
}

/** Bytes of a chunk that has room for `payload` bytes and nothing else. */
export function bytesFor(payload: number): number {
  return UNIT + HEADER_BYTES + Math.ceil(payload / UNIT) * UNIT;
}

function firstChunk(initial: number, maximum: number): SharedArrayBuffer {
  for (let most = Math.min(maximum, MOST_BYTES); most > initial; most /= 2) {
    try {
      return allocate(initial, most);
    } catch {
      // With less, below.
    }
  }
  return createChunk(Math.min(initial, LEAST), initial);
}

type Constructor = new (bytes: number, options?: { maxByteLength: number }) => SharedArrayBuffer;

function allocate(bytes: number, most?: number): SharedArrayBuffer {
  if (typeof SharedArrayBuffer !== "function") throw new InstallError(outOfMemory("this page has no shared memory"));
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
