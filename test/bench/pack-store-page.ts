import { clear, createStore, getMany, type UseStore } from "idb-keyval";
import { concat } from "../../src/base/concat.ts";
import type { PackCache } from "../../src/pack-cache/pack-cache.ts";
import { openPackCache } from "../../workers/storage/open-pack-cache.ts";

// Runs in a page for pack-store-bench.mjs: simple ways to store tarballs, and the pack cache itself.

/** Bytes of the tarball and of its index. */
type Size = readonly [tarball: number, index: number];

interface Made {
  readonly tarball: Uint8Array<ArrayBuffer>;
  readonly index: Uint8Array<ArrayBuffer>;
}

interface Place {
  readonly batch: number;
  /** Its number in its batch. */
  readonly at: number;
  /** Its number among all packs. */
  readonly number: number;
  /** Its position in the batch's bytes. */
  readonly start: number;
  readonly end: number;
}

interface Way {
  /** One batch, whole. */
  write(batch: number, packs: readonly Made[], first: number): Promise<void>;
  /** Bytes of all indexes, read. */
  indexes(all: readonly Place[]): Promise<number>;
  /** Reads several packs in one call. */
  read(places: readonly Place[]): Promise<readonly (Uint8Array | undefined)[]>;
}

const BATCH = 16 << 20;

/** The number of puts in one turn. */
const AT_ONCE = 64;

let store: UseStore;

function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

function places(sizes: readonly Size[]): Place[] {
  let [batch, at, start] = [0, 0, 0];
  return sizes.map(([length], number) => {
    if (start >= BATCH) [batch, at, start] = [batch + 1, 0, 0];
    const place = { batch, at, number, start, end: start + length };
    at++;
    start += length;
    return place;
  });
}

function put(entries: readonly (readonly [string, unknown])[], atOnce = AT_ONCE): Promise<void> {
  return store("readwrite", (objects) => {
    const { transaction } = objects;
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      let from = 0;
      const next = (): void => {
        const requests = entries.slice(from, from + atOnce).map(([key, value]) => objects.put(value, key));
        from += atOnce;
        const last = requests.at(-1);
        if (last) last.onsuccess = next;
      };
      next();
    });
  });
}

const tarballs = (packs: readonly Made[]) => packs.map(({ tarball }) => tarball);
const indexes = (batch: number, packs: readonly Made[]) =>
  [`i${batch}`, concat(packs.map(({ index }) => index))] as const;
const batchesOf = (some: readonly Place[]) => [...new Set(some.map(({ batch }) => batch))];

async function readIndexes(all: readonly Place[]): Promise<number> {
  const found = await getMany<Uint8Array>(
    batchesOf(all).map((batch) => `i${batch}`),
    store,
  );
  return found.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0);
}

async function segments<T>(some: readonly Place[]): Promise<Map<number, T>> {
  const batches = batchesOf(some);
  const found = await getMany<T>(
    batches.map((batch) => `s${batch}`),
    store,
  );
  return new Map(batches.map((batch, i) => [batch, found[i]!]));
}

const sliced = async (blob: Blob | undefined, { start, end }: Place) =>
  new Uint8Array(await blob!.slice(start, end).arrayBuffer());

/** A value for each pack. */
function each(atOnce: number): Way {
  return {
    write: (batch, packs) =>
      put(
        [...tarballs(packs).map((tarball, at) => [`s${batch} ${at}`, tarball] as const), indexes(batch, packs)],
        atOnce,
      ),
    indexes: readIndexes,
    read: (some) =>
      getMany<Uint8Array>(
        some.map(({ batch, at }) => `s${batch} ${at}`),
        store,
      ),
  };
}

const file = async (batch: number) =>
  await (await navigator.storage.getDirectory()).getFileHandle(`s${batch}`, { create: true });

let handles: Promise<Map<number, Blob>> | undefined;

let packCache: PackCache;
const integrityOf = (number: number): string => `sha512-${btoa(`${number}`.padStart(64, "."))}`;

