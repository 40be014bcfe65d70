import type { InstallProgress } from "../../../src/api/install.ts";
import type { Progress } from "../../../src/api/resolve.ts";
import { byId, bytes, count, fill, h } from "../elements/dom.ts";

/** A screen reader hears of progress this often; eyes see it as it comes. */
const SPOKEN = 3000;

const INSTALLING: Readonly<Record<InstallProgress["phase"], string>> = {
  resolve: "Resolving and fetching",
  install: "Installing",
  write: "Writing",
  done: "Installed",
};

const WORDS: Readonly<Record<Progress["phase"], string>> = {
  read: "Reading the project",
  resolve: "Resolving",
  complete: "Completing the lock",
  write: "Writing the lock",
};

/** Known, fetched and placed, with a bar that fills as what is known has been fetched. */
export class ProgressView {
  readonly #place = byId("progress");
  readonly #spoken = byId("announce");
  readonly #bar = h("progress", { "aria-label": "Fetched of what is known", max: 1 });
  readonly #text = h("span", { class: "progress-text" });
  #saidAt = 0;

  start(): void {
    this.#bar.removeAttribute("value");
    this.#text.textContent = "Starting";
    this.#saidAt = performance.now();
    fill(this.#place, this.#bar, this.#text);
  }

  update({ phase, known, fetched, placed }: Progress): void {
    this.#bar.max = Math.max(1, known);
    this.#bar.value = fetched;
    const text = `${fetched} of ${count(known, "packument")}, ${placed} placed`;
    this.#text.textContent = phase === "resolve" ? text : `${WORDS[phase]}, ${placed} placed`;
    this.#sometimes(`${WORDS[phase]}: ${text}`);
  }

  installing({ phase, packs, packsDone, bytes: size }: InstallProgress): void {
    this.#bar.max = Math.max(1, packs);
    this.#bar.value = packsDone;
    const text = `${packsDone} of ${count(packs, "pack")}, ${bytes(size)}`;
    this.#text.textContent = text;
    this.#sometimes(`${INSTALLING[phase]}: ${text}`);
  }

  #sometimes(text: string): void {
    const now = performance.now();
    if (now - this.#saidAt < SPOKEN) return;
    this.#saidAt = now;
    this.say(text);
  }

  /** Ends the bar; `text` stays to be read where there is something to say. */
  end(text: string = ""): void {
    fill(this.#place, text ? h("span", { class: "progress-text" }, text) : null);
  }

  say(text: string): void {
    this.#spoken.textContent = text;
  }
}
