import type { Operation, OperationKind } from "../../../src/api/install.ts";
import { formatBytes, formatCount, formatDuration, h, setChildren } from "../elements/dom.ts";
import { countByState, type LaneBar, latestTime, niceStep, OPERATION_KINDS, TimelineLanes } from "./timeline-lanes.ts";

const KIND_TEXTS: Readonly<Record<OperationKind, readonly [operation: string, title: string]>> = {
  download: ["download", "Downloads"],
  extract: ["verify and index", "Verified and indexed"],
  write: ["write", "Written"],
};

const NUMBER_FORMAT = new Intl.NumberFormat("en");
const HINT = "Point at a bar to see its operation.";
const HEIGHT = 190;
const AXIS = 20;
const BAND_GAP = 8;
/** Least and greatest height of a lane, in pixels. */
const LANE: readonly [least: number, most: number] = [1, 9];
/** Least length of the axis in milliseconds. A shorter one would change its scale too often at the start. */
const SHORTEST = 500;

interface Colours {
  bars: Readonly<Record<OperationKind, string>>;
  failed: string;
  line: string;
  text: string;
}

interface Placed {
  bar: LaneBar;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Draws the operations of an install over time on one canvas: a band for each kind, with parallel operations in lanes. */
export class Timeline {
  readonly element: HTMLElement;
  readonly #canvas = h("canvas", { class: "timeline", role: "img" });
  readonly #about = h("p", { class: "timeline-about note" });
  readonly #swatches = new Map(OPERATION_KINDS.map((kind) => [kind, h("i", { class: `swatch swatch-${kind}` })]));
  readonly #counts = new Map(OPERATION_KINDS.map((kind) => [kind, h("span", {})]));
  readonly #failed = h("i", { class: "swatch-failed", hidden: true });
  readonly #lanes = new TimelineLanes();
  readonly #watched = [
    new ResizeObserver((seen) => this.#resized(seen)),
    new MutationObserver(() => this.redraw()),
  ] as const;
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  /** Draws again in the next frame. */
  readonly redraw = (): void => {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#lanes.update(this.#operations);
      this.#showCounts();
      this.#draw();
    });
  };
  #operations: readonly Operation[] = [];
  #placed: Placed[] = [];
  #zero = performance.now();
  #ended: number | undefined;
  #frame = 0;
  /** Width of the canvas in CSS pixels. */
  #width = 0;

  constructor() {
    const legend = OPERATION_KINDS.map((kind) =>
      h("li", { "data-kind": kind }, this.#swatches.get(kind), `${KIND_TEXTS[kind][1]} `, this.#counts.get(kind)),
    );
    this.element = h(
      "figure",
      { class: "timeline-box" },
      h("ul", { class: "legend" }, ...legend),
      this.#failed,
      this.#canvas,
      this.#about,
    );
    this.#canvas.addEventListener("pointermove", (event) => this.#describe(event.offsetX, event.offsetY));
    this.#canvas.addEventListener("pointerleave", () => this.#describe(-1, -1));
    this.#watched[0].observe(this.#canvas);
    this.#watched[1].observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.#scheme.addEventListener("change", this.redraw);
    this.#showCounts();
    this.#describe(-1, -1);
  }

  /** Milliseconds since the install began. An estimate: see `update`. */
  get elapsed(): number {
    return this.#ended ?? performance.now() - this.#zero;
  }

  update(operations: readonly Operation[]): void {
    this.#operations = operations;
    // The install's clock has an unknown start. Take the latest start that fits the times reported so far.
    this.#zero = Math.min(this.#zero, performance.now() - latestTime(operations));
  }

  /** Stops the clock. */
  end(): void {
    this.#ended = Math.max(latestTime(this.#operations), 1);
    this.redraw();
  }

  dispose(): void {
    for (const observer of this.#watched) observer.disconnect();
    this.#scheme.removeEventListener("change", this.redraw);
    cancelAnimationFrame(this.#frame);
  }

  /** Remembers the width, because reading it while drawing would force a layout each time. */
  #resized([seen]: readonly ResizeObserverEntry[]): void {
    this.#width = seen?.contentRect.width ?? 0;
    this.redraw();
  }

  #showCounts(): void {
    const texts: string[] = [];
    for (const kind of OPERATION_KINDS) {
      const { waiting, running, done, failed, dropped } = countByState(this.#operations, kind);
      const all = waiting + running + done + failed;
      const text =
        done === all ? NUMBER_FORMAT.format(done) : `${NUMBER_FORMAT.format(done)} of ${NUMBER_FORMAT.format(all)}`;
      setChildren(this.#counts.get(kind)!, h("b", {}, text), failed ? ` ${failed} failed` : "");
      this.#counts.get(kind)!.parentElement!.hidden = kind !== "download" && all + dropped === 0;
      if (all > 0) texts.push(`${KIND_TEXTS[kind][1]}: ${text}`);
    }
    const label = texts.length > 0 ? texts.join(", ") : "None yet";
    this.#canvas.setAttribute("aria-label", `Operations over time. ${label}`);
  }

  #draw(): void {
    const width = this.#width;
    const context = this.#canvas.getContext("2d");
    if (!context || width === 0) return;
    const ratio = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(HEIGHT * ratio);
    context.scale(ratio, ratio);
    const colours = this.#colours();
    const span = Math.max(this.elapsed, SHORTEST);
    drawAxis(context, { width, span, colours });
    this.#placed = this.#layOut(width, span);
    for (const { bar, left, top, width: long, height } of this.#placed) {
      const { kind, state } = bar.operation;
      context.fillStyle = state === "failed" ? colours.failed : colours.bars[kind];
      context.globalAlpha = state === "running" ? 0.45 : state === "dropped" ? 0.2 : 1;
      context.fillRect(left, top, long, height);
    }
    context.globalAlpha = 1;
  }

  #layOut(width: number, span: number): Placed[] {
    const bands = this.#lanes.bands;
    const lanes = bands.reduce((total, band) => total + band.lanes, 0);
    const room = HEIGHT - AXIS - BAND_GAP * bands.length;
    const lane = Math.min(LANE[1], Math.max(LANE[0], room / Math.max(1, lanes)));
    const now = this.elapsed;
    const placed: Placed[] = [];
    let top = BAND_GAP / 2;
    for (const band of bands) {
      for (const bar of band.bars) {
        const { start, end } = bar.operation;
        const left = ((start ?? 0) / span) * width;
        const long = (((end ?? now) - (start ?? 0)) / span) * width;
        // Leave a gap of one pixel between lanes if they are high enough.
        const height = lane > 3 ? lane - 1 : lane;
        placed.push({ bar, left, top: top + bar.lane * lane, width: Math.max(1, long - 0.5), height });
      }
      top += band.lanes * lane + BAND_GAP;
    }
    return placed;
  }

  /** Reads the colours from elements, because `light-dark()` is resolved only for an element. */
  #colours(): Colours {
    const of = (element: Element): string => getComputedStyle(element).backgroundColor;
    const { color, borderTopColor } = getComputedStyle(this.#about);
    const bars = Object.fromEntries([...this.#swatches].map(([kind, swatch]) => [kind, of(swatch)]));
    return { bars: bars as Colours["bars"], failed: of(this.#failed), line: borderTopColor, text: color };
  }

  #describe(x: number, y: number): void {
    const hit = this.#placed.findLast(
      ({ left, top, width, height }) => x >= left - 1 && x <= left + width + 1 && y >= top && y <= top + height,
    );
    this.#about.textContent = hit ? describeOperation(hit.bar.operation) : HINT;
  }
}

/** `react@18.3.1: download, 7 kB, 12 ms, at 340 ms`. */
export function describeOperation({ kind, package: name, bytes: size, start, end, state }: Operation): string {
  const parts = [KIND_TEXTS[kind][0]];
  if (size > 0) parts.push(formatBytes(size));
  if (start !== null && end !== null) parts.push(formatDuration(end - start));
  if (state !== "done") parts.push(state);
  if (start !== null) parts.push(`at ${formatDuration(start)}`);
  return `${name}: ${parts.join(", ")}`;
}

/** Returns a table of the slowest operations, which also serves readers who cannot see the drawing. */
export function slowestTable(operations: readonly Operation[], most: number): HTMLElement {
  const took = ({ start, end }: Operation): number => (end ?? 0) - (start ?? 0);
  const ended = operations.filter(({ start, end }) => start !== null && end !== null);
  const items = ended.sort((a, b) => took(b) - took(a)).slice(0, most);
  const rows = items.map((operation) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, operation.package),
      h("td", {}, KIND_TEXTS[operation.kind][0]),
      h("td", { class: "number" }, formatBytes(operation.bytes)),
      h("td", { class: "number" }, formatDuration(took(operation))),
    ),
  );
  const heads = ["Package", "Operation", "Size", "Time"].map((text) => h("th", { scope: "col" }, text));
  return h(
    "table",
    { class: "slowest" },
    h("caption", {}, `The slowest of ${formatCount(ended.length, "operation")}`),
    h("thead", {}, h("tr", {}, ...heads)),
    h("tbody", {}, ...rows),
  );
}

function drawAxis(
  context: CanvasRenderingContext2D,
  { width, span, colours }: { width: number; span: number; colours: Colours },
): void {
  const step = niceStep((span * 80) / width);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "bottom";
  for (let at = 0; at < span; at += step) {
    const x = Math.round((at / span) * width) + 0.5;
    context.strokeStyle = colours.line;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, HEIGHT - AXIS);
    context.stroke();
    context.fillStyle = colours.text;
    const text = at < 1000 ? `${at} ms` : `${at / 1000} s`;
    if (x + 40 < width) context.fillText(at === 0 ? "0" : text, x, HEIGHT - 3);
  }
}
