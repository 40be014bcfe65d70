import { deflateSync, inflateSync } from "node:zlib";
import type { Failure } from "../../src/api/failure.ts";
import type { BlobStore } from "../../src/blobs/blob-store.ts";
import { MetadataCaches } from "../../src/metadata-cache/metadata-caches.ts";
import type { GroupSize, MetadataCachePorts } from "../../src/metadata-cache/ports.ts";
import type { TabLocks } from "../../src/metadata-cache/tab-lock.ts";
import { incompressibleStart, isRecord } from "./records.ts";

/** A clock whose timers run only when the test lets time pass. */
export class Clock {
  now = 1_700_000_000_000;
  readonly #timers = new Set<{ at: number; run: () => void }>();

  after = (milliseconds: number, run: () => void): (() => void) => {
    const timer = { at: this.now + milliseconds, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const timer of this.#timers) {
      if (timer.at > this.now) continue;
      this.#timers.delete(timer);
      timer.run();
    }
  }

  get waiting(): number {
    return this.#timers.size;
  }
}

export interface Tab {
  store: MetadataCaches;
  warnings: Failure[];
}

export interface Shared {
  blobs: BlobStore;
  clock?: Clock;
  locks?: TabLocks;
  group?: GroupSize;
}

/** Opens the caches of one tab over the blobs, clock and locks that all tabs share. */
export function openTab(shared: Shared): Tab {
  const warnings: Failure[] = [];
  return { store: new MetadataCaches(shared.blobs, portsOf(shared, warnings)), warnings };
}

export function portsOf(
  { clock = new Clock(), locks, group }: Omit<Shared, "blobs">,
  warnings: Failure[] = [],
): MetadataCachePorts {
  return {
    now: () => clock.now,
    after: clock.after,
    deflate: async (bytes) => deflateSync(bytes),
    inflate: async (bytes) => inflateSync(bytes),
    incompressibleStart,
    isRecord,
    warn: (failure) => warnings.push(failure),
    locks,
    ...(group && { group }),
  };
}

/** Wraps a store so that it counts its transactions by kind. */
export function counting(blobs: BlobStore): BlobStore & { count: Record<"read" | "update" | "other", number> } {
  const count = { read: 0, update: 0, other: 0 };
  const counted = <T>(kind: keyof typeof count, work: T): T => {
    count[kind]++;
    return work;
  };
  return {
    ...blobs,
    count,
    getMany: (keys) => counted("read", blobs.getMany(keys)),
    update: (key, change) => counted("update", blobs.update(key, change)),
    keys: () => counted("other", blobs.keys()),
    delMany: (keys) => counted("other", blobs.delMany(keys)),
  };
}

type Waiting = { run: () => void; drop: () => void };

/** Imitates a browser's locks within this thread. */
export function fakeLocks(): TabLocks & { held: () => string[] } {
  const queues = new Map<string, Waiting[]>();
  const held = new Set<string>();
  const next = (name: string): void => {
    held.delete(name);
    queues.get(name)?.shift()?.run();
  };
  return {
    held: () => [...held],
    async request(name, { ifAvailable, signal }, run) {
      signal?.throwIfAborted();
      if (held.has(name)) {
        if (ifAvailable) return await run(null);
        await new Promise<void>((resolve, reject) => {
          const queue = queues.get(name) ?? [];
          const mine: Waiting = { run: resolve, drop: () => reject(signal?.reason) };
          queues.set(name, [...queue, mine]);
          signal?.addEventListener("abort", () => {
            queues.set(
              name,
              (queues.get(name) ?? []).filter((waiting) => waiting !== mine),
            );
            mine.drop();
          });
        });
      }
      held.add(name);
      try {
        return await run({ name });
      } finally {
        next(name);
      }
    },
  };
}
