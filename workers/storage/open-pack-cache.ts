import type { Failure } from "../../src/api/failure.ts";
import { createMemoryPackCache } from "../../src/pack-cache/memory-pack-cache.ts";
import type { PackCache } from "../../src/pack-cache/pack-cache.ts";
import { DEFAULT_BUDGET } from "../../src/pack-cache/pack-writer.ts";
import { StoredPackCache } from "../../src/pack-cache/stored-pack-cache.ts";
import { PLATFORM_TOOLS } from "../host/platform-tools.ts";
import { nextTurn } from "../host/yield.ts";
import { createIdbStore } from "./idb-blobs.ts";

export interface PackCacheOptions {
  /** Receives each warning once: ESTORE, ESTOREFULL. */
  warn(failure: Failure): void;
  /** Bytes that all packs may take. Default: 10^9, or half of the browser's quota if that is less; in memory 256 MiB. */
  budget?: number;
  /** Name of the database. Default `webhoist-packs`. */
  database?: string;
}

/** Opens the pack cache: in IndexedDB, which all pages of an origin share, or in this thread's memory if there is none. */
export function openPackCache({ warn, budget, database = "webhoist-packs" }: PackCacheOptions): PackCache {
  if (!("indexedDB" in globalThis)) return createMemoryPackCache(budget ?? 256 << 20);
  return new StoredPackCache(createIdbStore(database), {
    ...PLATFORM_TOOLS,
    turn: nextTurn,
    budget: async () => budget ?? Math.min(DEFAULT_BUDGET, (await browserQuota()) / 2),
    warn,
  });
}

/** Returns the bytes that the browser allows this origin to store. */
async function browserQuota(): Promise<number> {
  const { quota } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
  return quota ?? Number.POSITIVE_INFINITY;
}
