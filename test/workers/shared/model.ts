import type { Failure } from "../../../src/api/failure.ts";
import type { Outcome } from "../../../src/errors/failure.ts";

/** An answer as text, for comparisons. */
export type Said = string;

export const said = (outcome: Outcome<Uint8Array>): Said =>
  outcome.ok ? `value ${[...outcome.value]}` : saidFailure(outcome.failure);
export const saidFailure = ({ code, message }: Failure): Said => `${code} ${message}`;
export const LOST: Said =
  'EMEMORY Out of shared memory: there is no room for the failure. Use mode: "worker", which shares none.';

interface Settled {
  said: Said;
  /** Its chunk. Undefined for a failure that was lost for lack of memory. */
  chunk: number | undefined;
}

interface Key {
  kind: "pending" | "ready" | "failed" | "closed";
  /** The answer of each generation. */
  history: Settled[];
}

export interface Chunk {
  /** Units of 8 bytes. */
  capacity: number;
  used: number;
}

/** A simple model of the map in shared memory: on one thread, without bits, and with a history of every answer. */
export class MapModel {
  readonly keys = new Map<string, Key>();
  readonly chunks: Chunk[];
  /** By instance: the chunks that it has. */
  readonly known: Set<number>[];
  readonly slots: number;
  closing: Said | undefined;
  cancelled = false;
  #names: number;

  constructor(sizes: { slots: number; names: number; maximum: number; instances: number }) {
    this.slots = sizes.slots;
    this.#names = sizes.names / 4;
    this.chunks = [{ capacity: Math.floor(sizes.maximum / 8), used: 1 }];
    this.known = Array.from({ length: sizes.instances }, () => new Set([0]));
  }

  register(name: string): boolean | "EMEMORY" {
    if (this.closing) return false;
    const key = this.keys.get(name);
    if (!key) {
      const words = 2 + Math.ceil(new TextEncoder().encode(name).length / 4);
      if (this.keys.size === this.slots || words > this.#names) return "EMEMORY";
      this.#names -= words;
      this.keys.set(name, { kind: "pending", history: [] });
      return true;
    }
    if (key.kind !== "failed") return false;
    key.kind = "pending";
    return true;
  }

  /** Returns false if there is no room. */
  done(instance: number, name: string, payload: Uint8Array): boolean {
    const key = this.#pending(name);
    if (!key) return true;
    const chunk = this.#allocate(instance, payload.length);
    if (chunk === undefined) return false;
    key.kind = "ready";
    key.history.push({ said: `value ${[...payload]}`, chunk });
    return true;
  }

  fail(instance: number, name: string, failure: Failure): void {
    const key = this.#pending(name);
    if (!key) return;
    const chunk = this.#allocate(instance, new TextEncoder().encode(JSON.stringify(failure)).length);
    key.kind = "failed";
    key.history.push({ said: chunk === undefined ? LOST : saidFailure(failure), chunk });
  }

  failAll(failure: Failure): void {
    this.closing ??= saidFailure(failure);
    this.cancelled = true;
    for (const key of this.keys.values()) if (key.kind === "pending") key.kind = "closed";
  }

  /** Returns the generation to wait for, or undefined if there is none. */
  waited(name: string): number | undefined {
    const isFree = !this.keys.has(name) || this.keys.get(name)?.kind === "failed";
    if (this.closing && isFree) return undefined;
    return this.keys.has(name) ? this.generation(name) : undefined;
  }

  generation(name: string): number {
    const key = this.keys.get(name);
    if (!key) return -1;
    return key.kind === "pending" || key.kind === "closed" ? key.history.length : key.history.length - 1;
  }

  /** Returns what an instance reads of a generation: its answer, the chunk it lacks, or undefined while it is in flight. */
  see(instance: number, name: string, generation: number): Said | number | undefined {
    const { kind, history } = this.keys.get(name) ?? { kind: "pending", history: [] };
    if (generation === history.length) return kind === "closed" ? this.closing : undefined;
    // From the newest to the oldest: a lost failure hides the records before it.
    for (let index = history.length - 1; index >= generation; index--) {
      const { said, chunk } = history[index] as Settled;
      if (chunk === undefined) return LOST;
      if (!this.known[instance]?.has(chunk)) return this.closing ?? chunk;
      if (index === generation) return said;
    }
    throw new Error("there is no such generation");
  }

  #pending(name: string): Key | undefined {
    const key = this.keys.get(name);
    return key?.kind === "pending" ? key : undefined;
  }

  #allocate(instance: number, bytes: number): number | undefined {
    const units = Math.ceil((16 + bytes) / 8);
    for (const [index, chunk] of this.chunks.entries()) {
      if (!this.known[instance]?.has(index) || chunk.used + units > chunk.capacity) continue;
      chunk.used += units;
      return index;
    }
    return undefined;
  }
}
