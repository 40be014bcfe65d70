import type { InstallerOptions } from "../../../src/api/resolve.ts";
import { h } from "../elements/dom.ts";
import type { PageSettings, SourceKind } from "./page-settings.ts";

export const SOURCE_TITLES: readonly (readonly [SourceKind, string])[] = [
  ["registry", "Live registry"],
  ["relay", "Live registry, relayed"],
  ["snapshot", "Snapshot, no network"],
  ["other", "Another registry…"],
];

/** Where this page's server offers its relay: it says so in the page. A static host has none. */
export function relayUrl(): string | undefined {
  const path = document.querySelector<HTMLMetaElement>("meta[name=webhoist-relay]")?.content;
  return path && new URL(path, location.href).href;
}

/** What `createInstaller` needs to read from the chosen source. */
export async function sourceOptions(settings: PageSettings): Promise<InstallerOptions> {
  switch (settings.source) {
    case "registry":
      return {};
    case "relay":
      return { registry: relayUrl() ?? "" };
    case "other":
      return { registry: settings.registry };
    case "snapshot": {
      const { snapshotFetch } = await import("../snapshot/snapshot-registry.ts");
      // It is at hand already: storing it would only take room.
      return { fetch: await snapshotFetch(), cache: "none" };
    }
    default:
      return settings.source satisfies never;
  }
}

/** Asks for the base address of another registry; `undefined` where the visitor thinks better of it. */
export function askForRegistry(before: string): Promise<string | undefined> {
  const field = h("input", { type: "url", value: before || "https://", required: true, spellcheck: "false" });
  const dialog = h(
    "dialog",
    { "aria-label": "Another registry" },
    h(
      "form",
      { method: "dialog" },
      h("h2", {}, "Another registry"),
      h("label", { class: "field tall" }, h("span", {}, "Base address"), field),
      h("p", { class: "note" }, "It must let pages of other origins read its answers (CORS)."),
      h(
        "p",
        { class: "dialog-end" },
        h("button", { type: "submit", value: "", formnovalidate: true }, "Cancel"),
        h("button", { type: "submit", value: "use", class: "primary" }, "Use it"),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      const text = field.value.endsWith("/") ? field.value : `${field.value}/`;
      resolve(dialog.returnValue === "use" && URL.canParse(text) ? new URL(text).href : undefined);
    });
  });
}
