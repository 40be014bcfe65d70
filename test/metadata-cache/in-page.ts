import type { MetadataUsage } from "../../src/metadata-cache/metadata-caches.ts";
import { MetadataCaches } from "../../src/metadata-cache/metadata-caches.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { createIdbStore } from "../../workers/storage/idb-blobs.ts";
import { incompressibleStart, isRecord, makeRecord } from "./records.ts";

export interface Visit {
  namespace: string;
  /** Days since the first visit. */
  day: number;
  mebibytes: number;
}

/** Runs inside a page: caches records that do not compress. */
export async function visit({
  namespace,
  day,
  mebibytes,
}: Visit): Promise<{ usage: MetadataUsage; warnings: string[] }> {
  const warnings: string[] = [];
  const store = new MetadataCaches(createIdbStore(), {
    ...PLATFORM_TOOLS,
    now: () => Date.now() + day * 86_400_000,
    incompressibleStart,
    isRecord,
    warn: ({ code }) => warnings.push(code),
    locks: navigator.locks,
  });
  const metadataCache = await store.open(namespace);
  for (let i = 0; i < 16 * mebibytes; i++) {
    const noise = crypto.getRandomValues(new Uint8Array(1 << 16));
    metadataCache.add({ name: `p${i}`, record: makeRecord("text", noise), fetchedAt: Date.now() });
  }
  await metadataCache.flush();
  const usage = await store.usage();
  store.close();
  return { usage, warnings };
}

Object.assign(globalThis, { visit });
