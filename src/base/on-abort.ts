interface Hub {
  waiting: Set<() => void>;
  fire: () => void;
}

const hubs = new WeakMap<AbortSignal, Hub>();

function hubOf(signal: AbortSignal): Hub {
  let hub = hubs.get(signal);
  if (!hub) {
    const waiting = new Set<() => void>();
    const fire = (): void => {
      for (const run of waiting) run();
    };
    hub = { waiting, fire };
    hubs.set(signal, hub);
  }
  return hub;
}

/**
 * Calls `run` when `signal` aborts; the answer takes that back. However many wait on a signal it carries one listener
 * (Node warns of a leak from the eleventh on), and none when nobody waits. `signal` must not have aborted yet.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const { waiting, fire } = hubOf(signal);
  if (waiting.size === 0) signal.addEventListener("abort", fire);
  waiting.add(run);
  return () => {
    waiting.delete(run);
    if (waiting.size === 0) signal.removeEventListener("abort", fire);
  };
}

/** `work`, or a rejection with `signal.reason` as soon as it aborts, whether `work` heeds the signal or not. */
export function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    const forget = signal.aborted ? undefined : onAbort(signal, stop);
    work.then(resolve, reject).finally(forget);
  });
}
