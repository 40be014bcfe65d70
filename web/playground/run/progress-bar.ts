import type { InstallProgress } from "../../../src/api/install.ts";
import type { Progress } from "../../../src/api/resolve.ts";
import { byId, formatBytes, formatCount, h, setChildren } from "../elements/dom.ts";

/** A screen reader hears of progress this often; eyes see it as it comes. */
const SPOKEN_INTERVAL = 3000;

const INSTALL_PHASES: Readonly<Record<InstallProgress["phase"], string>> = {
  resolve: "Resolving and fetching",
  install: "Installing",
  write: "Writing",
  done: "Installed",
};

const RESOLVE_PHASES: Readonly<Record<Progress["phase"], string>> = {
  read: "Reading the project",
  resolve: "Resolving",
  complete: "Completing the lock",
  write: "Writing the lock",
};

/** Known, fetched and placed, with a bar that fills as what is known has been fetched. */
export class ProgressBar {
  readonly #place = byId("progress");
  readonly #spoken = byId("announce");
  readonly #bar = h("progress", { "aria-label": "Fetched of what is known", max: 1 });
  readonly #text = h("span", { class: "progress-text" });
  #saidAt = 0;

  start(): void {
    this.#bar.removeAttribute("value");
    this.#text.textContent = "Starting";
    this.#saidAt = performance.now();
    setChildren(this.#place, this.#bar, this.#text);
  }

  update({ phase, known, fetched, placed }: Progress): void {
    this.#bar.max = Math.max(1, known);
    this.#bar.value = fetched;
    const text = `${fetched} of ${formatCount(known, "packument")}, ${placed} placed`;
    this.#text.textContent = phase === "resolve" ? text : `${RESOLVE_PHASES[phase]}, ${placed} placed`;
    this.#sometimes(`${RESOLVE_PHASES[phase]}: ${text}`);
  }

  installing({ phase, packs, packsDone, bytes: size }: InstallProgress): void {
    this.#bar.max = Math.max(1, packs);
    this.#bar.value = packsDone;
    const text = `${packsDone} of ${formatCount(packs, "pack")}, ${formatBytes(size)}`;
    this.#text.textContent = text;
    this.#sometimes(`${INSTALL_PHASES[phase]}: ${text}`);
  }

  #sometimes(text: string): void {
    const now = performance.now();
    if (now - this.#saidAt < SPOKEN_INTERVAL) return;
    this.#saidAt = now;
    this.say(text);
  }

  /** Ends the bar; `text` stays to be read where there is something to say. */
  end(text: string = ""): void {
    setChildren(this.#place, text ? h("span", { class: "progress-text" }, text) : null);
  }

  say(text: string): void {
    this.#spoken.textContent = text;
  }
}
