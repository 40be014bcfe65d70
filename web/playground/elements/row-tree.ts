import { type Child, h, icon } from "./dom.ts";
import { type KeyboardRow, TreeKeyboard } from "./tree-keyboard.ts";
import { VirtualList } from "./virtual-list.ts";

const ROW_HEIGHT = 28;

/** A visible row. `level` and `position` count from 1; `position` is its place among `siblings`. */
export interface TreeRow extends KeyboardRow {
  readonly position: number;
  readonly siblings: number;
}

export interface RowTreeHost<R extends TreeRow> {
  /** Accessible name of the tree. */
  label: string;
  /** Prefix of the rows' element ids. */
  idPrefix: string;
  rows: () => readonly R[];
  /** Checks whether rows can be opened and closed now. A search result cannot. */
  foldable: () => boolean;
  /** Returns the name that typed letters jump to. */
  nameOf: (row: R) => string;
  /** Returns the looks of a row: its classes, whether it is selected, its tooltip and what it shows after the arrow. */
  draw: (row: R) => { classes: string; selected: boolean; title?: string; children: Child[] };
  toggle: (row: R, open?: boolean) => void;
  select: (row: R, index: number) => void;
}

/**
 * A tree of rows that follows the ARIA tree pattern: one tab stop, arrow keys, and `aria-activedescendant` for the active row.
 * Only the rows in sight are drawn. The host decides what the rows are and what they look like.
 */
export class RowTree<R extends TreeRow> {
  readonly element: HTMLElement;
  readonly #host: RowTreeHost<R>;
  readonly #list: VirtualList;
  #active = 0;

  constructor(host: RowTreeHost<R>) {
    this.#host = host;
    const keys = new TreeKeyboard({
      rows: host.rows,
      active: () => this.#active,
      page: () => this.#list.page,
      foldable: host.foldable,
      nameAt: (index) => {
        const row = host.rows()[index];
        return row ? host.nameOf(row) : "";
      },
      move: (index) => this.move(index),
      toggle: (index, open) => this.#toggle(index, open),
      select: (index) => this.#select(index),
    });
    this.element = h("div", {
      class: "tree",
      role: "tree",
      tabindex: 0,
      "aria-label": host.label,
      onkeydown: (event) => keys.handle(event as KeyboardEvent),
      onclick: (event) => this.#click(event as MouseEvent),
    });
    this.#list = new VirtualList(this.element, ROW_HEIGHT, (index) => this.#row(index));
  }

  /** Index of the row that the keyboard acts on. */
  get active(): number {
    return this.#active;
  }

  /** Draws all rows again after they changed. `active` becomes the active row. */
  refresh(active: number = this.#active): void {
    const { length } = this.#host.rows();
    this.#active = Math.max(0, Math.min(active, length - 1));
    this.#list.reset(length);
    this.#markActive();
  }

  /** Draws single rows again. Indexes out of sight are ignored. */
  redraw(...indexes: number[]): void {
    this.#list.redraw(...indexes);
  }

  /** Makes a row the active one and scrolls it into view. */
  move(index: number, center: boolean = false): void {
    const before = this.#active;
    this.#active = Math.max(0, Math.min(index, this.#host.rows().length - 1));
    this.#list.reveal(this.#active, center);
    this.#list.redraw(before, this.#active);
    this.#markActive();
  }

  dispose(): void {
    this.#list.dispose();
  }

  #markActive(): void {
    const id = `${this.#host.idPrefix}-${this.#active}`;
    if (this.#host.rows().length > 0) this.element.setAttribute("aria-activedescendant", id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #row(index: number): HTMLElement {
    const row = this.#host.rows()[index];
    if (!row) return h("div");
    const { classes, selected, title, children } = this.#host.draw(row);
    const arrow = row.expandable ? h("span", { class: "twisty", "data-twisty": true }, icon("chevron")) : h("span");
    const element = h(
      "div",
      {
        id: `${this.#host.idPrefix}-${index}`,
        class: `row ${classes}${index === this.#active ? " active" : ""}`,
        role: "treeitem",
        "data-index": index,
        title,
        "aria-level": row.level,
        "aria-posinset": row.position,
        "aria-setsize": row.siblings,
        "aria-expanded": row.expandable ? String(row.expanded) : undefined,
        "aria-selected": String(selected),
      },
      arrow,
      ...children,
    );
    element.style.setProperty("--level", String(row.level - 1));
    return element;
  }

  #click(event: MouseEvent): void {
    const target = event.target as Element;
    const index = Number(target.closest("[data-index]")?.getAttribute("data-index") ?? -1);
    if (index < 0) return;
    if (target.closest("[data-twisty]")) {
      this.#toggle(index);
      return;
    }
    this.move(index);
    this.#select(index);
  }

  #toggle(index: number, open?: boolean): void {
    const row = this.#host.rows()[index];
    if (!row?.expandable || !this.#host.foldable()) return;
    this.#host.toggle(row, open);
    this.refresh(index);
  }

  #select(index: number): void {
    const row = this.#host.rows()[index];
    if (row) this.#host.select(row, index);
  }
}
