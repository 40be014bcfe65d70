import type { InstalledProject } from "../../../src/api/install.ts";
import { formatBytes, h, icon } from "../elements/dom.ts";
import { TreeKeyboard } from "../elements/tree-keys.ts";
import { VirtualList } from "../elements/virtual-list.ts";
import { type FileRow, FileRows } from "./file-rows.ts";

const ROW_HEIGHT = 28;

export interface FileTreeHost {
  project: Pick<InstalledProject, "readdir" | "lstat">;
  /** Of the package whose folder this is. */
  versionAt: (path: string) => string | undefined;
  /** A file or link was chosen. */
  open: (path: string) => void;
}

/** The installed folders: drawn where they are in sight, one tab stop, walked by keys. */
export class FileTree {
  readonly element: HTMLElement;
  readonly model: FileRows;
  readonly #host: FileTreeHost;
  readonly #list: VirtualList;
  #active = 0;
  #selected = "";

  constructor(host: FileTreeHost) {
    this.#host = host;
    this.model = new FileRows(host.project);
    const keys = new TreeKeyboard({
      rows: () => this.model.rows,
      active: () => this.#active,
      page: () => this.#list.page,
      foldable: () => !this.model.filtered,
      nameAt: (index) => this.model.rows[index]?.name ?? "",
      move: (index) => this.#move(index),
      toggle: (index, open) => this.#toggle(index, open),
      select: (index) => this.#select(index),
    });
    this.element = h("div", {
      class: "tree",
      role: "tree",
      tabindex: 0,
      "aria-label": "Installed files",
      onkeydown: (event) => keys.handle(event as KeyboardEvent),
      onclick: (event) => this.#click(event as MouseEvent),
    });
    this.#list = new VirtualList(this.element, ROW_HEIGHT, (index) => this.#row(index));
    this.refresh();
  }

  /** The rows have changed. */
  refresh(): void {
    this.#active = Math.max(0, Math.min(this.#active, this.model.rows.length - 1));
    this.#list.reset(this.model.rows.length);
    this.#point();
  }

  /** What a search has found, from its first row; null shows folders again, where the selected file stands. */
  show(found: readonly string[] | null): void {
    this.model.show(found);
    this.#active = 0;
    this.element.scrollTop = 0;
    if (!found && this.#selected) this.locate(this.#selected);
    else this.refresh();
  }

  /** Shows where a path stands, opened if it is a folder, and marks it. False where there is no such path. */
  locate(path: string): boolean {
    const index = this.model.reveal(path);
    this.#selected = index >= 0 ? path : "";
    this.refresh();
    if (index >= 0) this.#move(index, true);
    return index >= 0;
  }

  dispose(): void {
    this.#list.dispose();
  }

  #point(): void {
    if (this.model.rows.length > 0) this.element.setAttribute("aria-activedescendant", `file-${this.#active}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #row(index: number): HTMLElement {
    const row = this.model.rows[index];
    if (!row) return h("div");
    const { kind, size, target, mode } = this.#host.project.lstat(row.path);
    const version = row.isFolder ? this.#host.versionAt(row.path) : undefined;
    const twisty = row.expandable ? h("span", { class: "twisty", "data-twisty": true }, icon("chevron")) : h("span");
    const isCommand = kind === "file" && (mode & 0o111) !== 0;
    const element = h(
      "div",
      {
        id: `file-${index}`,
        class: `row file-row file-${kind}${index === this.#active ? " active" : ""}`,
        role: "treeitem",
        "data-index": index,
        title: row.path,
        "aria-level": row.level,
        "aria-posinset": row.position,
        "aria-setsize": row.siblings,
        "aria-expanded": row.expandable ? String(row.expanded) : undefined,
        "aria-selected": String(row.path === this.#selected),
      },
      twisty,
      h("span", { class: "row-name" }, row.name),
      this.model.filtered && h("span", { class: "row-version row-folder" }, shownFolder(row)),
      version && h("span", { class: "row-version" }, version),
      target !== undefined && h("span", { class: "row-version" }, `→ ${target}`),
      isCommand && h("span", { class: "badge", title: "It can be run" }, "executable"),
      h("span", { class: "row-for" }, kind === "file" ? formatBytes(size) : ""),
    );
    element.style.setProperty("--level", String(row.level - 1));
    return element;
  }

  #click(event: MouseEvent): void {
    const index = Number((event.target as Element).closest("[data-index]")?.getAttribute("data-index") ?? -1);
    if (index < 0) return;
    this.#move(index);
    this.#select(index);
  }

  #toggle(index: number, open?: boolean): void {
    const row = this.model.rows[index];
    if (!row?.expandable) return;
    this.model.toggle(row.path, open);
    this.#active = index;
    this.refresh();
  }

  /** Folders open and close; all else is shown. */
  #select(index: number): void {
    const row = this.model.rows[index];
    if (!row) return;
    if (row.isFolder) {
      this.#toggle(index);
      return;
    }
    const before = this.model.rows.findIndex(({ path }) => path === this.#selected);
    this.#selected = row.path;
    this.#list.redraw(before, index);
    this.#host.open(row.path);
  }

  #move(index: number, center: boolean = false): void {
    const before = this.#active;
    this.#active = Math.max(0, Math.min(index, this.model.rows.length - 1));
    this.#list.reveal(this.#active, center);
    this.#list.redraw(before, this.#active);
    this.#point();
  }
}

/** Where a file that was found lies: `react/cjs` of `node_modules/react/cjs/react.js`. */
function shownFolder({ path, name }: FileRow): string {
  return path.slice(0, -name.length - 1).replace(/^node_modules\//, "");
}
