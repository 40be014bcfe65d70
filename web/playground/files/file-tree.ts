import type { InstalledProject } from "../../../src/api/install.ts";
import { type Child, formatBytes, h } from "../elements/dom.ts";
import { RowTree } from "../elements/row-tree.ts";
import { type FileRow, FileRows } from "./file-rows.ts";

export interface FileTreeHost {
  project: Pick<InstalledProject, "readdir" | "lstat">;
  /** Returns the version of the package whose folder this is. */
  versionAt: (path: string) => string | undefined;
  /** Called when a file or a link is selected. */
  open: (path: string) => void;
}

/** The installed folders and files as a tree. */
export class FileTree {
  readonly element: HTMLElement;
  readonly model: FileRows;
  readonly #host: FileTreeHost;
  readonly #rows: RowTree<FileRow>;
  #selected = "";

  constructor(host: FileTreeHost) {
    this.#host = host;
    this.model = new FileRows(host.project);
    this.#rows = new RowTree({
      label: "Installed files",
      idPrefix: "file",
      rows: () => this.model.rows,
      foldable: () => !this.model.filtered,
      nameOf: ({ name }) => name,
      draw: (row) => this.#draw(row),
      toggle: ({ path }, open) => this.model.toggle(path, open),
      select: (row, index) => this.#select(row, index),
    });
    this.element = this.#rows.element;
    this.refresh();
  }

  /** Draws the rows again after they changed. */
  refresh(): void {
    this.#rows.refresh();
  }

  /** Shows the files that a search found; null shows the folders again, with the selected file in sight. */
  show(found: readonly string[] | null): void {
    this.model.show(found);
    this.element.scrollTop = 0;
    this.#rows.refresh(0);
    if (!found && this.#selected) this.locate(this.#selected);
  }

  /** Shows and selects the row of a path, and opens it if it is a folder. Returns false if the path does not exist. */
  locate(path: string): boolean {
    const index = this.model.reveal(path);
    this.#selected = index >= 0 ? path : "";
    this.refresh();
    if (index >= 0) this.#rows.move(index, true);
    return index >= 0;
  }

  dispose(): void {
    this.#rows.dispose();
  }

  #draw(row: FileRow): { classes: string; selected: boolean; title: string; children: Child[] } {
    const { kind, size, target, mode } = this.#host.project.lstat(row.path);
    const version = row.isFolder ? this.#host.versionAt(row.path) : undefined;
    const isExecutable = kind === "file" && (mode & 0o111) !== 0;
    const children = [
      h("span", { class: "row-name" }, row.name),
      this.model.filtered && h("span", { class: "row-version row-folder" }, displayFolder(row)),
      version && h("span", { class: "row-version" }, version),
      target !== undefined && h("span", { class: "row-version" }, `→ ${target}`),
      isExecutable && h("span", { class: "badge", title: "Marked as a program that can be run" }, "executable"),
      h("span", { class: "row-for" }, kind === "file" ? formatBytes(size) : ""),
    ];
    return { classes: `file-row file-${kind}`, selected: row.path === this.#selected, title: row.path, children };
  }

  /** Opens or closes a folder; selects a file. */
  #select({ path, isFolder }: FileRow, index: number): void {
    if (isFolder) {
      this.model.toggle(path);
      this.#rows.refresh(index);
      return;
    }
    const before = this.model.rows.findIndex((row) => row.path === this.#selected);
    this.#selected = path;
    this.#rows.redraw(before, index);
    this.#host.open(path);
  }
}

/** Returns the folder of a search result: `react/cjs` for `node_modules/react/cjs/react.js`. */
function displayFolder({ path, name }: FileRow): string {
  return path.slice(0, -name.length - 1).replace(/^node_modules\//, "");
}
