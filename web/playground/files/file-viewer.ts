import type { EditorView } from "@codemirror/view";
import type { FileStat, InstalledProject } from "../../../src/api/install.ts";
import { InstallError } from "../../../src/errors/failure.ts";
import { type Child, formatBytes, h, setChildren } from "../elements/dom.ts";
import { readOnlyView } from "../elements/read-only-text.ts";
import { saveFile } from "../elements/save-file.ts";
import { iconButton } from "../elements/side-panel.ts";
import { extensionOf, fileKindOf, hexDump } from "./file-kind.ts";

/** Bytes of a text file that are shown first, and the most that can be shown. */
const FIRST_BYTES = 400_000;
const MOST_BYTES = 5_000_000;

export interface FileViewerHost {
  project: Pick<InstalledProject, "readFile" | "lstat" | "stat" | "realpath">;
  /** Shows a path in the file tree. */
  go: (path: string) => void;
  /** Returns the package that a file belongs to, and a function that shows it. Undefined if it belongs to none. */
  owner: (path: string) => { name: string; show: () => void } | undefined;
  close: () => void;
}

/** Shows one file of an installed project as text, as an image or as a hex dump. */
export class FileViewer {
  readonly element: HTMLElement;
  readonly #host: FileViewerHost;
  readonly #body = h("div", { class: "viewer-body" });
  readonly #head = h("header", {});
  #view: EditorView | undefined;
  #url: string | undefined;
  /** The file that was opened last. Content that arrives for another file is ignored. */
  #path = "";

  constructor(host: FileViewerHost) {
    this.#host = host;
    this.element = h("aside", { class: "viewer", tabindex: -1 }, this.#head, this.#body);
  }

  async open(path: string): Promise<void> {
    this.#clear();
    this.#path = path;
    this.element.setAttribute("aria-label", `File ${path}`);
    const { project } = this.#host;
    try {
      const own = project.lstat(path);
      const stat = own.kind === "link" ? project.stat(path) : own;
      this.#heading(path, own, stat);
      if (stat.kind === "directory") {
        setChildren(this.#body, h("p", { class: "nothing" }, "This is a link to a folder."));
        return;
      }
      this.element.setAttribute("aria-busy", "true");
      const content = await project.readFile(path);
      if (this.#path !== path) return;
      this.#show(path, content, FIRST_BYTES);
    } catch (error) {
      if (this.#path === path) this.#failed(error);
    }
    this.element.removeAttribute("aria-busy");
  }

  dispose(): void {
    this.#clear();
  }

  #clear(): void {
    this.#path = "";
    this.#view?.destroy();
    this.#view = undefined;
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = undefined;
    setChildren(this.#body);
  }

  #heading(path: string, own: FileStat, stat: FileStat): void {
    const { owner, go, close, project } = this.#host;
    const real = own.kind === "link" ? project.realpath(path) : path;
    const of = owner(real);
    const facts: Child[] = [];
    if (own.kind === "link") {
      const text = `→ ${own.target ?? real}`;
      facts.push(h("button", { type: "button", class: "link mono", title: real, onclick: () => go(real) }, text));
    }
    if (stat.kind === "file") facts.push(h("span", {}, formatBytes(stat.size)));
    if (stat.kind === "file") facts.push(h("span", { class: "mono", title: "File mode" }, stat.mode.toString(8)));
    if (of) facts.push(h("button", { type: "button", class: "link", onclick: of.show }, of.name));
    const save = iconButton("download", "Download this file", () => void this.#save(path));
    save.hidden = stat.kind !== "file";
    const name = path.slice(path.lastIndexOf("/") + 1);
    setChildren(
      this.#head,
      h(
        "div",
        { class: "viewer-name" },
        h("h2", { title: path }, name),
        h("p", { class: "note viewer-facts" }, ...facts),
      ),
      save,
      iconButton("close", "Close", close),
    );
  }

  #show(path: string, content: Uint8Array, limit: number): void {
    if (content.length === 0) {
      setChildren(this.#body, h("p", { class: "nothing" }, "This file is empty."));
      return;
    }
    const found = fileKindOf(path, content);
    switch (found.kind) {
      case "image":
        this.#image(path, content, found.type);
        break;
      case "binary":
        setChildren(
          this.#body,
          h("p", { class: "nothing" }, `Binary file: ${found.why}. Its first bytes are:`),
          h("pre", { class: "hex", tabindex: 0, "aria-label": "First bytes in hexadecimal" }, hexDump(content)),
        );
        break;
      case "text":
        this.#text(path, content, limit);
        break;
      default:
        found satisfies never;
    }
  }

  #image(path: string, content: Uint8Array, type: string): void {
    this.#url = URL.createObjectURL(new Blob([content as Uint8Array<ArrayBuffer>], { type }));
    const about = h("p", { class: "note" });
    const image = h("img", { alt: `Image ${path}`, src: this.#url });
    image.addEventListener("load", () => setChildren(about, `${image.naturalWidth} × ${image.naturalHeight}`));
    image.addEventListener("error", () => setChildren(about, "The browser cannot show this image."));
    const asText = h("button", { type: "button", class: "quiet" }, "Show as text");
    asText.addEventListener("click", () => this.#text(path, content, FIRST_BYTES));
    setChildren(this.#body, h("div", { class: "image-box" }, image), about, type === "image/svg+xml" ? asText : null);
  }

  #text(path: string, content: Uint8Array, limit: number): void {
    this.#view?.destroy();
    const cut = content.length > limit;
    // The cut may split the last character. In stream mode, the decoder leaves an incomplete character out.
    const doc = new TextDecoder().decode(cut ? content.subarray(0, limit) : content, { stream: cut });
    const holder = h("div", { class: "viewer-text" });
    setChildren(this.#body, cut ? this.#more(path, content) : null, holder);
    const isJson = extensionOf(path) === "json" && !cut;
    this.#view = readOnlyView(holder, { text: doc, label: path, isJson });
  }

  #more(path: string, content: Uint8Array): HTMLElement {
    const all = h("button", { type: "button", onclick: () => this.#text(path, content, MOST_BYTES) }, "Show all");
    const note = `Showing the first ${formatBytes(FIRST_BYTES)} of ${formatBytes(content.length)}.`;
    const tooLong = content.length > MOST_BYTES;
    return h("p", { class: "viewer-cut note" }, note, " ", tooLong ? "Download the file to see the rest." : all);
  }

  async #save(path: string): Promise<void> {
    try {
      const content = await this.#host.project.readFile(path);
      saveFile(new Blob([content as Uint8Array<ArrayBuffer>]), path.slice(path.lastIndexOf("/") + 1));
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const code = error instanceof InstallError ? `${error.code}: ` : "";
    const message = error instanceof Error ? error.message : String(error);
    setChildren(this.#body, h("p", { class: "notice", role: "alert" }, `Cannot read this file. ${code}${message}`));
  }
}
