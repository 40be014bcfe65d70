import type { InstalledProject, InstallInput, InstallOptions } from "../../src/api/install.ts";
import type { SinkLink } from "../../src/api/sink.ts";
import { createTreeSink } from "../../src/sink/tree-sink.ts";
import type { Installer } from "../../web/index.ts";
import { type Listing, listMap, listProject, listTree } from "./listing.ts";

/** One project, read in every way that a page has. */
export interface Everywhere {
  project: Listing;
  map: Listing;
  tree: Listing;
  /** From the cache, written by `writeTo`. */
  copied: Listing;
  codes: string[];
}

/** Installs without a sink, into a Map, and into a tree for WebContainers. */
export async function installEverywhere(
  installer: Installer,
  input: InstallInput,
  options: InstallOptions = {},
): Promise<Everywhere> {
  const installed = (more: InstallOptions): Promise<InstalledProject> =>
    installer.install(input, { ...options, ...more });
  const first = await installed({});
  const project = await listProject(first);
  await first.stored;
  const map = new Map<string, Uint8Array | SinkLink>();
  (await installed({ sink: map })).dispose();
  const sink = createTreeSink();
  (await installed({ sink })).dispose();
  const copy = new Map<string, Uint8Array | SinkLink>();
  await first.writeTo(copy);
  first.dispose();
  return {
    project,
    map: await listMap(map),
    tree: await listTree(sink.tree),
    copied: await listMap(copy),
    codes: first.report.warnings.map(({ code }) => code),
  };
}
