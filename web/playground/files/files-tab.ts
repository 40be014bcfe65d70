import type { InstalledProject } from "../../../src/api/install.ts";
import { nextTurn } from "../../../workers/host/yield.ts";
import { formatBytes, formatCount, h, icon, setChildren } from "../elements/dom.ts";
import { saveFile } from "../elements/save-file.ts";
import { PanelHolder } from "../elements/side-panel.ts";
import { type ArchiveKind, packArchive } from "./archive.ts";
import { searchFiles } from "./file-search.ts";
import { FileTree } from "./file-tree.ts";
import { FileViewer } from "./file-viewer.ts";

export interface FilesHost {
  versionAt: (path: string) => string | undefined;
  owner: (path: string) => { name: string; show: () => void } | undefined;
}

/** The tab with the installed files: a tree, a search, a viewer for one file, and downloads of all files as an archive. */
export class FilesTab {
  readonly element: HTMLElement;
  readonly #project: InstalledProject;
  readonly #tree: FileTree;
  readonly #viewer: FileViewer;
  readonly #found = h("span", { class: "note", role: "status" });
  readonly #search: HTMLInputElement;
  readonly #holder: PanelHolder;
  #paths: readonly string[] | undefined;
  #searching: AbortController | undefined;
  #packing: AbortController | undefined;

  constructor(project: InstalledProject, { versionAt, owner }: FilesHost) {
    this.#project = project;
    this.#tree = new FileTree({ project, versionAt, open: (path) => this.#open(path) });
    this.#viewer = new FileViewer({ project, owner, go: (path) => this.go(path), close: () => this.#holder.close() });
    this.#search = h("input", {
      type: "search",
      placeholder: "Filter: *.d.ts, react/**, license",
      "aria-label": "Filter files by a glob or part of the path",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => void this.#filter(),
    });
    const tools = h(
      "div",
      { class: "tree-tools" },
      h("div", { class: "tree-line" }, this.#search),
      h("div", { class: "tree-line" }, this.#pack("zip"), this.#pack("tgz"), this.#found),
    );
    const pane = h("div", { class: "tree-pane" }, tools, this.#tree.element);
    this.#holder = new PanelHolder(() => {
      this.#viewer.dispose();
      this.#tree.element.focus();
    });
    this.element = this.#holder.element;
    this.element.classList.add("files-pane");
    this.element.append(pane);
    this.#tree.model.toggle("node_modules", true);
    this.#tree.refresh();
    this.#count();
  }

  /** Shows a folder or a file and moves the focus to it. */
  go(path: string): void {
    this.#clearSearch();
    this.#tree.locate(path);
    const { kind } = this.#project.lstat(path);
    if (kind !== "directory") this.#open(path);
    this.#tree.element.focus();
  }

  /** Called when the tab is shown. */
  shown(): void {
    this.#tree.refresh();
  }

  dispose(): void {
    this.#searching?.abort();
    this.#packing?.abort();
    this.#tree.dispose();
    this.#viewer.dispose();
  }

  #open(path: string): void {
    this.#holder.show(this.#viewer.element);
    void this.#viewer.open(path);
  }

  #clearSearch(): void {
    this.#searching?.abort();
    this.#search.value = "";
    this.#count();
  }

  #count(found?: number): void {
    const { files, bytes: size } = this.#project.report;
    setChildren(
      this.#found,
      found === undefined
        ? `${formatCount(files, "file")}, ${formatBytes(size)}`
        : `${found.toLocaleString("en")} of ${formatCount(this.#paths?.length ?? 0, "file")}`,
    );
  }

  async #filter(): Promise<void> {
    this.#searching?.abort();
    const controller = new AbortController();
    this.#searching = controller;
    const text = this.#search.value.trim();
    if (text === "") {
      this.#tree.show(null);
      this.#count();
      return;
    }
    this.#paths ??= this.#project.paths();
    const found = await searchFiles(this.#paths, text, { signal: controller.signal, turn: nextTurn });
    if (!found) return;
    this.#tree.show(found);
    this.#count(found.length);
  }

  /** Returns a button that downloads all files as an archive and shows its progress. A second click stops it. */
  #pack(kind: ArchiveKind): HTMLElement {
    const label = h("span", {}, `.${kind}`);
    const words = kind === "zip" ? "Download all files as .zip (not compressed)" : "Download all files as .tgz";
    const button = h("button", { type: "button", "aria-label": words, title: words }, icon("download"), label);
    let running: AbortController | undefined;
    button.addEventListener("click", async () => {
      if (running) {
        running.abort();
        return;
      }
      this.#packing?.abort();
      running = new AbortController();
      this.#packing = running;
      const { signal } = running;
      button.setAttribute("aria-label", `Stop the download of .${kind}`);
      try {
        const onBytes = (size: number): void => setChildren(label, `Stop (${formatBytes(size)})`);
        saveFile(await packArchive(this.#project, kind, { signal, onBytes }), `node_modules.${kind}`);
      } catch (error) {
        if (!signal.aborted)
          setChildren(this.#found, `Download failed: ${error instanceof Error ? error.message : error}`);
      }
      running = undefined;
      button.setAttribute("aria-label", words);
      setChildren(label, `.${kind}`);
    });
    return button;
  }
}
