import type { Failure } from "../../src/api/failure.ts";
import { fail, InstallError, type Outcome, ok } from "../../src/errors/failure.ts";
import { unregistered } from "../../src/errors/work.ts";
import { Arena, chunkOf } from "./arena.ts";
import { decodeFailure, encodeFailure, encodeShortly, OUT_OF_MEMORY } from "./failure-bytes.ts";
import { interleave } from "./interleave.ts";
import {
  CANCEL,
  CLOSED,
  CLOSING,
  CLOSING_END,
  EMPTY,
  FAILED,
  LOST,
  PENDING,
  READY,
  RECORD,
  SETTLING,
  SLOT_WORDS,
  STATE,
  take,
} from "./layout.ts";
import { NameTable } from "./name-table.ts";
import { bytesFor, type SharedMemory } from "./shared-memory.ts";
import { changed } from "./wait-async.ts";

const STATES = ["empty", "pending", "settling", "ready", "failed", "closed"] as const;
export type KeyState = (typeof STATES)[number];

type Answer = Outcome<Uint8Array>;

/** What a look at a key finds: the answer, the number of the chunk that has it, or undefined while it is in flight. */
type Seen = Answer | number | undefined;

/** A key's slot, and the generation of its work that somebody waits for. */
interface Waited {
  slot: number;
  generation: number;
}

/** How long a thread that lacks a chunk sleeps before it looks whether the map has been closed. Milliseconds. */
const LOOK = 50;

/**
 * One owner for the work of each key, whichever thread it is in; keys are well-formed strings, values bytes. Each thread has
 * an instance over the same memory. Whoever waits sleeps on the key's state word itself, compared and slept on in one step:
 * an answer can not come in between. A failure stays until the key is registered again, and then still reaches those
 * who slept on that generation: records of a key are linked, and never changed once published.
 */
export class SharedOnceMap {
  /** The number of the chunk without which the last `get` or `waitBlocking` could not answer: it has to be added first. */
  missing: number | undefined;

  readonly #names: NameTable;
  readonly #arena: Arena;
  readonly #slots: Int32Array;
  readonly #control: Int32Array;
  #parked: (() => void)[] = [];

  constructor(memory: SharedMemory) {
    this.#names = new NameTable(memory);
    this.#arena = new Arena(memory);
    this.#slots = new Int32Array(memory.table, 0, memory.table.byteLength >>> 2);
    this.#control = new Int32Array(memory.control);
  }

