import { byId, h, setChildren } from "../elements/dom.ts";
import { askInDialog } from "../elements/form-dialog.ts";

/** The tabs of the project's files. The editor holds their texts. */
export class FileTabs {
  readonly #bar = byId("files");
  readonly #onOpen: (path: string) => void;
  readonly #onRemove: (path: string) => void;
  #paths: string[] = [];
  #open = "";

  constructor(onOpen: (path: string) => void, onRemove: (path: string) => void) {
    this.#onOpen = onOpen;
    this.#onRemove = onRemove;
    this.#bar.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows these files; `open` is the selected one. */
  show(paths: readonly string[], open: string): void {
    this.#paths = [...paths];
    this.#open = open;
    setChildren(this.#bar, ...this.#paths.map((path) => this.#tab(path)));
    this.#bar
      .querySelector<HTMLElement>("[aria-selected=true]")
      ?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #tab(path: string): HTMLElement {
    const selected = path === this.#open;
    const tab = h(
      "button",
      {
        type: "button",
        role: "tab",
        "aria-selected": String(selected),
        "aria-controls": "editor",
        tabindex: selected ? 0 : -1,
        onclick: () => this.#onOpen(path),
      },
      path,
    );
    if (path === "package.json") return tab;
    const remove = h("button", {
      type: "button",
      class: "tab-close",
      "aria-label": `Remove ${path}`,
      tabindex: selected ? 0 : -1,
      onclick: () => this.#onRemove(path),
    });
    remove.textContent = "×";
    return h("span", { class: "tab-with-close", role: "presentation" }, tab, remove);
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Delete" && this.#open !== "package.json") this.#onRemove(this.#open);
    if (!step) return;
    const count = this.#paths.length;
    const next = this.#paths[(this.#paths.indexOf(this.#open) + step + count) % count];
    if (next === undefined) return;
    event.preventDefault();
    this.#onOpen(next);
    this.#bar.querySelector<HTMLElement>("[role=tab][aria-selected=true]")?.focus();
  }
}

const SUGGESTED_PATHS = ["package-lock.json", ".npmrc", "packages/new/package.json"];

/** Asks for a new file: a path, or files from the computer. Returns the files to add; none if the dialog is cancelled. */
export async function askForFiles(existing: readonly string[]): Promise<Record<string, string>> {
  const path = h("input", { name: "path", list: "paths", required: true, autocomplete: "off", spellcheck: "false" });
  const options = SUGGESTED_PATHS.filter((name) => !existing.includes(name)).map((value) => h("option", { value }));
  const upload = h("input", { type: "file", multiple: true, "aria-label": "Files from this computer" });
  const fields = [
    h("label", { class: "field tall" }, h("span", {}, "Path in the project"), path),
    h("datalist", { id: "paths" }, ...options),
    h("label", { class: "field tall" }, h("span", {}, "or upload files"), upload),
  ];
  const answer = await askInDialog("Add a file", "Add", fields, (close) => {
    upload.addEventListener("change", () => close("upload"));
  });
  if (answer === "upload") return readFiles(upload.files);
  const name = cleanPath(path.value);
  return answer === "ok" && name ? { [name]: starterText(name) } : {};
}

/** Reads text files that were dropped or uploaded, by name. Files over 50 MB are left out. */
export async function readFiles(list: FileList | null | undefined): Promise<Record<string, string>> {
  const files = [...(list ?? [])].filter((file) => file.size < 50e6);
  const texts = await Promise.all(files.map((file) => file.text()));
  return Object.fromEntries(files.map((file, i) => [cleanPath(file.name), texts[i] ?? ""]));
}

/** Turns `./a//b/../c` into `a/b/c`, so that no path leaves the project. */
function cleanPath(path: string): string {
  const parts = path.trim().split(/[\\/]+/);
  return parts.filter((part) => part !== "" && part !== "." && part !== "..").join("/");
}

/** Returns the initial text of a new file. */
function starterText(path: string): string {
  if (!path.endsWith("package.json")) return path.endsWith(".json") ? "{}\n" : "";
  const folder = path.split("/").at(-2) ?? "new";
  return `${JSON.stringify({ name: folder, version: "1.0.0", dependencies: {} }, null, 2)}\n`;
}
