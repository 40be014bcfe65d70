import type { Tree, TreeEdge, TreeNode } from "../api/resolve.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import type { Addresses, Cdn } from "./cdn.ts";
import { importablePackages, mayHaveModules } from "./importable-packages.ts";
import { EVERYWHERE, Mappings } from "./mappings.ts";
import type { ImportMapResult, Omission } from "./omissions.ts";

/** A map of whole packages, of which nothing is known but name and version. */
export function cdnMap(tree: Tree, cdn: Cdn, isWanted: (node: TreeNode) => boolean): ImportMapResult {
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
  // The copy next to the project comes first: where two see different things it is the one that is right.
  for (const node of usable) {
    const { main, folder } = at(node);
    let isOne = true;
    for (const scope of folder === null ? [main] : [folder, main]) {
      for (const { name, to } of node.edgesOut) {
        const seen = to?.target ?? to;
        if (seen && usable.has(seen)) isOne = add(scope, name, at(seen)) && isOne;
      }
      // Of its own modules, each of which may import another by the package's name.
      add(scope, node.packageName, at(node));
    }
    if (!isOne && !node.dev) leftOut.push({ why: "views", node });
  }
  return { map: mappings.map(), leftOut };
}

function depthOf({ location }: TreeNode): number {
  return location.split("node_modules/").length;
}

/** A workspace is the project's own, and what nobody needs is not missed. */
function isNeeded({ from, type }: TreeEdge): boolean {
  return type !== "workspace" && type !== "dev" && !from.dev;
}

/** Whether it is the registry's: nobody has it from a folder, from git or by a URL. */
function isOnCdn(node: TreeNode): boolean {
  if (node.isLink || packageNameProblem(node.packageName) !== null || !/^\d/.test(node.version)) return false;
  if (!/(?:^|\/)node_modules\//.test(node.location) || /^(?:git|file)[+:]/.test(node.resolved ?? "")) return false;
  return !node.edgesIn.some((edge) => edge.valid && !isOfRegistry(edge));
}

/** Neither a path, nor an address, nor git's; `npm:` leads to the registry. As `parseSpec` reads a spec, but without its words. */
function isOfRegistry({ spec }: TreeEdge): boolean {
  return /^npm:/i.test(spec) || !/[/:]|^\.|\.(?:tgz|tar(?:\.gz)?)$/i.test(spec);
}
