import type { Tree, TreeEdge, TreeNode } from "../api/resolve.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import type { Addresses, Cdn } from "./cdn.ts";
import { movingPatterns } from "./export-patterns.ts";
import { importablePackages, mayHaveModules } from "./importable-packages.ts";
import type { MapWork } from "./map-budget.ts";
import { EVERYWHERE, Mappings } from "./mappings.ts";
import type { ImportMapResult, Omission } from "./omissions.ts";

/**
 * Makes an import map for a CDN. Only the name and version of each package are known, so an entry covers a whole package.
 *
 * 1. Collect the packages that are on a CDN. Note the others that the project needs.
 * 2. `imports`: the packages that the project itself can import.
 * 3. For each package a scope for its entry and its folder, with its dependencies and its own name.
 *    Note a package whose `exports` has patterns that the CDN does not apply, as far as its metadata tells.
 * 4. If two copies of one version see different dependencies, one address cannot serve both: note the deeper copy.
 */
export function* cdnMap(tree: Tree, cdn: Cdn, isWanted: (node: TreeNode) => boolean): MapWork<ImportMapResult> {
  const mappings = new Mappings();
  const leftOut: Omission[] = [];
  const at = (node: TreeNode): Addresses => cdn(node.packageName, node.version);
  const add = (scope: string, name: string, { main, folder }: Addresses): boolean => {
    const isNew = mappings.add(scope, name, main);
    return (folder === null || mappings.add(scope, `${name}/`, folder)) && isNew;
  };
  const usable = new Set<TreeNode>();
  for (const node of [...tree.nodes].sort((a, b) => depthOf(a) - depthOf(b))) {
    if (!mayHaveModules(node) || !isWanted(node)) continue;
    if (isOnCdn(node)) usable.add(node);
    else if (node.edgesIn.some(isNeeded)) leftOut.push({ why: "elsewhere", node });
  }
  for (const node of importablePackages(tree)) if (usable.has(node)) add(EVERYWHERE, node.name, at(node));
  // Packages are sorted by depth, so the copy closest to the project decides the mapping.
  for (const node of usable) {
    const { main, folder, appliesExports } = at(node);
    const [pattern] = folder === null || appliesExports ? [] : movingPatterns(node.manifest["exports"]);
    if (pattern !== undefined) leftOut.push({ why: "patterns", node, what: pattern });
    yield { owner: node.location, steps: 100 * (1 + node.edgesOut.length) };
    let agrees = true;
    for (const scope of folder === null ? [main] : [folder, main]) {
      for (const { name, to } of node.edgesOut) {
        const seen = to?.target ?? to;
        if (seen && usable.has(seen)) agrees = add(scope, name, at(seen)) && agrees;
      }
      // Its own modules may import each other by the package's name.
      add(scope, node.packageName, at(node));
    }
    if (!agrees && !node.dev) leftOut.push({ why: "views", node });
  }
  return { map: yield* mappings.map(), leftOut };
}

function depthOf({ location }: TreeNode): number {
  return location.split("node_modules/").length;
}

/** Checks whether an edge makes its target necessary. Workspaces belong to the project, and dev dependencies are not loaded. */
function isNeeded({ from, type }: TreeEdge): boolean {
  return type !== "workspace" && type !== "dev" && !from.dev;
}

/** Checks whether a package comes from the registry, and not from a folder, from git or from a URL. */
function isOnCdn(node: TreeNode): boolean {
  if (node.isLink || packageNameProblem(node.packageName) !== null || !/^\d/.test(node.version)) return false;
  if (!/(?:^|\/)node_modules\//.test(node.location) || /^(?:git|file)[+:]/.test(node.resolved ?? "")) return false;
  return !node.edgesIn.some((edge) => edge.valid && !isOfRegistry(edge));
}

/** Checks whether a spec means the registry: neither a path, nor a URL, nor git. Has the same result as `parseSpec`, with less code to load. */
function isOfRegistry({ spec }: TreeEdge): boolean {
  return /^npm:/i.test(spec) || !/[/:]|^\.|\.(?:tgz|tar(?:\.gz)?)$/i.test(spec);
}
