/** How long the engine may hold the page's thread before it gives way. Milliseconds. */
const SLICE = 8;

type Scheduler = { yield?: () => Promise<void> };

/** Gives way to the page between slices: `scheduler.yield` where there is one, else a message channel; never a timer, which browsers clamp. */
export class Breather {
  #until = performance.now() + SLICE;

  breathe(): Promise<void> | undefined {
    if (performance.now() < this.#until) return undefined;
    return nextTurn().then(() => {
      this.#until = performance.now() + SLICE;
    });
  }
}

export function nextTurn(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: Scheduler };
  if (scheduler?.yield) return scheduler.yield();
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
