import type { Failure } from "../../src/api/failure.ts";
import { createMemoryPackCache } from "../../src/pack-cache/memory-pack-cache.ts";
import type { PackCache } from "../../src/pack-cache/pack-cache.ts";
import { BUDGET } from "../../src/pack-cache/pack-writer.ts";
import { StoredPackCache } from "../../src/pack-cache/stored-pack-cache.ts";
import { PLATFORM_TOOLS } from "../host/platform-tools.ts";
import { nextTurn } from "../host/yield.ts";
import { createIdbStore } from "./idb-blobs.ts";

export interface PackCacheOptions {
  /** Hears of each thing once: ESTORE, ESTOREFULL. */
  warn(failure: Failure): void;
  /** Bytes that packs may take. Default 10^9 or half of what the browser allows, in memory 256 MiB. */
  budget?: number;
  /** Of the database. Default `webhoist-packs`. */
  database?: string;
}

/** Packs between visits: in IndexedDB, for all pages of an origin; where there is none in memory of this thread's own. */
export function openPackCache({ warn, budget, database = "webhoist-packs" }: PackCacheOptions): PackCache {
  if (!("indexedDB" in globalThis)) return createMemoryPackCache(budget ?? 256 << 20);
  return new StoredPackCache(createIdbStore(database), {
    ...PLATFORM_TOOLS,
    turn: nextTurn,
    budget: async () => budget ?? Math.min(BUDGET, (await allowed()) / 2),
    warn,
  });
}

/** Bytes that the browser gives to this origin. */
async function allowed(): Promise<number> {
  const { quota } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
  return quota ?? Number.POSITIVE_INFINITY;
}
