import type { InstallerOptions } from "../../src/api.ts";
import type { Settings, SourceKind } from "./settings.ts";

export const SOURCES: readonly (readonly [SourceKind, string])[] = [
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
export async function sourceOptions(settings: Settings): Promise<InstallerOptions> {
  switch (settings.source) {
    case "registry":
      return {};
    case "relay":
      return { registry: relayUrl() ?? "" };
    case "other":
      return { registry: settings.registry };
    case "snapshot": {
      const { snapshotFetch } = await import("./snapshot.ts");
      return { fetch: await snapshotFetch() };
    }
    default:
      return settings.source satisfies never;
  }
}
