import type { Failure } from "../../src/api/failure.ts";
import { fail, InstallError, type Outcome, ok } from "../../src/errors/failure.ts";
import { memoryDamaged } from "../../src/errors/threads.ts";
import { unregistered } from "../../src/errors/work.ts";
import { Arena, chunkOf } from "./arena.ts";
import { closeMap, closeSlot } from "./close-map.ts";
import { decodeFailure, encodeFailure, OUT_OF_MEMORY } from "./failure-bytes.ts";
import { interleave } from "./interleave.ts";
import {
  CANCEL,
  CLOSED,
  CLOSING,
  CONTROL_WORDS,
  EMPTY,
  FAILED,
  LOST,
  PENDING,
  READY,
  RECORD,
  SETTLING,
  STATE,
} from "./layout.ts";
import { hashOfKey, NameTable } from "./name-table.ts";
import { bytesFor, type SharedMemory } from "./shared-memory.ts";
import { changed } from "./wait-async.ts";

const STATES = ["empty", "pending", "settling", "ready", "failed", "closed"] as const;
export type KeyState = (typeof STATES)[number];

type Answer = Outcome<Uint8Array>;

/** The result of reading a key: the answer, the number of the chunk that holds it, or undefined while it is in flight. */
type Seen = Answer | number | undefined;

/** A key with its slot, and the generation that the caller waits for. */
interface Waited {
  key: string;
  slot: number;
  generation: number;
}

/** Milliseconds that a thread without the chunk waits before it checks whether the map has been closed. */
const CHUNK_WAIT = 50;

/** The waits for a chunk, each long enough to receive a message. The chunk was sent before the answer in it was published. */
const CHUNK_WAITS = 40;

/** Milliseconds after which a waiting thread checks whether it can still be woken. Nobody wakes it if its words are overwritten. */
const CHECK_INTERVAL = 250;

/**
 * A map in shared memory that gives the work of each key one owner, in any thread. Keys are well-formed strings, values bytes. Each
 * thread has an instance over the same memory.
 *
 * - A waiting thread sleeps on the state word of the key. Comparing the word and falling asleep are one step, so that no answer can
 *   arrive in between.
 * - A failure stays until the key is registered again, which starts a new generation. Threads that waited for the earlier
 *   generation still get its failure: the records of a key are linked, and do not change once published.
 * - A fault may overwrite the memory. Every word is checked before it is used, records have checksums and are copied before they are
 *   read, and a waiting thread looks again from time to time. Whatever cannot be right throws EWORKER.
 */
export class SharedOnceMap {
  /** The number of the chunk that the last `get` or `waitBlocking` lacked. It has to be added first. */
  missing: number | undefined;

  readonly #memory: SharedMemory;
  readonly #names: NameTable;
  readonly #arena: Arena;
  readonly #slots: Int32Array;
  readonly #control: Int32Array;
  /** The keys that were in flight or settled when this thread registered them. */
  readonly #registered = new Set<string>();
  /** The generations that this thread has settled, for `checkSettled`. */
  readonly #settled = new Map<string, number>();
  #parked: (() => void)[] = [];

