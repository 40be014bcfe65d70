import { byId, h, setChildren } from "../elements/dom.ts";

/** The project's files as tabs. The texts themselves live with the editor. */
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

const SUGGESTED = ["package-lock.json", ".npmrc", "packages/new/package.json"];

/** Asks for a path, or takes files from the disk; answers the files to add. */
export function askForFile(existing: readonly string[]): Promise<Record<string, string>> {
  const path = h("input", { name: "path", list: "paths", required: true, autocomplete: "off", spellcheck: "false" });
  const options = SUGGESTED.filter((name) => !existing.includes(name)).map((value) => h("option", { value }));
  const disk = h("input", { type: "file", multiple: true, "aria-label": "Files from this computer" });
  const dialog = h(
    "dialog",
    { "aria-label": "Add a file" },
    h(
      "form",
      { method: "dialog" },
      h("h2", {}, "Add a file"),
      h("label", { class: "field tall" }, h("span", {}, "Path inside the project"), path),
      h("datalist", { id: "paths" }, ...options),
      h("label", { class: "field tall" }, h("span", {}, "or from this computer"), disk),
      h(
        "p",
        { class: "dialog-end" },
        h("button", { type: "submit", value: "", formnovalidate: true }, "Cancel"),
        h("button", { type: "submit", value: "add", class: "primary" }, "Add"),
      ),
    ),
  );
  document.body.append(dialog);
  disk.addEventListener("change", () => {
    path.required = false;
    dialog.close("disk");
  });
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", async () => {
      dialog.remove();
      if (dialog.returnValue === "disk") return resolve(await readFiles(disk.files));
      const name = cleanPath(path.value);
      resolve(dialog.returnValue === "add" && name ? { [name]: starter(name) } : {});
    });
  });
}

/** Text files that were dropped or chosen, by name. */
export async function readFiles(list: FileList | null | undefined): Promise<Record<string, string>> {
  const files = [...(list ?? [])].filter((file) => file.size < 50e6);
  const texts = await Promise.all(files.map((file) => file.text()));
  return Object.fromEntries(files.map((file, i) => [cleanPath(file.name), texts[i] ?? ""]));
}

/** `./a//b/../c` → `a/b/c`: a path of the project never climbs out of it. */
function cleanPath(path: string): string {
  const parts = path.trim().split(/[\\/]+/);
  return parts.filter((part) => part !== "" && part !== "." && part !== "..").join("/");
}

function starter(path: string): string {
  if (!path.endsWith("package.json")) return path.endsWith(".json") ? "{}\n" : "";
  const folder = path.split("/").at(-2) ?? "new";
  return `${JSON.stringify({ name: folder, version: "1.0.0", dependencies: {} }, null, 2)}\n`;
}
