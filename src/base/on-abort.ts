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
 * Calls `run` when `signal` aborts. Returns a function that cancels this. A signal has at most one listener for all callers, because
 * Node warns of a leak from the eleventh listener on. `signal` must not have aborted yet.
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

/** Returns `work`, or rejects with `signal.reason` as soon as `signal` aborts, even if `work` ignores the signal. */
export function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    const forget = signal.aborted ? undefined : onAbort(signal, stop);
    work.then(resolve, reject).finally(forget);
  });
}
