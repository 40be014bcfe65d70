import type { BlobStore } from "../../src/blobs/blob-store.ts";
import { MetadataCaches } from "../../src/metadata-cache/metadata-caches.ts";
import type { GroupSize, MetadataCachePorts } from "../../src/metadata-cache/ports.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { createIdbStore } from "../../workers/storage/idb-blobs.ts";

// Runs in a page for store-bench.mjs.

interface Given {
  name: string;
  record: Uint8Array<ArrayBuffer>;
  split: number;
}

/** `/records`: for each a line of JSON `[name, bytes, cold start]`, an empty line, the records. */
async function records(): Promise<Given[]> {
  const bytes = new Uint8Array(await (await fetch("/records")).arrayBuffer());
  const end = bytes.findIndex((byte, i) => byte === 10 && bytes[i + 1] === 10);
  const lines = new TextDecoder().decode(bytes.subarray(0, end)).split("\n");
  let at = end + 2;
  return lines.map((line) => {
    const [name, length, split] = JSON.parse(line) as [string, number, number];
    const record = bytes.slice(at, at + length);
    at += length;
    return { name, record, split };
  });
}

const counted = { transactions: 0, written: 0 };

function counting(blobs: BlobStore): BlobStore {
  const count = <T>(work: T): T => {
    counted.transactions++;
    return work;
  };
  return {
    ...blobs,
    getMany: (keys) => count(blobs.getMany(keys)),
    update: (key, change) =>
      count(
        blobs.update(key, (old) => {
          const made = change(old);
          for (const blob of made.puts.values()) counted.written += blob.length;
          return made;
        }),
      ),
  };
}

const splits = new WeakMap<Uint8Array, number>();

function storeOf(group: GroupSize, database: string): MetadataCaches {
  const ports: MetadataCachePorts = {
    ...PLATFORM_TOOLS,
    incompressibleStart: (record) => splits.get(record) ?? 0,
    isRecord: () => true,
    warn: (failure) => console.error(failure.message),
    group,
  };
  return new MetadataCaches(counting(createIdbStore(database)), ports);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Writes all records. */
async function fill(group: GroupSize, database: string) {
  const given = await records();
  for (const { record, split } of given) splits.set(record, split);
  const packCache = await storeOf(group, database).open("bench");
  for (const { name, record } of given)
    packCache.add({ name, record, fetchedAt: Date.now(), etag: `"${name.padEnd(32)}"` });
  performance.mark("begin");
  const milliseconds = await timed(() => packCache.flush());
  return { milliseconds, written: counted.written };
}

/** Reads all records, in waves, as a resolution learns their names. */
async function read(group: GroupSize, database: string) {
  const store = storeOf(group, database);
  let bytes = 0;
  let count = 0;
  let opened = 0;
  performance.mark("begin");
  const milliseconds = await timed(async () => {
    const start = performance.now();
    const packCache = await store.open("bench");
    opened = performance.now() - start;
    const names = [...packCache.names()];
    for (let at = 0, size = 40; at < names.length; at += size, size *= 4) {
      const wave = names.slice(at, at + size);
      await packCache.load(wave);
      for (const name of wave) {
        bytes += packCache.get(name)?.record.length ?? 0;
        count++;
      }
    }
  });
  return { milliseconds, opened, bytes, count, transactions: counted.transactions };
}

/** Measures IndexedDB and deflate alone, without the cache. */
async function inflate() {
  const given = (await records()).map(({ record, split }) => record.slice(0, split));
  const plain = new Uint8Array(await new Blob(given).arrayBuffer()).subarray(0, 1 << 20);
  const packed = (await PLATFORM_TOOLS.deflate(plain)) as Uint8Array<ArrayBuffer>;
  const deflating = await timed(() => PLATFORM_TOOLS.deflate(plain));
  const inflating = await timed(() => PLATFORM_TOOLS.inflate(packed));
  return { plain: plain.length, packed: packed.length, deflating, inflating };
}

Object.assign(globalThis, { bench: { fill, read, inflate } });