  constructor(memory: SharedMemory) {
    this.#memory = memory;
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
      if (kind !== EMPTY) this.#registered.add(key);
      if (kind !== EMPTY && kind !== FAILED) return false;
      interleave("claim");
      const next = kind === EMPTY ? PENDING : (((state >> 3) + 1) << 3) | PENDING;
      if (this.#swap(slot, state, next)) break;
    }
    this.#registered.add(key);
    interleave("claimed");
    // Closing visits each slot once. Either it has visited this one after the claim, or the map is closed by now.
    if (!this.#isClosed) return true;
    closeSlot(this.#slots, slot);
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
    const place = this.#arena.write(next, payload, hashOfKey(key));
    if (!place) return bytesFor(payload.length);
    this.#settle(pending.slot, next, place);
    return 0;
  }

  /** Publishes a failure, or EMEMORY if there is no memory for it. Does nothing if the key is not in flight. */
  fail(key: string, failure: Failure): void {
    const pending = this.#pending(key);
    if (!pending) return;
    const next = pending.state - PENDING + FAILED;
    const place = this.#arena.write(next, encodeFailure(failure), hashOfKey(key));
    this.#settle(pending.slot, next, place || LOST);
  }

  /**
   * Checks that the answers which this thread has published, or the one of a key, are still there. A thread may wait for one that was
   * overwritten.
   * @throws InstallError EWORKER
   */
  checkSettled(keys: Iterable<string> = this.#settled.keys()): void {
    for (const key of keys) {
      if (this.#isClosed) return;
      const slot = this.#names.find(key);
      const state = slot < 0 ? EMPTY : this.#state(slot);
      const settled = this.#settled.get(key) ?? 0;
      // A thread that registers a failed key again begins a later generation, which has no answer yet.
      const isLater = state >> 3 > settled;
      if (!isLater && (state >> 3 < settled || (state & 7) < READY)) throw memoryDamaged("an answer is gone");
    }
  }

  /** Returns a copy of the value, or the failure, if there is one, without waiting. @throws InstallError EWORKER */
  get(key: string): Answer | undefined {
    const slot = this.#names.find(key);
    const state = slot < 0 ? EMPTY : this.#state(slot);
    return this.#answerOf(
      (state & 7) < READY ? undefined : this.#readRecord(state, { key, slot, generation: state >> 3 }),
    );
  }

  /** Waits as `waitBlocking` does, for a thread that must not block, and also for a missing chunk. Rejects if that would throw. */
  async wait(key: string): Promise<Answer> {
    const waited = this.#waited(key);
    if (!waited) return this.#ending();
    for (let chunkWaits = 0; ; ) {
      const state = this.#state(waited.slot);
      const seen = this.#readRecord(state, waited);
      if (typeof seen === "object") return seen;
      interleave("wait");
      if (typeof seen === "number" && chunkWaits++ === CHUNK_WAITS) throw memoryDamaged("a record is in no chunk");
      if (typeof seen === "number") await this.#chunkAdded();
      else await changed(this.#slots, waited.slot + STATE, { value: state, timeout: CHECK_INTERVAL });
      this.#check(waited);
    }
  }

  /**
   * Sleeps until the key is settled. Returns undefined after `timeout` milliseconds, or if this thread lacks the chunk that holds the
   * answer; then `missing` is its number. Not for a page's own thread, which may not sleep.
   * @throws InstallError EUNREGISTERED if the key has no owner; EWORKER if the memory was overwritten
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
      Atomics.wait(this.#slots, waited.slot + STATE, state, Math.min(left, CHECK_INTERVAL));
      this.#check(waited);
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
    closeMap(this.#memory, failure);
  }

  /** Sets `cancelled`, which running threads check. Does not wake sleeping threads: use `failAll`. */
  cancel(): void {
    Atomics.store(this.#control, CANCEL, 1);
  }

  get cancelled(): boolean {
    return Atomics.load(this.#control, CANCEL) !== 0;
  }

  /** The failure that closed the map. @throws InstallError EWORKER if there is none */
  get closing(): Failure {
    return this.#ending().failure;
  }

  *entries(): Iterable<[key: string, state: KeyState]> {
    for (const [slot, key] of this.#names.names()) yield [key, STATES[this.#state(slot) & 7] as KeyState];
  }

  get #isClosed(): boolean {
    return Atomics.load(this.#control, CLOSING) !== 0;
  }

  #state(slot: number): number {
    const state = Atomics.load(this.#slots, slot + STATE);
    if (state < 0 || (state & 7) > CLOSED) throw memoryDamaged("a key has no such state");
    return state;
  }

  /** Checks, after a wait, that the key can still get an answer. @throws InstallError EWORKER */
  #check({ key, slot, generation }: Waited): void {
    if (this.#isClosed) return;
    const state = this.#state(slot);
    if (state === EMPTY || state >> 3 < generation) throw memoryDamaged("a key has lost its owner");
    if (state >> 3 === generation && (state & 7) < READY) this.#names.check(key);
  }

  #swap(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#slots, slot + STATE, from, to) === from;
  }

  /** Returns the slot and state of a key that is to be settled, if it is in flight. */
  #pending(key: string): { slot: number; state: number } | undefined {
    const slot = this.#names.find(key);
    const state = slot < 0 ? EMPTY : this.#state(slot);
    this.#settled.set(key, state >> 3);
    if (slot < 0) return undefined;
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
    if (!this.#swap(slot, generation | SETTLING, next)) {
      if (!this.#isClosed) throw memoryDamaged("a key changed while it was settled");
      return;
    }
    interleave("ready");
    this.#wake(slot);
  }

  /** Returns the slot and the generation to wait for; undefined if the map is closed and the key has no owner. @throws InstallError EUNREGISTERED */
  #waited(key: string): Waited | undefined {
    const slot = this.#names.find(key);
    const state = slot < 0 ? EMPTY : this.#state(slot);
    const isFree = state === EMPTY || (state & 7) === FAILED;
    if (isFree && this.#isClosed) return undefined;
    if (state !== EMPTY) return { key, slot, generation: state >> 3 };
    throw this.#registered.has(key) ? memoryDamaged("a key has lost its state") : new InstallError(unregistered(key));
  }

  #readRecord(state: number, { key, slot, generation }: Waited): Seen {
    const isCurrent = state >> 3 === generation;
    // A wait ends when the map is closed, whatever its key's word says.
    if (isCurrent && (state & 7) < READY) return this.#isClosed && state !== EMPTY ? this.#ending() : undefined;
    if (isCurrent && (state & 7) === CLOSED) return this.#ending();
    const hash = hashOfKey(key);
    // The newest record may be of a later generation. The failure of this one is linked before it.
    let place = Atomics.load(this.#slots, slot + RECORD);
    let later = Number.POSITIVE_INFINITY;
    while (place !== LOST) {
      const record = this.#arena.record(place, hash);
      // In a closed map the chunk may never arrive.
      if (!record) return this.#isClosed ? this.#ending() : chunkOf(place);
      const found = record.state >> 3;
      const isWanted = found === generation;
      if (found < generation || found >= later || (isWanted && isCurrent && record.state !== state))
        throw memoryDamaged("a key has another key's record");
      if (isWanted) return (record.state & 7) === READY ? ok(record.bytes()) : fail(decodeFailure(record.bytes()));
      later = found;
      place = record.before;
    }
    if (isCurrent && (state & 7) === READY) throw memoryDamaged("a value is lost");
    return fail(OUT_OF_MEMORY);
  }

  #answerOf(seen: Seen): Answer | undefined {
    this.missing = typeof seen === "number" ? seen : undefined;
    return typeof seen === "object" ? seen : undefined;
  }

  /** @throws InstallError EWORKER if the map is not closed, or if its failure cannot be read */
  #ending(): { ok: false; failure: Failure } {
    const at = Atomics.load(this.#control, CLOSING);
    const length = this.#control[at];
    if (at < CONTROL_WORDS || length === undefined || length < 0)
      throw memoryDamaged("the run has ended without a failure");
    return fail(decodeFailure(new Uint8Array(this.#control.buffer).subarray((at + 1) * 4, (at + 1) * 4 + length)));
  }

  async #chunkAdded(): Promise<void> {
    const added = new Promise<void>((resolve) => this.#parked.push(resolve));
    await Promise.race([added, changed(this.#control, CLOSING, { value: 0, timeout: CHUNK_WAIT })]);
  }
}
