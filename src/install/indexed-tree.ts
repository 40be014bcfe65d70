import type { FileMap } from "../api/common.ts";
import { FileIndex, type IndexedPack } from "./file-index.ts";
import type { SuppliedPack } from "./packs.ts";
import type { InstallPlan, PlannedLink } from "./plan.ts";

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

/**
 * By location: the files of its tarball that a `.bin` leads to, those of packages that it bundles among them. npm makes no command
 * of a file whose name in `.bin` another package has.
 */
export function commandsOf({ links, bundled }: InstallPlan): Map<string, Set<string>> {
  const owners = new Map(bundled.map(({ location, within }) => [location, within]));
  const commands = new Map<string, Set<string>>();
  for (const { bin, to } of links) {
    if (bin === undefined) continue;
    const location = owners.get(bin) ?? bin;
    const known = commands.get(location) ?? new Set();
    commands.set(location, known.add(to.slice(location.length + 1)));
  }
  return commands;
}
