import type { FileMap } from "../api/common.ts";
import { FileIndex, type IndexedPack } from "./file-index.ts";
import type { Pack } from "./packs.ts";
import type { InstallPlan, PlannedLink } from "./plan.ts";

/** A plan whose packs are known. */
export interface IndexedTree {
  /** In the order of the lock, without packs that only the sink has. */
  packs: readonly IndexedPack[];
  links: readonly PlannedLink[];
  index: FileIndex;
}

/** Indexes a planned tree. @param own the project's own files; undefined if they are unknown */
export function indexTree(plan: InstallPlan, packs: ReadonlyMap<string, Pack>, own: FileMap | undefined): IndexedTree {
  const commands = commandsOf(plan);
  const indexed: IndexedPack[] = [];
  for (const { location } of plan.packages) {
    const pack = packs.get(location);
    const executables = commands.get(location);
    if (pack) indexed.push({ location, index: pack.index, ...(executables && { executables }) });
  }
  const folders = plan.links.filter(({ bin }) => bin === undefined);
  const files = new FileIndex(indexed, folders, own);
  // npm links no command whose file is missing. The files of a pack that only the sink has are unknown: its links stay.
  const planned = new Set(plan.packages.map(({ location }) => location));
  for (const { location, within } of plan.bundled) if (!packs.has(within)) planned.add(location);
  const isKnown = (location: string): boolean =>
    planned.has(location) ? packs.has(location) : own !== undefined || location.includes("node_modules/");
  const links = plan.links.filter(({ bin, to }) => bin === undefined || !isKnown(bin) || files.kind(to) === "file");
  return { packs: indexed, links, index: new FileIndex(indexed, links, own) };
}

/**
 * Returns the files that commands in `.bin` lead to, by the location of the package whose tarball has them, bundled packages
 * included. If two packages claim a command's name, npm makes only one of their files a command.
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