const WAYS: Readonly<Record<string, Way>> = {
  "idb array": {
    write: (batch, packs) => put([[`s${batch}`, concat(tarballs(packs))], indexes(batch, packs)]),
    indexes: readIndexes,
    async read(some) {
      const found = await segments<Uint8Array>(some);
      return some.map(({ batch, start, end }) => found.get(batch)!.slice(start, end));
    },
  },
  "idb blob": {
    write: (batch, packs) => put([[`s${batch}`, new Blob(tarballs(packs))], indexes(batch, packs)]),
    indexes: readIndexes,
    async read(some) {
      const found = await segments<Blob>(some);
      return await Promise.all(some.map((place) => sliced(found.get(place.batch), place)));
    },
  },
  /** Keeps the blobs from the database from one reading to the next. */
  "blob, kept": {
    write: (batch, packs) => WAYS["idb blob"]!.write(batch, packs, 0),
    indexes(all) {
      handles ??= segments<Blob>(all);
      return readIndexes(all);
    },
    async read(some) {
      const found = await handles;
      return await Promise.all(some.map((place) => sliced(found?.get(place.batch), place)));
    },
  },
  opfs: {
    async write(batch, packs) {
      const stream = await (await file(batch)).createWritable();
      await stream.write(new Blob(tarballs(packs)));
      await stream.close();
      await put([indexes(batch, packs)]);
    },
    indexes: readIndexes,
    async read(some) {
      const found = new Map<number, Blob>();
      for (const batch of batchesOf(some)) found.set(batch, await (await file(batch)).getFile());
      return await Promise.all(some.map((place) => sliced(found.get(place.batch), place)));
    },
  },
  "idb each, 1": each(1),
  "idb each": each(AT_ONCE),
  "the pack cache": {
    async write(_, packs, first) {
      for (const [i, pack] of packs.entries())
        packCache.add({ ...pack, integrity: integrityOf(first + i), aliases: [] });
      await packCache.flush();
    },
    async indexes(all) {
      const found = await packCache.find(all.map(({ number }) => integrityOf(number)));
      return [...found.values()].reduce((sum, { index }) => sum + index.length, 0);
    },
    read: async (some) => [...(await packCache.read(some.map(({ number }) => integrityOf(number)))).values()],
  },
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function open(): void {
  store = createStore("bench", "bench");
  packCache = openPackCache({
    database: "bench-pack-cache",
    warn: ({ message }) => {
      throw new Error(message);
    },
  });
}

/** Makes each batch just before it is written, so that the measured memory is that of writing. */
async function write(name: string, sizes: readonly Size[]): Promise<{ milliseconds: number }> {
  open();
  await clear(store);
  const all = places(sizes);
  let milliseconds = 0;
  for (const batch of batchesOf(all)) {
    const own = all.filter((place) => place.batch === batch);
    const packs: Made[] = [];
    for (const [i, { number }] of own.entries()) {
      const [tarball, index] = sizes[number]!;
      packs.push({ tarball: noise(tarball), index: noise(index) });
      if (i % 16 === 0) await new Promise((done) => setTimeout(done));
    }
    performance.mark("begin");
    milliseconds += await timed(() => WAYS[name]!.write(batch, packs, own[0]!.number));
  }
  return { milliseconds };
}

/** Reads in a new page: all indexes, some packs one after the other, others at once, and all packs. */
async function read(name: string, sizes: readonly Size[], some: readonly number[]) {
  const all = places(sizes);
  const way = WAYS[name]!;
  open();
  performance.mark("begin");
  const index = await timed(async () => {
    const bytes = await way.indexes(all);
    if (bytes !== sizes.reduce((sum, [, length]) => sum + length, 0)) throw new Error("not all indexes");
  });
  const got = async (wanted: readonly Place[]): Promise<void> => {
    const found = await way.read(wanted);
    for (const [i, { number }] of wanted.entries())
      if (found[i]?.length !== sizes[number]![0]) throw new Error(`pack ${number} is not whole`);
  };
  const inTurn = await timed(async () => {
    for (const number of some) await got([all[number]!]);
  });
  const others = some.map((number) => all[(number + 1) % all.length]!);
  const atOnce = await timed(() => got(others));
  const everything = await timed(() => got(all));
  return { index, inTurn, atOnce, everything };
}

Object.assign(globalThis, { bench: { write, read, ways: () => Object.keys(WAYS) } });
