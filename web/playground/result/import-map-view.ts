import type { EditorView } from "@codemirror/view";
import type { Failure } from "../../../src/api/failure.ts";
import type { ImportMap, ImportMapOptions } from "../../../src/api/flat.ts";
import type { InstalledProject } from "../../../src/api/install.ts";
import type { Resolution } from "../../../src/api/resolve.ts";
import { formatBytes, formatCount, h, icon, scrollRegion, setChildren } from "../elements/dom.ts";
import { copyButton, readOnlyView } from "../elements/read-only-text.ts";
import { saveFile } from "../elements/save-file.ts";
import { toFailure } from "../run/project-runner.ts";

const INSTALLED_FILES = "installed";
const CDN_PROVIDERS: readonly (readonly [string, string])[] = [
  ["esm.sh", "esm.sh"],
  ["jsdelivr", "jsDelivr"],
  ["unpkg", "unpkg"],
  ["jspm", "JSPM"],
];

export interface ImportMapHost {
  resolution: Resolution;
  /** The installed project, if there is one. */
  project: InstalledProject | undefined;
  problem: (failure: Failure) => HTMLElement;
}

/** The import map of a resolution: a choice of CDN, the text, and the text as a script tag. */
export class ImportMapView {
  readonly element: HTMLElement;
  readonly #host: ImportMapHost;
  readonly #provider: HTMLSelectElement;
  readonly #base = h("input", { type: "text", value: "/", spellcheck: "false", autocomplete: "off" });
  readonly #baseField = h("label", { class: "field" }, h("span", {}, "Base URL"), this.#base);
  readonly #asTag = h("input", { type: "checkbox" });
  readonly #size = h("span", { class: "note", role: "status" });
  readonly #body = h("div", { class: "lock-text" });
  readonly #save: readonly HTMLButtonElement[];
  #view: EditorView | undefined;
  #map: ImportMap | undefined;
  /** Counts requests, so that a late answer to an earlier one is not shown. */
  #requests = 0;

  constructor(host: ImportMapHost) {
    this.#host = host;
    const offered = host.project
      ? [[INSTALLED_FILES, "the installed files"] as const, ...CDN_PROVIDERS]
      : CDN_PROVIDERS;
    const options = offered.map(([value, text]) => h("option", { value }, text));
    this.#provider = h("select", { onchange: () => void this.#request() }, ...options);
    this.#base.addEventListener("change", () => void this.#request());
    this.#asTag.addEventListener("change", () => this.#draw());
    const download = h("button", { type: "button", onclick: () => this.#download() }, icon("download"), "Download");
    this.#save = [copyButton(() => this.#text), download];
    this.element = h(
      "div",
      { class: "lock-pane" },
      h(
        "div",
        { class: "lock-tools" },
        h("label", { class: "field" }, h("span", {}, "Modules from"), this.#provider),
        this.#baseField,
        h("label", { class: "check" }, this.#asTag, h("span", {}, h("code", {}, "<script>"), " tag")),
        this.#size,
        h("span", { class: "spring" }),
        h("span", { class: "save" }, ...this.#save),
      ),
      this.#body,
    );
  }

  /** Makes the map when the tab is first shown. */
  open(): void {
    if (this.#requests === 0) void this.#request();
  }

  dispose(): void {
    this.#requests++;
    this.#view?.destroy();
  }

  get #text(): string {
    if (!this.#map) return "";
    const text = JSON.stringify(this.#map, null, 2);
    if (!this.#asTag.checked) return `${text}\n`;
    // A package name must not be able to end the script, so `</script>` is written as `\u003c/script>`.
    return `<script type="importmap">\n${text.replaceAll("<", "\\u003c")}\n</script>\n`;
  }

  get #options(): ImportMapOptions {
    const { project } = this.#host;
    const provider = this.#provider.value;
    if (provider !== INSTALLED_FILES || !project) return { provider };
    return { provider: project, base: this.#base.value || "/" };
  }

  async #request(): Promise<void> {
    const request = ++this.#requests;
    this.#baseField.hidden = this.#provider.value !== INSTALLED_FILES;
    this.#body.setAttribute("aria-busy", "true");
    setChildren(this.#size, "Making the import map …");
    let failure: Failure | undefined;
    let map: ImportMap | undefined;
    try {
      map = await this.#host.resolution.importMap(this.#options);
    } catch (error) {
      failure = toFailure(error);
    }
    if (request !== this.#requests) return;
    this.#body.removeAttribute("aria-busy");
    this.#map = map;
    if (failure) this.#showFailure(failure);
    else this.#draw();
  }

  #draw(): void {
    const map = this.#map;
    if (!map) return;
    this.#clear();
    const label = this.#asTag.checked ? "Import map as a script tag" : "Import map";
    this.#view = readOnlyView(this.#body, { text: this.#text, label, isJson: true });
    const counts = [formatCount(Object.keys(map.imports).length, "import")];
    const scopes = Object.keys(map.scopes ?? {}).length;
    if (scopes > 0) counts.push(formatCount(scopes, "scope"));
    counts.push(formatBytes(new TextEncoder().encode(this.#text).length));
    setChildren(this.#size, counts.join(", "));
    for (const button of this.#save) button.disabled = false;
  }

  #showFailure(failure: Failure): void {
    this.#clear();
    for (const button of this.#save) button.disabled = true;
    setChildren(this.#body, scrollRegion("Failure", "cards", this.#host.problem(forReader(failure))));
    setChildren(this.#size);
  }

  #clear(): void {
    this.#view?.destroy();
    this.#view = undefined;
    setChildren(this.#body);
  }

  #download(): void {
    const [type, name] = this.#asTag.checked ? ["text/html", "importmap.html"] : ["application/json", "importmap.json"];
    saveFile(new Blob([this.#text], { type }), name);
  }
}

/** Leaves out the ways out that only a program can take. */
function forReader(failure: Failure): Failure {
  return { ...failure, wayOut: failure.wayOut.filter((way) => way.kind !== "option" || way.option !== "onWarning") };
}
