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

/** The result of reading a key: the answer, the number of the chunk that holds it, or undefined while it is in flight. */
type Seen = Answer | number | undefined;

/** A key's slot, and the generation that the caller waits for. */
interface Waited {
  slot: number;
  generation: number;
}

/** Milliseconds that a thread without the chunk waits before it checks whether the map has been closed. */
const CHUNK_WAIT = 50;

/**
 * A map in shared memory that gives the work of each key one owner, in any thread. Keys are well-formed strings, values bytes. Each
 * thread has an instance over the same memory.
 *
 * - A waiting thread sleeps on the state word of the key. Comparing the word and falling asleep are one step, so that no answer can
 *   arrive in between.
 * - A failure stays until the key is registered again, which starts a new generation. Threads that waited for the earlier
 *   generation still get its failure: the records of a key are linked, and do not change once published.
 */
export class SharedOnceMap {
  /** The number of the chunk that the last `get` or `waitBlocking` lacked. It has to be added first. */
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
   * Returns true if the caller now owns the work of the key. The work must end with `done` or `fail`, in any thread.
   * @throws InstallError EMEMORY if there are too many keys
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
    // Closing visits each slot once. Either it has visited this one after the claim, or the map is closed by now.
    if (!this.#isClosed) return true;
    this.#close(slot);
    return false;
  }

  /**
   * Publishes a copy of `payload`. Returns 0, or if there is no room the size of the chunk that is needed. Add such a chunk in all
   * threads and call `done` again. Does nothing if the key is not in flight.
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

  /** Publishes a failure, or EMEMORY if there is no memory for it. Does nothing if the key is not in flight. */
  fail(key: string, failure: Failure): void {
    const pending = this.#pending(key);
    if (!pending) return;
    const next = pending.state - PENDING + FAILED;
    this.#settle(pending.slot, next, this.#arena.write(next, encodeFailure(failure)) || LOST);
  }

  /** Returns the value or the failure if there is one, without waiting. The value is a view of shared memory, 8-byte aligned: do not write to it. */
  get(key: string): Answer | undefined {
    const slot = this.#names.find(key);
    const state = slot < 0 ? EMPTY : this.#state(slot);
    return this.#answerOf((state & 7) < READY ? undefined : this.#readRecord(state, { slot, generation: state >> 3 }));
  }

  /** Waits as `waitBlocking` does, for a thread that must not block, and also for a missing chunk. Rejects if that would throw. */
  async wait(key: string): Promise<Answer> {
    const waited = this.#waited(key);
    if (!waited) return this.#ending();
    for (;;) {
      const state = this.#state(waited.slot);
      const seen = this.#readRecord(state, waited);
      if (typeof seen === "object") return seen;
      interleave("wait");
      if (typeof seen === "number") await this.#chunkAdded();
      else await changed(this.#slots, waited.slot + STATE, { value: state });
    }
  }

  /**
   * Sleeps until the key is settled. Returns undefined after `timeout` milliseconds, or if this thread lacks the chunk that holds the
   * answer; then `missing` is its number. Not for a page's own thread, which may not sleep.
   * @throws InstallError EUNREGISTERED if the key has no owner
   */
  waitBlocking(key: string, timeout: number = Number.POSITIVE_INFINITY): Answer | undefined {
    const until = performance.now() + timeout;
    const waited = this.#waited(key);
    if (!waited) return this.#ending();
    for (;;) {
      const state = this.#state(waited.slot);
      const seen = this.#readRecord(state, waited);
      const left = until - performance.now();
      if (seen !== undefined || left <= 0) return this.#answerOf(seen);
      interleave("wait");
      Atomics.wait(this.#slots, waited.slot + STATE, state, left);
    }
  }

  addChunk(index: number, chunk: SharedArrayBuffer): void {
    this.#arena.add(index, chunk);
    for (const wake of this.#parked.splice(0)) wake();
  }

  /**
   * Closes the map. All work in flight, and all that is registered or waited for later, ends with `failure`. Values stay. Call it
   * before terminating a thread. Only the first failure counts, shortened to 1 KiB.
   */
  failAll(failure: Failure): void {
    if (!this.#isClosed) Atomics.compareExchange(this.#control, CLOSING, 0, this.#writeEnding(failure));
    this.cancel();
    Atomics.notify(this.#control, CLOSING);
    interleave("close");
    for (let slot = 0; slot < this.#names.end; slot += SLOT_WORDS) this.#close(slot);
  }

  /** Sets `cancelled`, which running threads check. Does not wake sleeping threads: use `failAll`. */
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

  /** Returns the key's slot and state if it is in flight. */
  #pending(key: string): { slot: number; state: number } | undefined {
    const slot = this.#names.find(key);
    if (slot < 0) return undefined;
    const state = this.#state(slot);
    if ((state & 7) === PENDING) return { slot, state };
    // The thread that settled it may have died before it woke the others.
    this.#wake(slot);
    return undefined;
  }

  #wake(slot: number): void {
    Atomics.notify(this.#slots, slot + STATE);
  }

  /** Makes `place` the key's newest record and `next` its state, unless another thread is settling the key or has closed the map. */
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
    // Also for a settled key: the thread that settled it may have died before it woke the others.
    this.#wake(slot);
  }

  /** Returns the slot and the generation to wait for; undefined if the map is closed and the key has no owner. @throws InstallError EUNREGISTERED */
  #waited(key: string): Waited | undefined {
    const slot = this.#names.find(key);
    const state = slot < 0 ? EMPTY : this.#state(slot);
    const isFree = state === EMPTY || (state & 7) === FAILED;
    if (isFree && this.#isClosed) return undefined;
    if (state !== EMPTY) return { slot, generation: state >> 3 };
    throw new InstallError(unregistered(key));
  }

  #readRecord(state: number, { slot, generation }: Waited): Seen {
    if (state >> 3 === generation) {
      if ((state & 7) < READY) return undefined;
      if ((state & 7) === CLOSED) return this.#ending();
    }
    // The newest record may be of a later generation. The failure of this one is linked before it.
    let place = Atomics.load(this.#slots, slot + RECORD);
    while (place !== LOST) {
      const record = this.#arena.record(place);
      // In a closed map the chunk may never arrive.
      if (!record) return this.#isClosed ? this.#ending() : chunkOf(place);
      const { state, bytes, before } = record;
      if (state >> 3 === generation) return (state & 7) === READY ? ok(bytes) : fail(decodeFailure(bytes));
      place = before;
    }
    return fail(OUT_OF_MEMORY);
  }

  #answerOf(seen: Seen): Answer | undefined {
    this.missing = typeof seen === "number" ? seen : undefined;
    return typeof seen === "object" ? seen : undefined;
  }

  #ending(): Answer {
    const at = Atomics.load(this.#control, CLOSING);
    if (at === LOST) return fail(OUT_OF_MEMORY);
    return fail(decodeFailure(new Uint8Array(this.#control.buffer, (at + 1) * 4, this.#control[at])));
  }

  /** Writes the closing failure into `control`, after its length. Returns its position. */
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
    await Promise.race([added, changed(this.#control, CLOSING, { value: 0, timeout: CHUNK_WAIT })]);
  }
}
