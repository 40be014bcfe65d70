import { MetadataCaches } from "../../src/metadata-cache/metadata-caches.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { createIdbStore } from "../../workers/storage/idb-blobs.ts";
import { incompressibleStart, isRecord, recordOf } from "./records.ts";

/** The packuments that another tab is to resolve. */
export interface Order {
  database: string;
  namespace: string;
  names: readonly string[];
  edition: number;
}

export interface Report {
  fetched: string[];
  waited: boolean;
  warnings: string[];
}

/** Opens the caches of a page or a worker. */
export function browserStore(database: string, warnings: string[]): MetadataCaches {
  return new MetadataCaches(createIdbStore(database), {
    ...PLATFORM_TOOLS,
    incompressibleStart,
    isRecord,
    warn: ({ code, message }) => warnings.push(`${code} ${message}`),
    locks: navigator.locks,
  });
}

/** Acts like a resolution: locks the namespace, and adds the packuments that are not cached. */
export async function resolveOnce({ database, namespace, names, edition }: Order): Promise<Report> {
  const warnings: string[] = [];
  const store = browserStore(database, warnings);
  const lock = await store.lock(namespace);
  const metadataCache = await store.open(namespace);
  await metadataCache.load(names);
  const fetched: string[] = [];
  for (const name of names) {
    if (metadataCache.get(name)) continue;
    fetched.push(name);
    metadataCache.add({ name, record: recordOf(name, edition), fetchedAt: Date.now(), etag: `"${edition}"` });
  }
  await metadataCache.flush();
  lock.release();
  store.close();
  return { fetched, waited: lock.waited, warnings };
}

if (!("document" in globalThis)) {
  addEventListener(
    "message",
    ({ data }: MessageEvent<Order>) => void resolveOnce(data).then((report) => postMessage(report)),
  );
}
