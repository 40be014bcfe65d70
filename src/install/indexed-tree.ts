import type { FileMap } from "../ports.ts";
import { FileIndex, type IndexedPack } from "./file-index.ts";
import type { SuppliedPack } from "./pack-supply.ts";
import type { InstallPlan, PlannedLink, PlannedPackage } from "./plan.ts";

/** A plan whose packs are known. */
export interface IndexedTree {
  /** In the lock's order; without those that only the sink has. */
  packs: readonly IndexedPack[];
  links: readonly PlannedLink[];
  index: FileIndex;
}

/** @param own the project's own files, where they are known: undefined says nothing of what a link to them leads to */
export function indexTree(
  plan: InstallPlan,
  packs: ReadonlyMap<string, SuppliedPack>,
  own: FileMap | undefined,
): IndexedTree {
  const commands = commandsOf(plan);
  const indexed: IndexedPack[] = [];
  for (const { location } of plan.packages) {
    const pack = packs.get(location);
    const executables = commands.get(location);
    if (pack) indexed.push({ location, index: pack.index, ...(executables && { executables }) });
  }
  const folders = plan.links.filter(({ bin }) => bin === undefined);
  const files = new FileIndex(indexed, folders, own);
  const planned = new Set(plan.packages.map(({ location }) => location));
  for (const { location, within } of plan.bundled) if (!packs.has(within)) planned.add(location);
  // npm links no command whose file is not there. Of a pack that only the sink has it cannot be said.
  const known = (location: string): boolean =>
    planned.has(location) ? packs.has(location) : own !== undefined || location.includes("node_modules/");
  const links = plan.links.filter(({ bin, to }) => bin === undefined || !known(bin) || files.kind(to) === "file");
  return { packs: indexed, links, index: new FileIndex(indexed, links, own) };
}

/** By location: the files of its tarball that a `bin` names, those of packages that it bundles among them. */
export function commandsOf({ packages, bundled }: InstallPlan): Map<string, Set<string>> {
  const commands = new Map<string, Set<string>>();
  const add = (location: string, prefix: string, { bin }: Pick<PlannedPackage, "bin">): void => {
    const paths = Object.values(bin);
    if (paths.length === 0) return;
    const known = commands.get(location) ?? new Set();
    for (const path of paths) known.add(prefix + path);
    commands.set(location, known);
  };
  for (const item of packages) add(item.location, "", item);
  for (const item of bundled) add(item.within, `${item.location.slice(item.within.length + 1)}/`, item);
  return commands;
}
