import { readDirectory } from "../../src/pack-cache/directory.ts";
import { readList } from "../../src/pack-cache/pack-list.ts";
import { sri } from "../tarball/gzip.ts";

// Reads and damages the pack cache of this origin without the library.

const DATABASE = "webhoist-packs";

/** Letters of each pack's name in a directory. */
const LETTERS = 14;

async function transact<T>(mode: IDBTransactionMode, run: (store: IDBObjectStore) => () => T): Promise<T> {
  const opening = indexedDB.open(DATABASE);
  const db = await new Promise<IDBDatabase>((done, fail) => {
    opening.onupgradeneeded = () => opening.result.createObjectStore("metadata");
    opening.onsuccess = () => done(opening.result);
    opening.onerror = () => fail(opening.error);
  });
  try {
    const transaction = db.transaction("metadata", mode);
    const result = run(transaction.objectStore("metadata"));
    await new Promise<void>((done, fail) => {
      transaction.oncomplete = () => done();
      transaction.onabort = () => fail(transaction.error);
    });
    return result();
  } finally {
    db.close();
  }
}

/** Reads all blobs at one moment. */
export async function blobs(): Promise<Map<string, unknown>> {
  return await transact("readonly", (store) => {
    const [keys, values] = [store.getAllKeys(), store.getAll()];
    return () => new Map(keys.result.map((key, i) => [String(key), values.result[i]]));
  });
}

export async function putBlob(key: string, value: unknown): Promise<void> {
  await transact("readwrite", (store) => {
    store.put(value, key);
    return () => {};
  });
}

export async function deleteBlob(key: string): Promise<void> {
  await transact("readwrite", (store) => {
    store.delete(key);
    return () => {};
  });
}

/** Returns the problems of the cache: packs with wrong bytes, unknown blobs, missing blobs. */
export async function storeFaults(allowed?: readonly string[]): Promise<string[]> {
  const all = await blobs();
  const faults: string[] = [];
  const known = new Set(["1 d"]);
  const directory = all.get("1 d") instanceof Uint8Array ? readDirectory(all.get("1 d") as Uint8Array) : null;
  for (const [segment, { fingerprints }] of directory?.segments ?? []) {
    known.add(`1 i ${segment}`);
    const list = readList((all.get(`1 i ${segment}`) as Uint8Array) ?? new Uint8Array());
    if (!list) faults.push(`segment ${segment} has no list`);
    for (const [at, { integrity }] of (list ?? []).entries()) {
      const key = `1 p ${segment} ${at}`;
      known.add(key).add(`1 w ${segment} ${at}`);
      if (fingerprints.slice(at * LETTERS, (at + 1) * LETTERS).trim() === "") continue;
      const bytes = all.get(key);
      if (!(bytes instanceof Uint8Array) || sri(bytes) !== integrity) faults.push(`${key} is not ${integrity}`);
      if (allowed && !allowed.includes(integrity)) faults.push(`${integrity} must not be stored`);
    }
  }
  for (const key of all.keys()) if (!known.has(key)) faults.push(`${key} belongs to no pack`);
  return faults;
}
