import { clear, createStore, delMany, getMany, keys, type UseStore } from "idb-keyval";
import type { BlobChange, BlobStore } from "../../src/blobs/blob-store.ts";

interface Connection {
  readonly use: UseStore;
  db?: IDBDatabase;
  /** Transactions that were asked for and have not begun. */
  waiting: number;
  closed: boolean;
}

/** Blobs in IndexedDB, for all pages of an origin and their workers. It is opened when it is used, after `close` too. */
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
      // Whoever wants to delete the database must not wait for this page.
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

/** What was asked for before it is closed still ends well. */
function closeOnce(connection: Connection): void {
  connection.closed = true;
  if (connection.waiting === 0) connection.db?.close();
}

type Change = (old: Uint8Array | undefined) => BlobChange;

function update(store: IDBObjectStore, key: string, change: Change): Promise<void> {
  const { transaction } = store;
  return new Promise((resolve, reject) => {
    let thrown: unknown;
    /** What throws takes all of it back: a part would be committed otherwise. */
    const whole = (run: () => void) => (): void => {
      try {
        run();
      } catch (error) {
        thrown = error;
        transaction.abort();
      }
    };
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(thrown ?? transaction.error);
    const got = store.get(key);
    got.onsuccess = whole(() => {
      const requests = requestsOf(store, change(got.result instanceof Uint8Array ? got.result : undefined));
      const next = whole(() => {
        const last = someOf(requests);
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

/** As many as a page's thread has time for in one turn, which are made as they are asked for. The last one's end is awaited. */
function someOf(requests: Requests): IDBRequest | undefined {
  let bytes = 0;
  for (let count = 1; ; count++) {
    const { value } = requests.next();
    if (!value) return undefined;
    bytes += value[1];
    if (count >= 64 || bytes >= 1 << 20) return value[0];
  }
}
