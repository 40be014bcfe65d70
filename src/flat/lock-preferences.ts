import type { PrereleaseMode } from "../api/flat.ts";
import type { Context } from "../engine/context.ts";
import type { Node } from "../graph/node.ts";
import { parseVersion } from "../spec/version.ts";

/**
 * Checks whether the existing lock is a valid flat tree. If so, it is loaded into the tree and is the result, without any request.
 * Otherwise the tree is left empty.
 */
export function lockHolds(context: Context, prereleases?: PrereleaseMode): boolean {
  const { lock, lockLoader, tree } = context;
  if (!lock?.loaded || !lockLoader || context.mutationRequested || (lock.originalLockfileVersion ?? 0) < 2)
    return false;
  lockLoader.loadLock(lock, context);
  const isValid = (node: Node): boolean =>
    isFlat(node, tree.root) && isSatisfied(node) && !isForbiddenPrerelease(node, prereleases);
  if ([...tree.inventory.values()].every(isValid)) return true;
  for (const node of [...tree.root.children.values(), ...tree.tops]) tree.detach(node);
  return false;
}

function isFlat(node: Node, root: Node): boolean {
  return node.isTop || node.parent === root || node.inShrinkwrap || node.bundler() !== null;
}

/** Checks whether a node is a prerelease although the option `prereleases` is `never`. */
function isForbiddenPrerelease({ isTop, version }: Node, prereleases?: PrereleaseMode): boolean {
  return prereleases === "never" && !isTop && parseVersion(version)?.pre != null;
}

function isSatisfied(node: Node): boolean {
  for (const { valid, to, spec } of node.edges().values()) {
    if (!valid || (!to && spec.type !== "peerOptional")) return false;
  }
  return true;
}
