import type { InstallProgress } from "../../../src/api/install.ts";
import { formatBytes, formatCount, formatDuration, h, setChildren } from "../elements/dom.ts";
import { slowestTable, Timeline } from "./timeline.ts";

const SLOWEST = 8;
/** Milliseconds between two drawings. The clock keeps running even without progress events. */
const DRAW_INTERVAL = 100;

/** The timeline and counts of an install, while it runs and afterwards. */
export class InstallView {
  /** The heading with the counts. */
  readonly summary: HTMLElement;
  readonly element: HTMLElement;
  readonly #title = h("h2", {}, "Installing");
  readonly #counts = h("ul", { class: "stats" });
  readonly #slowest = h("div", {});
  readonly #timeline = new Timeline();
  readonly #clock: ReturnType<typeof setInterval>;
  #last: InstallProgress | undefined;

  constructor() {
    this.#clock = setInterval(() => this.#draw(), DRAW_INTERVAL);
    this.summary = h("div", { class: "summary" }, this.#title, this.#counts);
    this.element = h("div", { class: "install-flow" }, this.#timeline.element, this.#slowest);
  }

  /** Milliseconds since the install began. */
  get elapsed(): number {
    return this.#timeline.elapsed;
  }

  update(progress: InstallProgress): void {
    this.#last = progress;
    this.#timeline.update(progress.operations);
  }

  #draw(): void {
    const progress = this.#last;
    if (!progress) return;
    this.#timeline.redraw();
    this.#title.textContent = progress.phase === "resolve" ? "Resolving and installing" : "Installing";
    setChildren(
      this.#counts,
      ...countsOf(progress, this.elapsed).map(([value, word]) => h("li", {}, h("b", {}, value), word)),
    );
  }

  /** Stops the timeline and lists the slowest operations. */
  end(): void {
    clearInterval(this.#clock);
    this.#timeline.end();
    const operations = this.#last?.operations ?? [];
    setChildren(this.#slowest, operations.length > 0 ? slowestTable(operations, SLOWEST) : null);
  }

  dispose(): void {
    clearInterval(this.#clock);
    this.#timeline.dispose();
  }
}

/** `812 of 1,317 tarballs`, `40 from storage`, `34.1 MB`, `12.4 MB/s`, `2.75 s`. */
export function countsOf(progress: InstallProgress, milliseconds: number): [value: string, word: string][] {
  const { packs, packsDone, packsStored, bytes: size } = progress;
  const counts: [string, string][] = [[`${packsDone.toLocaleString("en")} of ${formatCount(packs, "tarball")}`, ""]];
  if (packsStored > 0) counts.push([packsStored.toLocaleString("en"), " from storage"]);
  counts.push([formatBytes(size), ""]);
  if (size > 0 && milliseconds > 100) counts.push([`${formatBytes(Math.round((size * 1000) / milliseconds))}/s`, ""]);
  counts.push([formatDuration(milliseconds), ""]);
  return counts;
}
