import type { Failure } from "../../src/errors/failure.ts";
import { createMemoryShelf } from "../../src/packs/memory-shelf.ts";
import type { PackShelf } from "../../src/packs/pack-shelf.ts";
import { BUDGET } from "../../src/packs/pack-vault.ts";
import { StoredShelf } from "../../src/packs/stored-shelf.ts";
import { createIdbStore } from "../idb-store.ts";
import { PLATFORM_TOOLS } from "../store-tools.ts";
import { nextTurn } from "../yield.ts";

export interface PackShelfOptions {
  /** Hears of each thing once: ESTORE, ESTOREFULL. */
  warn(failure: Failure): void;
  /** Bytes that packs may take. Default 10^9 or half of what the browser allows, in memory 256 MiB. */
  budget?: number;
  /** Of the database. Default `webhoist-packs`. */
  database?: string;
}

/** Packs between visits: in IndexedDB, for all pages of an origin; where there is none in memory of this thread's own. */
export function openPackShelf({ warn, budget, database = "webhoist-packs" }: PackShelfOptions): PackShelf {
  if (!("indexedDB" in globalThis)) return createMemoryShelf(budget ?? 256 << 20);
  return new StoredShelf(createIdbStore(database), {
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
