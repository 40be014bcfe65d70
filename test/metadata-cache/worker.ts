import { MetadataCaches } from "../../src/metadata-cache/metadata-caches.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { createIdbStore } from "../../workers/storage/idb-blobs.ts";
import { incompressibleStart, isRecord, recordOf } from "./records.ts";

/** Another tab's run: what it is to fetch, if nobody has it, under a claim that it holds for so long. */
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

/** What a page or a worker has. */
export function browserStore(database: string, warnings: string[]): MetadataCaches {
  return new MetadataCaches(createIdbStore(database), {
    ...PLATFORM_TOOLS,
    incompressibleStart,
    isRecord,
    warn: ({ code, message }) => warnings.push(`${code} ${message}`),
    locks: navigator.locks,
  });
}

/** Fetches what is not stored, and keeps it. */
export async function resolveOnce({ database, namespace, names, edition }: Order): Promise<Report> {
  const warnings: string[] = [];
  const store = browserStore(database, warnings);
  const claim = await store.claim(namespace);
  const metadataCache = await store.open(namespace);
  await metadataCache.load(names);
  const fetched: string[] = [];
  for (const name of names) {
    if (metadataCache.get(name)) continue;
    fetched.push(name);
    metadataCache.keep({ name, record: recordOf(name, edition), fetchedAt: Date.now(), etag: `"${edition}"` });
  }
  await metadataCache.flush();
  claim.release();
  store.close();
  return { fetched, waited: claim.waited, warnings };
}

if (!("document" in globalThis)) {
  addEventListener(
    "message",
    ({ data }: MessageEvent<Order>) => void resolveOnce(data).then((report) => postMessage(report)),
  );
}