  /**
   * True: the caller must see to it that the work is done, and `done` or `fail` called by somebody.
   * @throws InstallError EMEMORY: too many keys
   */
  register(key: string): boolean {
    if (this.#isClosed) return false;
    const slot = this.#names.insert(key);
    for (;;) {
      const state = this.#state(slot);
      const kind = state & 7;
      if (kind !== EMPTY && kind !== FAILED) return false;
      interleave("claim");
      const next = kind === EMPTY ? PENDING : (((state >> 3) + 1) << 3) | PENDING;
      if (this.#swap(slot, state, next)) break;
    }
    interleave("claimed");
    // Closing passes over all slots once. It has seen this one, or here it is seen.
    if (!this.#isClosed) return true;
    this.#close(slot);
    return false;
  }

  /**
   * Publishes a copy of `payload`. 0, or where there is no room the bytes of a further chunk: when that has been added, to
   * all threads, `done` has to be called again. A key that is not in flight stays as it is.
   */
  done(key: string, payload: Uint8Array): number {
    const pending = this.#pending(key);
    if (!pending) return 0;
    const next = pending.state - PENDING + READY;
    const place = this.#arena.write(next, payload);
    if (!place) return bytesFor(payload.length);
    this.#settle(pending.slot, next, place);
    return 0;
  }

  /** Where no memory is left the failure is an EMEMORY that says so. A key that is not in flight stays as it is. */
  fail(key: string, failure: Failure): void {
    const pending = this.#pending(key);
    if (!pending) return;
    const next = pending.state - PENDING + FAILED;
    this.#settle(pending.slot, next, this.#arena.write(next, encodeFailure(failure)) || LOST);
  }

  /** What there is: the value on the shared bytes, 8-byte aligned and for reading only, or the failure. No waiting. */
  get(key: string): Answer | undefined {
    const slot = this.#names.find(key);
    const state = slot < 0 ? EMPTY : this.#state(slot);
    return this.#tell((state & 7) < READY ? undefined : this.#look(state, { slot, generation: state >> 3 }));
  }

  /** As `waitBlocking`, on a thread that must not block; waits for a missing chunk too. Rejects where that throws. */
  async wait(key: string): Promise<Answer> {
    const waited = this.#waited(key);
    if (!waited) return this.#ending();
    for (;;) {
      const state = this.#state(waited.slot);
      const seen = this.#look(state, waited);
      if (typeof seen === "object") return seen;
      interleave("wait");
      if (typeof seen === "number") await this.#chunkAdded();
      else await changed(this.#slots, waited.slot + STATE, { value: state });
    }
  }

  /**
   * Sleeps until the key is settled. Undefined: after `timeout` milliseconds, or with `missing` set because the
   * answer is in a chunk that this thread has not got. Never on a page's own thread, which may not sleep.
   * @throws InstallError EUNREGISTERED: nobody works on this key
   */
  waitBlocking(key: string, timeout: number = Number.POSITIVE_INFINITY): Answer | undefined {
    const until = performance.now() + timeout;
    const waited = this.#waited(key);
    if (!waited) return this.#ending();
    for (;;) {
      const state = this.#state(waited.slot);
      const seen = this.#look(state, waited);
      const left = until - performance.now();
      if (seen !== undefined || left <= 0) return this.#tell(seen);
      interleave("wait");
      Atomics.wait(this.#slots, waited.slot + STATE, state, left);
    }
  }

  addChunk(index: number, chunk: SharedArrayBuffer): void {
    this.#arena.add(index, chunk);
    for (const wake of this.#parked.splice(0)) wake();
  }

  /**
   * Closes the map: whatever is in flight, and whatever is registered or waited for later, ends with `failure`; values
   * stay. To be called before anything is terminated. The first failure counts, shortened to 1 KiB.
   */
  failAll(failure: Failure): void {
    if (!this.#isClosed) Atomics.compareExchange(this.#control, CLOSING, 0, this.#writeEnding(failure));
    this.cancel();
    Atomics.notify(this.#control, CLOSING);
    interleave("close");
    for (let slot = 0; slot < this.#names.end; slot += SLOT_WORDS) this.#close(slot);
  }

  /** Asks whoever looks at `cancelled` to stop. Wakes nobody: `failAll` does. */
  cancel(): void {
    Atomics.store(this.#control, CANCEL, 1);
  }

  get cancelled(): boolean {
    return Atomics.load(this.#control, CANCEL) !== 0;
  }

  *entries(): Iterable<[key: string, state: KeyState]> {
    for (const [slot, key] of this.#names.names()) yield [key, STATES[this.#state(slot) & 7] as KeyState];
  }

  get #isClosed(): boolean {
    return Atomics.load(this.#control, CLOSING) !== 0;
  }

  #state(slot: number): number {
    return Atomics.load(this.#slots, slot + STATE);
  }

  #swap(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#slots, slot + STATE, from, to) === from;
  }

  /** The key's slot and state, if it is in flight. */
  #pending(key: string): { slot: number; state: number } | undefined {
    const slot = this.#names.find(key);
    if (slot < 0) return undefined;
    const state = this.#state(slot);
    if ((state & 7) === PENDING) return { slot, state };
    // Whoever has settled it may have died before it told.
    this.#wake(slot);
    return undefined;
  }

  #wake(slot: number): void {
    Atomics.notify(this.#slots, slot + STATE);
  }

  /** Makes `place` the key's newest record and `next` its state, unless another thread is at that, or has closed the map. */
  #settle(slot: number, next: number, place: number): void {
    const generation = next & ~7;
    interleave("payload");
    if (!this.#swap(slot, generation | PENDING, generation | SETTLING)) return;
    interleave("settling");
    if (place !== LOST) this.#arena.link(place, Atomics.load(this.#slots, slot + RECORD));
    Atomics.store(this.#slots, slot + RECORD, place);
    interleave("record");
    if (!this.#swap(slot, generation | SETTLING, next)) return;
    interleave("ready");
    this.#wake(slot);
  }

  #close(slot: number): void {
    for (;;) {
      const state = this.#state(slot);
      const kind = state & 7;
      if (kind === EMPTY) return;
      if (kind !== PENDING && kind !== SETTLING) break;
      if (this.#swap(slot, state, state - kind + CLOSED)) break;
    }
    // A settled key's too: whoever has settled it may have died before it told.
    this.#wake(slot);
  }

  /** Undefined: there is no work on the key to wait for, and in a closed map there will be none. */
  #waited(key: string): Waited | undefined {
    const slot = this.#names.find(key);
    const state = slot < 0 ? EMPTY : this.#state(slot);
    const isFree = state === EMPTY || (state & 7) === FAILED;
    if (isFree && this.#isClosed) return undefined;
    if (state !== EMPTY) return { slot, generation: state >> 3 };
    throw new InstallError(unregistered(key));
  }

  #look(state: number, { slot, generation }: Waited): Seen {
    if (state >> 3 === generation) {
      if ((state & 7) < READY) return undefined;
      if ((state & 7) === CLOSED) return this.#ending();
    }
    // Of this generation or a later one; and what this one failed with stands before that.
    let place = Atomics.load(this.#slots, slot + RECORD);
    while (place !== LOST) {
      const record = this.#arena.record(place);
      // What may never come is not waited for.
      if (!record) return this.#isClosed ? this.#ending() : chunkOf(place);
      const { state, bytes, before } = record;
      if (state >> 3 === generation) return (state & 7) === READY ? ok(bytes) : fail(decodeFailure(bytes));
      place = before;
    }
    return fail(OUT_OF_MEMORY);
  }

  #tell(seen: Seen): Answer | undefined {
    this.missing = typeof seen === "number" ? seen : undefined;
    return typeof seen === "object" ? seen : undefined;
  }

  #ending(): Answer {
    const at = Atomics.load(this.#control, CLOSING);
    if (at === LOST) return fail(OUT_OF_MEMORY);
    return fail(decodeFailure(new Uint8Array(this.#control.buffer, (at + 1) * 4, this.#control[at])));
  }

  /** Where in `control` the failure stands now, after its length. */
  #writeEnding(failure: Failure): number {
    const bytes = encodeShortly(failure);
    const at = take(this.#control, CLOSING_END, {
      size: 1 + Math.ceil(bytes.length / 4),
      limit: this.#control.length,
    });
    if (at < 0) return LOST;
    this.#control[at] = bytes.length;
    new Uint8Array(this.#control.buffer).set(bytes, (at + 1) * 4);
    return at;
  }

  async #chunkAdded(): Promise<void> {
    const added = new Promise<void>((resolve) => this.#parked.push(resolve));
    await Promise.race([added, changed(this.#control, CLOSING, { value: 0, timeout: LOOK })]);
  }
}
