import type { Preload } from "../../src/registry/preload.ts";

/** A preload that sets out when it is of use: where all that a run needs is stored nothing has to be guessed. */
export class LatePreload {
  readonly #make: () => Promise<Preload>;
  #started: Promise<Preload> | undefined;
  #stopped = false;

  constructor(make: () => Promise<Preload>) {
    this.#make = make;
  }

  /** Something has to be fetched. */
  start(): void {
    // Not at once: a preload that sets out asks for packages, and to fetch the first of them comes back here.
    if (!this.#stopped) this.#started ??= Promise.resolve().then(this.#make);
  }

  stop(): void {
    this.#stopped = true;
    void this.#started?.then((preload) => preload.stop());
  }

  /** Once everything was looked for. */
  async quiet(): Promise<void> {
    this.start();
    await (await this.#started)?.quiet();
  }
}
