import type { Failure } from "../../src/api/failure.ts";
import { encodeShortly } from "./failure-bytes.ts";
import { interleave } from "./interleave.ts";
import {
  CANCEL,
  CLOSED,
  CLOSING,
  CLOSING_END,
  CONTROL_WORDS,
  LOST,
  PENDING,
  SETTLING,
  SLOT_WORDS,
  STATE,
  take,
} from "./layout.ts";
import type { SharedMemory } from "./shared-memory.ts";

/** Does what `failAll` of a `SharedOnceMap` does. For a page, which closes maps and uses them for nothing else. */
export function closeMap(memory: SharedMemory, failure: Failure): void {
  const control = new Int32Array(memory.control);
  const slots = new Int32Array(memory.table, 0, memory.table.byteLength >>> 2);
  if (Atomics.load(control, CLOSING) === 0) Atomics.compareExchange(control, CLOSING, 0, writeEnding(control, failure));
  Atomics.store(control, CANCEL, 1);
  Atomics.notify(control, CLOSING);
  interleave("close");
  for (let slot = 0; slot < memory.slots * SLOT_WORDS; slot += SLOT_WORDS) closeSlot(slots, slot);
}

/** Ends the work of one key, if it is in flight. */
export function closeSlot(slots: Int32Array, slot: number): void {
  const at = slot + STATE;
  for (;;) {
    const state = Atomics.load(slots, at);
    const kind = state & 7;
    if (kind !== PENDING && kind !== SETTLING) break;
    if (Atomics.compareExchange(slots, at, state, state - kind + CLOSED) === state) break;
  }
  // For every key: the thread that settled it may have died before it woke the others, and the word may be overwritten.
  Atomics.notify(slots, at);
}

/** Writes the closing failure into `control`, after its length. Returns its position. */
function writeEnding(control: Int32Array, failure: Failure): number {
  const bytes = encodeShortly(failure);
  const at = take(control, CLOSING_END, { size: 1 + Math.ceil(bytes.length / 4), limit: control.length });
  if (at < CONTROL_WORDS) return LOST;
  control[at] = bytes.length;
  new Uint8Array(control.buffer).set(bytes, (at + 1) * 4);
  return at;
}
