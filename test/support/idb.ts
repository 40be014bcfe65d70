// Helpers for tests with the real IndexedDB.

/** Deletes a database. Never resolves if a connection stays open. */
export function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

/** Creates a database without the library's object store, as another program would. */
export function createForeignDatabase(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
}

/** Runs `work` with a function that returns the number of transactions since the start. */
export async function countingTransactions(work: (count: () => number) => Promise<void>): Promise<void> {
  const { transaction } = IDBDatabase.prototype;
  let transactions = 0;
  IDBDatabase.prototype.transaction = function (...args) {
    transactions++;
    return transaction.apply(this, args);
  };
  try {
    await work(() => transactions);
  } finally {
    IDBDatabase.prototype.transaction = transaction;
  }
}
