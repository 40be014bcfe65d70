import type { Preload } from "../../src/registry/preload.ts";

/** A preload that starts with the first request. A run that finds everything in the store needs no preload. */
export class LatePreload {
  readonly #make: () => Promise<Preload>;
  #started: Promise<Preload> | undefined;
  #stopped = false;

  constructor(make: () => Promise<Preload>) {
    this.#make = make;
  }

  /** Starts the preload, unless it has started or was stopped. */
  start(): void {
    // Asynchronous, because a starting preload makes requests, and the first request calls `start` again.
    if (!this.#stopped) this.#started ??= Promise.resolve().then(this.#make);
  }

  stop(): void {
    this.#stopped = true;
    void this.#started?.then((preload) => preload.stop());
  }

  /** Starts the preload and resolves once all its requests have ended. */
  async quiet(): Promise<void> {
    this.start();
    await (await this.#started)?.quiet();
  }
}
