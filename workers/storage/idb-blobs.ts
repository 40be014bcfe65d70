import { clear, createStore, delMany, getMany, keys, type UseStore } from "idb-keyval";
import type { BlobChange, BlobStore } from "../../src/blobs/blob-store.ts";

interface Connection {
  readonly use: UseStore;
  db?: IDBDatabase;
  /** Transactions that were requested and have not begun. */
  waiting: number;
  closed: boolean;
}

/** Returns a store in IndexedDB, which all pages of an origin and their workers share. Every use opens it if it is closed. */
export function createIdbStore(database = "webhoist"): BlobStore {
  let connection: Connection | undefined;
  const close = (): void => {
    if (connection) closeOnce(connection);
    connection = undefined;
  };
  const use: UseStore = (mode, run) => {
    connection ??= { use: createStore(database, "metadata"), waiting: 0, closed: false };
    const own = connection;
    own.waiting++;
    return own.use(mode, (store) => {
      own.waiting--;
      own.db = store.transaction.db;
      // Another page that wants to delete the database must not have to wait for this one.
      own.db.onversionchange = close;
      if (own.closed) closeOnce(own);
      return run(store);
    });
  };
  return {
    async getMany(names) {
      const found = await getMany<unknown>([...names], use);
      return found.map((value) => (value instanceof Uint8Array ? value : undefined));
    },
    update: (key, change) => use("readwrite", (store) => update(store, key, change)),
    keys: () => keys<string>(use),
    delMany: (names) => delMany([...names], use),
    clear: () => clear(use),
    close,
  };
}

/** Closes the connection when all requested transactions have begun, so that they still complete. */
function closeOnce(connection: Connection): void {
  connection.closed = true;
  if (connection.waiting === 0) connection.db?.close();
}

type Change = (old: Uint8Array | undefined) => BlobChange;

function update(store: IDBObjectStore, key: string, change: Change): Promise<void> {
  const { transaction } = store;
  return new Promise((resolve, reject) => {
    let thrown: unknown;
    /** Aborts the transaction if `run` throws. Otherwise a part of the change would be committed. */
    const orAbort = (run: () => void) => (): void => {
      try {
        run();
      } catch (error) {
        thrown = error;
        try {
          transaction.abort();
        } catch {
          // It has ended already.
          reject(error);
        }
      }
    };
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(thrown ?? transaction.error);
    const got = store.get(key);
    got.onsuccess = orAbort(() => {
      const requests = requestsOf(store, change(got.result instanceof Uint8Array ? got.result : undefined));
      const next = orAbort(() => {
        const last = nextRequests(requests);
        if (last) last.onsuccess = next;
      });
      next();
    });
  });
}

type Requests = Generator<readonly [request: IDBRequest, bytes: number], void>;

function* requestsOf(store: IDBObjectStore, { puts, deletes }: BlobChange): Requests {
  for (const name of deletes) yield [store.delete(name), 0];
  for (const [name, blob] of puts) yield [store.put(blob, name), blob.length];
}

/** Makes as many requests as fit into one turn of the page's thread. Returns the last one; undefined if none is left. */
function nextRequests(requests: Requests): IDBRequest | undefined {
  let bytes = 0;
  for (let count = 1; ; count++) {
    const { value } = requests.next();
    if (!value) return undefined;
    bytes += value[1];
    if (count >= 64 || bytes >= 1 << 20) return value[0];
  }
}
