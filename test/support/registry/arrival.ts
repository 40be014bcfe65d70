import type { RegistryOptions } from "./responder.ts";

/** mulberry32, a random generator whose state is one integer, so that a seed identifies an order. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Waits for the microtasks that are ready now, without the minimum delay of a timer. */
function soon(run: () => void): void {
  const immediate = (globalThis as { setImmediate?: (run: () => void) => unknown }).setImmediate;
  if (immediate) {
    immediate(run);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    run();
  };
  port2.postMessage(0);
}

/**
 * Waits for its turn: not at all, for `latency`, or until the seed's order selects this request among the waiting ones.
 * `gather` is the time to wait for more requests before each selection: a server must let them arrive from their sockets.
 */
export function arrivals(
  { latency, shuffle }: RegistryOptions,
  gather: (run: () => void) => unknown = soon,
): () => Promise<void> {
  if (shuffle === undefined) {
    return latency ? () => new Promise((resolve) => setTimeout(resolve, latency)) : () => Promise.resolve();
  }
  const next = random(shuffle);
  const waiting: (() => void)[] = [];
  const release = (): void => {
    // One request at a time: the client may send more before the next is selected.
    const [go] = waiting.splice(Math.floor(next() * waiting.length), 1);
    go?.();
    if (waiting.length > 0) gather(release);
  };
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 1) gather(release);
    });
}
