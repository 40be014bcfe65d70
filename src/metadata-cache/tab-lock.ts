import { onAbort } from "../base/on-abort.ts";
import type { CachePorts } from "../blobs/ports.ts";

/** Exclusive locks that all tabs of an origin share, such as `navigator.locks`. */
export interface TabLocks {
  request<T>(name: string, options: TabLockRequest, run: (lock: unknown) => T | PromiseLike<T>): Promise<T>;
}

export interface TabLockRequest {
  ifAvailable?: boolean;
  signal?: AbortSignal;
}

/** A lock that one tab holds at a time. */
export interface TabLock {
  /** Releases the lock. Further calls do nothing. */
  release(): void;
  /** True if another tab had the lock first. Data that was read before may then be outdated. */
  readonly waited: boolean;
}

export interface TabLockOptions {
  /** Milliseconds after which the caller continues without the lock. Default 10,000. */
  wait?: number;
  signal?: AbortSignal | undefined;
}

export interface TabLockPorts extends Pick<CachePorts, "after"> {
  readonly locks?: TabLocks | undefined;
}

/**
 * Waits for a lock that all tabs share.
 *
 * 1. Without locks, or if the platform refuses them, return at once.
 * 2. If the lock is free, take it.
 * 3. Otherwise wait until the holder releases it or its tab closes. After `wait` milliseconds continue without the lock:
 *    the holder may be a frozen tab.
 *
 * An unanswered request for a free lock ends after `wait` milliseconds too.
 *
 * @throws `signal.reason` if the signal aborts during the wait
 */
export async function acquireTabLock(
  ports: TabLockPorts,
  name: string,
  options: TabLockOptions = {},
): Promise<TabLock> {
  const { signal } = options;
  const { locks } = ports;
  let release = (): void => {};
  const released = new Promise<void>((done) => {
    release = done;
  });
  /** Requests the lock. Resolves to true if it was granted. Rejects if the platform refuses or the request is aborted. */
  const take = (request: TabLockRequest): Promise<boolean> =>
    new Promise((granted, refused) => {
      const run = (lock: unknown): Promise<void> | undefined => {
        granted(lock !== null);
        return lock ? released : undefined;
      };
      locks?.request(`webhoist ${name}`, request, run).catch(refused);
    });
  signal?.throwIfAborted();
  const waited = locks !== undefined && !(await withinWait(() => take({ ifAvailable: true }), ports, options));
  if (waited) await withinWait((limit) => take({ signal: limit }), ports, options);
  // If the lock was granted after the abort, give it back.
  if (signal?.aborted) release();
  signal?.throwIfAborted();
  return { release, waited };
}

/** Resolves as the request does. Resolves to true if it is refused, if `signal` aborts, and when the wait is over. */
function withinWait(
  request: (limit: AbortSignal) => Promise<boolean>,
  ports: TabLockPorts,
  { signal, wait = 10_000 }: TabLockOptions,
): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(true);
    const limit = new AbortController();
    const end = (granted: boolean): void => {
      cancel();
      removeListener?.();
      limit.abort();
      resolve(granted);
    };
    // Some browsers never answer, not even whether the lock is free.
    const cancel = ports.after(wait, () => end(true));
    const removeListener = signal && onAbort(signal, () => end(true));
    request(limit.signal).then(end, () => end(true));
  });
}
