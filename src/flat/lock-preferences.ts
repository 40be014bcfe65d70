import type { PrereleaseMode } from "../api/flat.ts";
import type { Context } from "../engine/context.ts";
import type { Node } from "../graph/node.ts";
import { parseVersion } from "../spec/version.ts";

/**
 * Whether the lock that is there is flat and everything in it holds: then it is the answer, and nothing is asked of a registry.
 * Puts it into the tree; where it does not hold, takes it out again.
 */
export function lockHolds(context: Context, prereleases?: PrereleaseMode): boolean {
  const { lock, lockLoader, tree } = context;
  if (!lock?.loaded || !lockLoader || context.mutationRequested || (lock.originalLockfileVersion ?? 0) < 2)
    return false;
  lockLoader.loadLock(lock, context);
  if (
    [...tree.inventory.values()].every((node) => isFlat(node, tree.root) && holds(node) && !isBarred(node, prereleases))
  )
    return true;
  for (const node of [...tree.root.children.values(), ...tree.tops]) tree.detach(node);
  return false;
}

function isFlat(node: Node, root: Node): boolean {
  return node.isTop || node.parent === root || node.inShrinkwrap || node.bundler() !== null;
}

/** No prereleases means none, also where a lock has one. */
function isBarred({ isTop, version }: Node, prereleases?: PrereleaseMode): boolean {
  return prereleases === "never" && !isTop && parseVersion(version)?.pre != null;
}

function holds(node: Node): boolean {
  for (const { valid, to, spec } of node.edges().values()) {
    if (!valid || (!to && spec.type !== "peerOptional")) return false;
  }
  return true;
}
