/** Milliseconds within which typed letters form one word. */
const TYPE_AHEAD = 700;

export interface KeyboardRow {
  readonly level: number;
  readonly expandable: boolean;
  readonly expanded: boolean;
}

/** A tree that the keyboard can control. */
export interface KeyboardTree {
  rows: () => readonly KeyboardRow[];
  active: () => number;
  /** Returns how many rows fit on one page. */
  page: () => number;
  /** Checks whether rows can be opened and closed now. A search result cannot. */
  foldable: () => boolean;
  nameAt: (index: number) => string;
  move: (index: number) => void;
  toggle: (index: number, open: boolean) => void;
  select: (index: number) => void;
}

/** Handles the keys of the ARIA tree pattern: arrows, Home, End, Page Up and Down, Enter, Space, and letters that jump to a name. */
export class TreeKeyboard {
  readonly #tree: KeyboardTree;
  #typed = "";
  #typedAt = 0;

  constructor(tree: KeyboardTree) {
    this.#tree = tree;
  }

  handle(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.#tree.rows()[this.#tree.active()];
    if (!row) return;
    if (!this.#act(event.key, row) && !this.#type(event.key)) return;
    event.preventDefault();
  }

  #act(key: string, row: KeyboardRow): boolean {
    const tree = this.#tree;
    const to = this.#destination(key);
    if (to !== undefined) {
      tree.move(to);
      return true;
    }
    switch (key) {
      case "ArrowRight":
        if (row.expandable && !row.expanded) tree.toggle(tree.active(), true);
        else if (row.expanded) tree.move(tree.active() + 1);
        return true;
      case "ArrowLeft":
        if (row.expanded && tree.foldable()) tree.toggle(tree.active(), false);
        else tree.move(this.#parentIndex(row));
        return true;
      case "Enter":
      case " ":
        tree.select(tree.active());
        return true;
      default:
        return false;
    }
  }

  /** Returns the index that a key moves to, or undefined if the key does not move. */
  #destination(key: string): number | undefined {
    const { rows, page } = this.#tree;
    const active = this.#tree.active();
    switch (key) {
      case "ArrowDown":
        return active + 1;
      case "ArrowUp":
        return active - 1;
      case "PageDown":
        return active + page();
      case "PageUp":
        return active - page();
      case "Home":
        return 0;
      case "End":
        return rows().length - 1;
      default:
        return undefined;
    }
  }

  #parentIndex(row: KeyboardRow): number {
    const rows = this.#tree.rows();
    for (let at = this.#tree.active(); at > 0; at--) if ((rows[at]?.level ?? 0) < row.level) return at;
    return 0;
  }

  /** Moves to the next name that starts with the letters typed in quick succession. */
  #type(key: string): boolean {
    if (key.length !== 1) return false;
    const now = performance.now();
    this.#typed = (now - this.#typedAt < TYPE_AHEAD ? this.#typed : "") + key.toLowerCase();
    this.#typedAt = now;
    const { nameAt } = this.#tree;
    const { length } = this.#tree.rows();
    const active = this.#tree.active();
    // The first letter starts at the next row; further letters may stay at the same row.
    const start = this.#typed.length === 1 ? 1 : 0;
    for (let step = start; step <= length; step++) {
      const index = (active + step) % length;
      if (nameAt(index).toLowerCase().startsWith(this.#typed)) {
        this.#tree.move(index);
        break;
      }
    }
    return true;
  }
}
