import { byId, h, setChildren } from "../elements/dom.ts";
import { askInDialog } from "../elements/form-dialog.ts";
import type { PageSettings, SourceKind } from "./page-settings.ts";
import { relayUrl, SOURCE_TITLES } from "./registry-source.ts";

/** The choice of the registry, in the header of the page. */
export class SourceSelect {
  readonly #settings: PageSettings;
  readonly #save: () => void;
  readonly #select = byId<HTMLSelectElement>("source");

  constructor(settings: PageSettings, save: () => void) {
    this.#settings = settings;
    this.#save = save;
    const offered = SOURCE_TITLES.filter(([kind]) => kind !== "relay" || relayUrl());
    setChildren(this.#select, ...offered.map(([value, text]) => h("option", { value }, text)));
    if (!offered.some(([kind]) => kind === settings.source)) settings.source = "registry";
    this.#select.value = settings.source;
    this.#select.addEventListener("change", () => void this.#changed(this.#select.value as SourceKind));
  }

  /** Switches to a source and stores the choice. */
  set(kind: SourceKind): void {
    this.#settings.source = kind;
    this.#select.value = kind;
    this.#save();
  }

  async #changed(kind: SourceKind): Promise<void> {
    if (kind !== "other") {
      this.set(kind);
      return;
    }
    const registry = await askForRegistry(this.#settings.registry);
    if (registry !== undefined) this.#settings.registry = registry;
    this.set(registry === undefined ? this.#settings.source : kind);
  }
}

/** Asks for the base URL of another registry. Returns undefined if the dialog is cancelled. */
async function askForRegistry(before: string): Promise<string | undefined> {
  const field = h("input", { type: "url", value: before || "https://", required: true, spellcheck: "false" });
  const answer = await askInDialog("Another registry", "Use registry", [
    h("label", { class: "field tall" }, h("span", {}, "Base URL"), field),
    h("p", { class: "note" }, "The registry must allow requests from other origins (CORS)."),
  ]);
  const text = field.value.endsWith("/") ? field.value : `${field.value}/`;
  return answer === "ok" && URL.canParse(text) ? new URL(text).href : undefined;
}
