import type { Failure, WayOut } from "../../../src/api/failure.ts";
import type { InstallerOptions } from "../../../src/api/resolve.ts";
import type { PageSettings, SourceKind } from "./page-settings.ts";

export const SOURCE_TITLES: readonly (readonly [SourceKind, string])[] = [
  ["registry", "Live registry"],
  ["relay", "Live registry via server"],
  ["snapshot", "Offline snapshot"],
  ["other", "Another registry…"],
];

/** Returns the URL of the server's relay to the registry. Undefined on a static host, which has no relay. */
export function relayUrl(): string | undefined {
  const path = document.querySelector<HTMLMetaElement>("meta[name=webhoist-relay]")?.content;
  return path && new URL(path, location.href).href;
}

/** Returns the options of `createInstaller` for the chosen source. */
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
      // The snapshot is in memory already, so a cache would only take up space.
      return { fetch: await snapshotFetch(), cache: "none" };
    }
    default:
      return settings.source satisfies never;
  }
}

const OFFLINE_CODES: ReadonlySet<string> = new Set(["EUNREACHABLE", "ETIMEDOUT"]);

/** Checks whether a failure means that the registry cannot be reached. */
export function isUnreachable({ code }: Failure): boolean {
  return OFFLINE_CODES.has(code);
}

/** Returns a way out that switches to another source of packages. Only the page can apply it. */
export function sourceWayOut(source: "registry" | "snapshot", text: string): WayOut {
  return { kind: "option", option: `source:${source}`, text };
}

/** Returns the source that a way out switches to, or undefined for any other way out. */
export function sourceOfWayOut(way: WayOut): SourceKind | undefined {
  const kind = way.kind === "option" ? /^source:(\w+)$/.exec(way.option)?.[1] : undefined;
  return SOURCE_TITLES.find(([source]) => source === kind)?.[0];
}

/** Returns the ways out that switch the source of packages and may help with this failure. */
export function sourceWaysOut(failure: Failure, source: SourceKind): WayOut[] {
  if (source === "snapshot" && failure.code === "E404") {
    return [
      sourceWayOut("registry", "Use the live registry. The offline snapshot has only the packages of the examples."),
    ];
  }
  if (source !== "snapshot" && isUnreachable(failure)) {
    return [
      sourceWayOut(
        "snapshot",
        "Use the offline snapshot, which needs no network and has the packages of the examples.",
      ),
    ];
  }
  return [];
}
