import type { EditorView } from "@codemirror/view";
import { formatBytes, formatCount, h, icon, setChildren } from "../elements/dom.ts";
import { copyButton, readOnlyView } from "../elements/read-only-text.ts";
import { saveFile } from "../elements/save-file.ts";

/** The files that npm would have written. They can be read, copied, downloaded or added to the project. */
export class LockfileView {
  readonly element: HTMLElement;
  readonly #files: Readonly<Record<string, string>>;
  readonly #body = h("div", { class: "lock-text" });
  readonly #size = h("span", { class: "note" });
  #view: EditorView | undefined;
  #path: string;

  constructor(files: Readonly<Record<string, string>>, keep: (path: string, text: string) => void) {
    this.#files = files;
    const paths = Object.keys(files);
    this.#path = paths.find((path) => path.endsWith("package-lock.json")) ?? paths[0] ?? "";
    const select = h("select", { "aria-label": "File" }, ...paths.map((path) => h("option", { value: path }, path)));
    select.value = this.#path;
    select.addEventListener("change", () => this.#show(select.value));
    const name = paths.length > 1 ? select : h("strong", { class: "mono" }, this.#path);
    this.element = h(
      "div",
      { class: "lock-pane" },
      h(
        "div",
        { class: "lock-tools" },
        name,
        this.#size,
        h("span", { class: "spring" }),
        this.#button("Add to project", null, () => keep(this.#path, this.#text)),
        copyButton(() => this.#text),
        this.#button("Download", "download", () => this.#download()),
      ),
      this.#body,
    );
  }

  get #text(): string {
    return this.#files[this.#path] ?? "";
  }

  /** Draws the text when the tab is first shown, because a lockfile may have 60,000 lines. */
  open(): void {
    if (!this.#view) this.#show(this.#path);
  }

  dispose(): void {
    this.#view?.destroy();
  }

  #show(path: string): void {
    this.#path = path;
    this.#view?.destroy();
    this.#view = readOnlyView(this.#body, { text: this.#text, label: path, isJson: true });
    const size = new TextEncoder().encode(this.#text).length;
    setChildren(this.#size, `${formatCount(this.#view.state.doc.lines, "line")}, ${formatBytes(size)}`);
  }

  #button(text: string, name: "download" | null, press: () => void): HTMLElement {
    return h("button", { type: "button", onclick: press }, name && icon(name), h("span", {}, text));
  }

  #download(): void {
    const name = this.#path.split("/").at(-1) ?? "package-lock.json";
    saveFile(new Blob([this.#text], { type: "application/json" }), name);
  }
}
