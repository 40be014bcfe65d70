import { h } from "./dom.ts";

/** Rows drawn above and below the visible part, so that scrolling does not show blank rows. */
const OVERSCAN = 12;

/**
 * Draws only the visible rows of a list whose rows have the same height.
 * `draw` creates the element of a row; the list positions it.
 */
export class VirtualList {
  readonly #box: HTMLElement;
  readonly #canvas: HTMLElement;
  readonly #height: number;
  readonly #draw: (index: number) => HTMLElement;
  readonly #drawn = new Map<number, HTMLElement>();
  readonly #observer: ResizeObserver;
  #length = 0;
  #frame = 0;

  constructor(box: HTMLElement, height: number, draw: (index: number) => HTMLElement) {
    this.#box = box;
    this.#height = height;
    this.#draw = draw;
    this.#canvas = h("div", { class: "canvas", role: "presentation" });
    box.append(this.#canvas);
    box.addEventListener("scroll", () => this.#paintLater(), { passive: true });
    this.#observer = new ResizeObserver(() => this.#paintLater());
    this.#observer.observe(box);
  }

  /** Discards all drawn rows and draws again, because the rows changed. */
  reset(length: number): void {
    this.#length = length;
    this.#canvas.style.height = `${length * this.#height}px`;
    this.#drawn.clear();
    this.#canvas.replaceChildren();
    this.#paint();
  }

  /** Draws single rows again, if they are visible. */
  redraw(...indexes: number[]): void {
    for (const index of indexes) {
      const old = this.#drawn.get(index);
      if (!old) continue;
      const fresh = this.#place(index);
      old.replaceWith(fresh);
    }
  }

  /** Scrolls just far enough to show the row and one neighbour. `center` scrolls a hidden row to the middle instead. */
  reveal(index: number, center: boolean = false): void {
    const top = index * this.#height;
    const view = this.#box.clientHeight;
    const at = this.#box.scrollTop;
    const isVisible = top >= at + this.#height && top + 2 * this.#height <= at + view;
    if (!isVisible) {
      if (center) this.#box.scrollTop = top - view / 2;
      else if (top < at + this.#height) this.#box.scrollTop = top - this.#height;
      else this.#box.scrollTop = top + 2 * this.#height - view;
    }
    this.#paint();
  }

  /** How many rows fit on one page. */
  get page(): number {
    return Math.max(1, Math.floor(this.#box.clientHeight / this.#height) - 1);
  }

  dispose(): void {
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  #paintLater(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint(): void {
    const first = Math.max(0, Math.floor(this.#box.scrollTop / this.#height) - OVERSCAN);
    const shown = Math.ceil(this.#box.clientHeight / this.#height) + 2 * OVERSCAN;
    const last = Math.min(this.#length, first + shown);
    for (const [index, element] of this.#drawn) {
      if (index >= first && index < last) continue;
      element.remove();
      this.#drawn.delete(index);
    }
    const fresh: HTMLElement[] = [];
    for (let index = first; index < last; index++) {
      if (!this.#drawn.has(index)) fresh.push(this.#place(index));
    }
    this.#canvas.append(...fresh);
  }

  #place(index: number): HTMLElement {
    const element = this.#draw(index);
    element.style.transform = `translateY(${index * this.#height}px)`;
    this.#drawn.set(index, element);
    return element;
  }
}
