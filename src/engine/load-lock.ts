import type { Manifest } from "../api/manifest.ts";
import { nameFromFolder, resolvePath } from "../base/posix-path.ts";
import { fail, type Outcome, ok } from "../errors/failure.ts";
import { noManifest } from "../errors/files.ts";
import { oldLock } from "../errors/lockfile.ts";
import { attachAt } from "../graph/folders.ts";
import { Link } from "../graph/link.ts";
import { Node } from "../graph/node.ts";
import type { LockData, LockEntry } from "../lockfile/read-lock.ts";
import { integrityOf } from "../registry/dist.ts";
import { selectVersion } from "../registry/select-version.ts";
import type { Context } from "./context.ts";
import { calculateFlags, resetAllFlags, resetFlags } from "./flags.ts";
import { readManifest } from "./local-packages.ts";
import { needPackument, needTarball, type Steps } from "./need.ts";

/** Puts what a lock says into the tree (npm-tree §18). Flags are worked out anew: the project may have changed since. */
export function loadLock(lock: LockData, context: Context): void {
  const { tree } = context;
  const nodes = placeEntries(lock, tree.root, context);
  for (const node of nodes.values()) if (node !== tree.root) resetFlags(node);
  calculateFlags(tree.root, false);
}

/** The entries of a lock as nodes below the package that it is the lock of, by location in the lock. */
export function placeEntries(lock: LockData, root: Node, context: Context): Map<string, Node> {
  const { tree } = context;
  tree.loading = true;
  const nodes = new Map<string, Node>([["", root]]);
  const links: [LockEntry, Node][] = [];
  for (const entry of lock.packages.values()) if (entry.target === null) loadNode(entry, nodes, context);
  for (const entry of lock.packages.values()) {
    const target = entry.target === null ? undefined : nodes.get(entry.target);
    if (!target) continue;
    links.push([entry, target]);
    readTarget(target, context);
  }
  tree.loading = false;
  for (const node of nodes.values()) tree.pointOut(node);
  // Links last: override rules pass one only if something below its folder asks for them, so the edges there must lead on.
  for (const [{ location }, target] of links) {
    const link = new Link({ specTable: context.specTable, name: nameFromFolder(location) }, target);
    attachAt(tree, link, resolvePath(root.path, location));
    target.addLink(link);
    nodes.set(location, link);
  }
  if (!((lock.originalLockfileVersion ?? 0) >= 2)) assignBundles(lock, nodes);
  return nodes;
}

/** Without a lock, npm looks at the folder itself: there the workspaces stand before anything links to them. */
export function loadWorkspaces(context: Context): void {
  const { tree, specTable, folders } = context;
  for (const { raw } of tree.workspaceSpecs.values()) {
    const path = raw.slice("file:".length);
    if (path === tree.root.path) continue;
    const manifest = folders.manifest(path) ?? {};
    const overrides = specTable.overrides?.ruleForNode(manifest, specTable) ?? null;
    attachAt(tree, new Node({ specTable, name: nameFromFolder(path), manifest, overrides }), path);
  }
}

function loadNode(entry: LockEntry, nodes: Map<string, Node>, { specTable, tree }: Context): void {
  const { location, manifest, resolved, integrity, hasShrinkwrap } = entry;
  const path = resolvePath((nodes.get("") as Node).path, location);
  const node = new Node({ specTable, name: nameFromFolder(location), manifest, resolved, integrity, hasShrinkwrap });
  attachAt(tree, node, path);
  nodes.set(location, node);
}

/** The folder's own package.json counts, not what the lock remembers of it. */
function readTarget(target: Node, { tree, folders }: Context): void {
  if (target.parent || target === tree.root) return;
  const manifest = folders.manifest(target.path);
  if (!manifest) return;
  target.manifest = manifest;
  target.version = manifest.version ?? "";
}

/** Old locks mark what came in a bundle, not whose: it is the dependent above that asks for it. */
function assignBundles(lock: LockData, nodes: ReadonlyMap<string, Node>): void {
  for (const [location, node] of nodes) {
    const { parent } = node;
    if (!parent || !lock.packages.get(location)?.inBundle || lock.packages.get(parent.location)?.inBundle) continue;
    if (!parent.specs().has(node.key)) continue;
    const list = parent.manifest.bundleDependencies;
    parent.manifest.bundleDependencies = [...(Array.isArray(list) ? list : []), node.name];
    parent.tree.hasBundles = true;
  }
}

/**
 * Locks of version 1 do not say what a package depends on: every manifest is fetched once more (npm-tree §18.6). One
 * that cannot be had is left as it is, with a warning.
 */
export function* inflate(lock: LockData, context: Context): Steps<void> {
  const old = lock.loaded && !((lock.originalLockfileVersion ?? 0) >= 2);
  if (!old) return;
  const { tree } = context;
  for (const node of [...tree.inventory.values()]) {
    if (node === tree.root || !node.location.startsWith("node_modules") || node.isLink) continue;
    yield* inflateNode(node, context);
  }
  resetAllFlags(tree);
  calculateFlags(tree.root);
}

function* inflateNode(node: Node, context: Context): Steps<void> {
  const { name, version, resolved } = node;
  const manifest = yield* fetchAgain(node, context);
  if (!manifest.ok) {
    const what = version || resolved || "*";
    const message = `The old lock says little of ${name}@${what}, and no more could be fetched: ${manifest.failure.message}`;
    context.warnings.push(oldLock(message, { package: name, spec: what, requiredBy: [node.location] }));
    return;
  }
  // Where the lock has no integrity of its own (what came in a bundle), the fetched manifest's is written.
  node.manifest = { ...manifest.value, _integrity: integrityOf(manifest.value.dist) };
  context.picked.add(node.manifest);
  context.tree.reload(node);
}

/** A tarball by its address is read from there; for the rest the registry is asked for the locked version. */
function* fetchAgain({ name, version, resolved, integrity }: Node, { options }: Context): Steps<Outcome<Manifest>> {
  if (resolved && (!version || resolved.startsWith("file:"))) {
    const opened = yield* needTarball(resolved, name, integrity);
    if (!opened.ok) return opened;
    const manifest = readManifest(opened.value.texts.get("package.json"));
    return manifest ? ok(manifest) : fail(noManifest(name, resolved));
  }
  const packument = yield* needPackument(name);
  // npm asks for any version of a package of that name where the lock gives none, even for a folder.
  return packument.ok ? selectVersion(packument.value, version || "*", options.policyFor(name)) : packument;
}

/** What a lock knows of a place goes over to the same version placed there anew, where the registry did not say (npm-tree §18.7). */
export function inherit(node: Node, entry: LockEntry | undefined): void {
  if (!entry || node.isLink || (node.resolved !== null && node.integrity !== null)) return;
  const same = <T>(a: T | null, b: T | null): boolean => !a || !b || a === b;
  const { version = null } = entry.manifest;
  if (!same(entry.resolved, node.resolved) || !same(entry.integrity, node.integrity) || !same(version, node.version))
    return;
  node.resolved ||= entry.resolved;
  node.integrity ||= entry.integrity;
  node.hasShrinkwrap ||= entry.hasShrinkwrap;
}
