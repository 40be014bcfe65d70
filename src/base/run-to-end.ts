/** Runs a generator to its end without a pause, and returns its result. For generators that yield only to let other work run. */
export function runToEnd<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Runs a generator to its end, and waits for `pause` wherever it yields. */
export async function runWithPauses<T>(steps: Generator<undefined, T>, pause: () => Promise<void>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await pause();
  }
}
