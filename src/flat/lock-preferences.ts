import type { PrereleaseMode } from "../api/flat.ts";
import type { Context } from "../engine/context.ts";
import { PAUSE, type Steps } from "../engine/need.ts";
import { fold } from "../graph/fold.ts";
import type { Node } from "../graph/node.ts";
import { parseVersion } from "../spec/version.ts";

/**
 * Checks whether the existing lock is a valid flat tree. If so, it is loaded into the tree and is the result, without any request.
 * Otherwise the tree is left empty.
 */
export function* lockHolds(context: Context, prereleases?: PrereleaseMode): Steps<boolean> {
  const { lock, lockLoader, tree } = context;
  if (!lock?.loaded || !lockLoader || context.mutationRequested || (lock.originalLockfileVersion ?? 0) < 2)
    return false;
  yield* lockLoader.loadLock(lock, context);
  let holds = true;
  for (const node of [...tree.inventory.values()]) {
    yield PAUSE;
    holds = isFlat(node, tree.root) && isSatisfied(node) && !isForbiddenPrerelease(node, prereleases);
    if (!holds) break;
  }
  if (holds) return true;
  for (const node of [...tree.root.children.values(), ...tree.tops]) {
    yield PAUSE;
    tree.detach(node);
  }
  return false;
}

/** Returns the versions in the lock by key of the name, the version at the top first. */
export function* lockedVersions({ lock, options }: Context): Steps<ReadonlyMap<string, readonly string[]>> {
  const locked = new Map<string, string[]>();
  for (const [location, { manifest, target }] of lock?.loaded ? lock.packages : []) {
    yield PAUSE;
    const at = location.lastIndexOf("node_modules/");
    const name = location.slice(at + "node_modules/".length);
    if (at < 0 || target !== null || !manifest.version || options.updateNames.has(name)) continue;
    const list = locked.get(fold(name)) ?? [];
    locked.set(fold(name), list);
    if (at === 0) list.unshift(manifest.version);
    else list.push(manifest.version);
  }
  return locked;
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
