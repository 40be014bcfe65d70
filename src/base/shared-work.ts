import { onAbort } from "./on-abort.ts";

/** Another run that waits for a value. */
interface Waiter<V> {
  readonly run: SharedRun<V>;
  /** Null: the run that did the work has given up. */
  resolve(value: V | null): void;
}

/** The work of one run. */
interface Running<V> {
  readonly order: WorkOrder<V>;
  readonly waiters: Set<Waiter<V>>;
}

interface Kept<V> {
  readonly value: V;
  readonly owner: SharedRun<V>;
  /** The runs that have not asked for it yet. Null: every run may. */
  readonly takers: Set<SharedRun<V>> | null;
}

export interface WorkOrder<V> {
  /** Equal keys have equal values. */
  readonly key: string;
  work(): Promise<V>;
  /** Lowers the rank of the work to at most `rank`. */
  hurry?(rank: number): void;
  /** Its rank for this run. Default 0. */
  rank?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface SharedWorkOptions<V> {
  /** Returns what another run gets for a value: a copy, or null if it must do the work itself. Called before the owner gets the value. */
  share(value: V): V | null;
  /**
   * How long a value is kept for other runs.
   *
   * - `timely`: for those that were open when it was done, and have not asked for it, while all kept values have at most `bytes` bytes
   * - `lasting`: for all, until the run that made it leaves, if it is one that cannot be out of date
   */
  keep:
    | { kind: "timely"; bytes: number; bytesOf(value: V): number }
    | { kind: "lasting"; isAgeless(value: V): boolean };
}

/**
 * Shares work between runs that are open at the same time. A run gets the value on which another one is working, or one that was done
 * since it joined; an older one only if values are `lasting`. If a run leaves, the runs that waited for its work do it themselves.
 */
export class SharedWork<V> {
  readonly running: Map<string, Running<V>> = new Map();
  readonly options: SharedWorkOptions<V>;
  readonly #open = new Set<SharedRun<V>>();
  readonly #kept = new Map<string, Kept<V>>();
  #keptBytes = 0;

  constructor(options: SharedWorkOptions<V>) {
    this.options = options;
  }

  join(): SharedRun<V> {
    const run = new SharedRun(this);
    this.#open.add(run);
    return run;
  }

  leave(run: SharedRun<V>): void {
    this.#open.delete(run);
    for (const [key, { owner, takers }] of this.#kept) {
      takers?.delete(run);
      if (takers ? takers.size === 0 : owner === run) this.#forget(key);
    }
  }

  /** Keeps a value for runs that do not have it. */
  keep(key: string, value: V, owner: SharedRun<V>, served: Iterable<Waiter<V>>): void {
    const { keep, share } = this.options;
    let takers: Set<SharedRun<V>> | null = null;
    if (keep.kind === "timely") {
      takers = new Set(this.#open);
      takers.delete(owner);
      for (const { run } of served) takers.delete(run);
      if (takers.size === 0) return;
    } else if (!keep.isAgeless(value)) return;
    this.#forget(key);
    const copy = share(value);
    if (copy === null || (keep.kind === "timely" && this.#keptBytes + keep.bytesOf(copy) > keep.bytes)) return;
    this.#kept.set(key, { value: copy, owner, takers });
    if (keep.kind === "timely") this.#keptBytes += keep.bytesOf(copy);
  }

  /** Returns a value that was kept for a run. */
  take(key: string, run: SharedRun<V>): V | null {
    const kept = this.#kept.get(key);
    if (!kept || (kept.takers && !kept.takers.delete(run))) return null;
    const value = this.options.share(kept.value);
    if (kept.takers?.size === 0) this.#forget(key);
    return value;
  }

  #forget(key: string): void {
    const { keep } = this.options;
    const kept = this.#kept.get(key);
    if (kept && keep.kind === "timely") this.#keptBytes -= keep.bytesOf(kept.value);
    this.#kept.delete(key);
  }
}

/** The access of one run to {@link SharedWork}. */
export class SharedRun<V> {
  readonly #shared: SharedWork<V>;
  readonly #own = new Map<string, Running<V>>();
  /** The work of other runs for which this run waits. */
  readonly #waiting = new Set<WorkOrder<V>>();
  readonly #life = new AbortController();

  constructor(shared: SharedWork<V>) {
    this.#shared = shared;
  }

  /** Returns the value of another run, or that of `order.work`. Rejects only if that rejects. */
  async run(order: WorkOrder<V>): Promise<V> {
    const { key } = order;
    // The same run may ask for a key again while it works on it.
    while (!this.#own.has(key) && !this.#life.signal.aborted && !order.signal?.aborted) {
      const running = this.#shared.running.get(key);
      // Nothing is awaited before the work is registered, so that no other run begins it too.
      const value = this.#shared.take(key, this) ?? (running ? await this.#waitFor(running, order) : null);
      if (value !== null) return value;
      if (!running) return await this.#work(order);
    }
    return await order.work();
  }

  /** Lowers the rank of the work that this run waits for. */
  hurry(isMeant: (key: string) => boolean, rank: number): void {
    for (const { key, hurry } of this.#waiting) if (isMeant(key)) hurry?.(rank);
  }

  leave(): void {
    this.#life.abort();
    for (const key of [...this.#own.keys()]) this.#settle(key, null);
    this.#shared.leave(this);
  }

  async #work(order: WorkOrder<V>): Promise<V> {
    const { key } = order;
    const running: Running<V> = { order, waiters: new Set() };
    this.#own.set(key, running);
    this.#shared.running.set(key, running);
    let value: V | null = null;
    try {
      value = await order.work();
      return value;
    } finally {
      this.#settle(key, value);
    }
  }

  #settle(key: string, value: V | null): void {
    const running = this.#own.get(key);
    if (!running) return;
    this.#own.delete(key);
    this.#shared.running.delete(key);
    for (const { resolve } of running.waiters) resolve(value && this.#shared.options.share(value));
    if (value !== null) this.#shared.keep(key, value, this, running.waiters);
  }

  /** Waits for another run's value. Returns null if that run gives up, or this one. */
  async #waitFor(running: Running<V>, { rank = 0, signal }: WorkOrder<V>): Promise<V | null> {
    const forget: (() => void)[] = [];
    this.#waiting.add(running.order);
    running.order.hurry?.(rank);
    const value = await new Promise<V | null>((resolve) => {
      const waiter = { run: this, resolve };
      running.waiters.add(waiter);
      forget.push(() => running.waiters.delete(waiter));
      for (const each of [signal, this.#life.signal]) if (each) forget.push(onAbort(each, () => resolve(null)));
    });
    for (const each of forget) each();
    this.#waiting.delete(running.order);
    return value;
  }
}
