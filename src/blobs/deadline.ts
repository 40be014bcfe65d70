import type { BlobStore } from "./blob-store.ts";
import type { CachePorts } from "./ports.ts";

/** Milliseconds after which a store that does not answer counts as unusable. Some browsers never answer. */
export const STORE_TIMEOUT = 5_000;

/** Milliseconds allowed for a write of 16 MB, and for a read that waits behind it. */
const WRITE_TIMEOUT = 30_000;

/** Returns a store with time limits: `milliseconds` for a read, {@link WRITE_TIMEOUT} for a write. A call that throws rejects. */
export function timedStore(
  blobs: BlobStore,
  ports: Pick<CachePorts, "after">,
  milliseconds: number = WRITE_TIMEOUT,
): BlobStore {
  const within = <T>(limit: number, call: () => Promise<T>): Promise<T> =>
    withTimeout(ports, Promise.resolve().then(call), limit);
  return {
    getMany: (keys) => within(milliseconds, () => blobs.getMany(keys)),
    keys: () => within(milliseconds, () => blobs.keys()),
    update: (key, change) => within(WRITE_TIMEOUT, () => blobs.update(key, change)),
    delMany: (keys) => within(WRITE_TIMEOUT, () => blobs.delMany(keys)),
    clear: () => within(WRITE_TIMEOUT, () => blobs.clear()),
    close: () => blobs.close(),
  };
}

/** Settles as `work` does, or rejects after `milliseconds`. */
export function withTimeout<T>(ports: Pick<CachePorts, "after">, work: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = ports.after(milliseconds, () => reject(new Error("no answer")));
    work.then(resolve, reject).finally(cancel);
  });
}

/** Returns the name and message of a platform's error. */
export function describeError(error: unknown): string {
  const { name = "", message = "" } = (error ?? {}) as Partial<Error>;
  return [name, message].filter(Boolean).join(": ");
}
