import type { InstallProgress } from "../../../src/api/install.ts";
import type { Progress } from "../../../src/api/resolve.ts";
import { byId, formatBytes, formatCount, h, setChildren } from "../elements/dom.ts";

/** Milliseconds between two announcements to screen readers. The visible text changes with every update. */
const SPOKEN_INTERVAL = 3000;

const INSTALL_PHASES: Readonly<Record<InstallProgress["phase"], string>> = {
  resolve: "Resolving and downloading",
  install: "Installing",
  write: "Writing",
  done: "Installed",
};

const RESOLVE_PHASES: Readonly<Record<Progress["phase"], string>> = {
  read: "Reading the project",
  resolve: "Resolving",
  complete: "Completing the lockfile",
  write: "Writing the lockfile",
};

/** The progress of a run: a bar and a text beside the buttons, and announcements to screen readers. */
export class ProgressBar {
  readonly #place = byId("progress");
  readonly #spoken = byId("announce");
  readonly #bar = h("progress", { "aria-label": "Progress", max: 1 });
  readonly #text = h("span", { class: "progress-text" });
  #announcedAt = 0;

  start(): void {
    this.#bar.removeAttribute("value");
    this.#text.textContent = "Starting…";
    this.#announcedAt = performance.now();
    setChildren(this.#place, this.#bar, this.#text);
  }

  /** Shows the progress of a resolution. The bar shows how many of the packages found so far were looked up. */
  resolving({ phase, known, fetched, placed }: Progress): void {
    this.#bar.max = Math.max(1, known);
    this.#bar.value = fetched;
    const text = `${fetched} of ${formatCount(known, "package")}`;
    // Short: there is room for one line beside the buttons.
    if (known > 0) this.#text.textContent = phase === "resolve" ? text : RESOLVE_PHASES[phase];
    this.#announce(`${RESOLVE_PHASES[phase]}: ${text} looked up, ${placed} placed`);
  }

  /** Shows the progress of an install. The bar shows how many tarballs are done. */
  installing({ phase, packs, packsDone, bytes: size }: InstallProgress): void {
    this.#bar.max = Math.max(1, packs);
    this.#bar.value = packsDone;
    const text = `${packsDone} of ${formatCount(packs, "tarball")}, ${formatBytes(size)}`;
    this.#text.textContent = text;
    this.#announce(`${INSTALL_PHASES[phase]}: ${text}`);
  }

  #announce(text: string): void {
    const now = performance.now();
    if (now - this.#announcedAt < SPOKEN_INTERVAL) return;
    this.#announcedAt = now;
    this.say(text);
  }

  /** Removes the bar and leaves `text` in its place. */
  end(text: string = ""): void {
    setChildren(this.#place, text ? h("span", { class: "progress-text" }, text) : null);
  }

  /** Announces a text to screen readers. */
  say(text: string): void {
    this.#spoken.textContent = text;
  }
}
