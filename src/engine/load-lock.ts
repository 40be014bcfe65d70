// Loaded on demand: for a project with a lock or workspaces.
import type { Manifest } from "../api/manifest.ts";
import { nameFromFolder, resolvePath } from "../base/posix-path.ts";
import { fail, type Outcome, ok } from "../errors/failure.ts";
import { noManifest } from "../errors/local-packages.ts";
import { oldLock } from "../errors/lockfile.ts";
import { attachAt } from "../graph/folders.ts";
import { Link } from "../graph/link.ts";
import { Node, versionOf } from "../graph/node.ts";
import type { LockData, LockEntry } from "../lockfile/read-lock.ts";
import { integrityOf } from "../registry/dist.ts";
import { pickVersion } from "../registry/select-version.ts";
import { bundledNames } from "../spec/bundled-names.ts";
import type { Context } from "./context.ts";
import { calculateFlags, resetAllFlags, resetFlags } from "./flags.ts";
import { readManifest } from "./local-packages.ts";
import { needPackument, needTarball, PAUSE, type Steps, withPauses } from "./need.ts";

/**
 * Starts the tree from a lock (npm-tree §18).
 *
 * 1. Put every entry that is not a link at its location, without edges (§18.2).
 * 2. Read the package.json of folders that links lead to: it may have changed since the lock was written (§18.2).
 * 3. Resolve the edges of all nodes, then add the links. Links come last, because override rules follow a link only if a
 *    package below its target needs them (§6.5).
 * 4. In a lock of version 1, find the package that ships each bundled package (§21).
 * 5. Compute the flags again, because package.json may have changed (§18.3).
 *
 * Valid edges keep their locked versions. The main loop resolves all others (§18.4).
 */
export function* loadLock(lock: LockData, context: Context): Steps<void> {
  const { tree } = context;
  const nodes = yield* withPauses(placeEntries(lock, tree.root, context));
  for (const node of nodes.values()) if (node !== tree.root) resetFlags(node);
  yield* withPauses(calculateFlags(tree.root, false));
}

/** An entry of a lock takes as long as this many visits. */
const ENTRY_VISITS = 40;

/** Places the entries of a lock below `root`: the project, or the package with the shrinkwrap. Returns the nodes by location. */
export function* placeEntries(lock: LockData, root: Node, context: Context): Generator<undefined, Map<string, Node>> {
  const { tree, specTable } = context;
  const { budget } = specTable;
  tree.loading = true;
  const nodes = new Map<string, Node>([["", root]]);
  const links: [LockEntry, Node][] = [];
  for (const entry of lock.packages.values()) {
    if (entry.target === null) loadNode(entry, nodes, context);
    budget.visit(ENTRY_VISITS);
    if (budget.takePause()) yield;
  }
  for (const entry of lock.packages.values()) {
    const target = entry.target === null ? undefined : nodes.get(entry.target);
    if (!target) continue;
    links.push([entry, target]);
    readTarget(target, context);
  }
  tree.loading = false;
  for (const node of nodes.values()) {
    tree.pointEdges(node);
    budget.visit(node.edges().size * 4 + 4);
    if (budget.takePause()) yield;
  }
  for (const [{ location }, target] of links) {
    budget.visit(ENTRY_VISITS);
    if (budget.takePause()) yield;
    const link = new Link({ specTable: context.specTable, name: nameFromFolder(location) }, target);
    attachAt(tree, link, resolvePath(root.path, location));
    target.addLink(link);
    nodes.set(location, link);
  }
  if (!((lock.originalLockfileVersion ?? 0) >= 2)) assignBundles(lock, nodes);
  return nodes;
}

/** A workspace takes as long as this many visits: its package.json is read and parsed. */
const WORKSPACE_VISITS = 500;

/** Puts the workspaces' folders into the tree of a project without a lock: they are there before their links (npm-tree §20.6). */
export function* loadWorkspaces(context: Context): Steps<void> {
  const { tree, specTable, folders } = context;
  for (const { raw } of tree.workspaceSpecs.values()) {
    specTable.budget.visit(WORKSPACE_VISITS);
    if (specTable.budget.takePause()) yield PAUSE;
    const path = raw.slice("file:".length);
    if (path === tree.root.path) continue;
    const manifest = folders.manifest(path) ?? {};
    const overrides = specTable.overrides?.ruleForNode(manifest, specTable) ?? null;
    attachAt(tree, new Node({ specTable, name: nameFromFolder(path), manifest, overrides }), path);
  }
}

function loadNode(entry: LockEntry, nodes: Map<string, Node>, { specTable, tree }: Context): void {
  const { location, manifest, hasShrinkwrap, ...loaded } = entry;
  const path = resolvePath((nodes.get("") as Node).path, location);
  const node = new Node({
    specTable,
    name: nameFromFolder(location),
    manifest,
    resolved: loaded.resolved,
    integrity: loaded.integrity,
    hasShrinkwrap,
    marks: loaded.marks,
  });
  attachAt(tree, node, path);
  nodes.set(location, node);
}

/** Replaces the manifest of a link's target, which came from the lock, by the folder's package.json. */
function readTarget(target: Node, { tree, folders }: Context): void {
  if (target.parent || target === tree.root) return;
  const manifest = folders.manifest(target.path);
  if (!manifest) return;
  target.manifest = manifest;
  target.version = versionOf(manifest);
}

/** Adds the names that locks of version 1 mark as bundled to the `bundleDependencies` of the package above, if that needs them. */
function assignBundles(lock: LockData, nodes: ReadonlyMap<string, Node>): void {
  for (const [location, node] of nodes) {
    const { parent } = node;
    if (!parent || !lock.packages.get(location)?.inBundle || lock.packages.get(parent.location)?.inBundle) continue;
    if (!parent.specs().has(node.key)) continue;
    parent.manifest.bundleDependencies = [...bundledNames(parent.manifest), node.name];
    parent.tree.hasBundles = true;
    parent.specTable.changes++;
  }
}

/**
 * Fetches the manifest of every package of a version 1 lock, because such locks do not list dependencies (npm-tree §18.6). A
 * package whose manifest cannot be fetched does not change. The run then warns with EOLDLOCK.
 */
export function* fetchOldLockManifests(lock: LockData, context: Context): Steps<void> {
  const isOld = lock.loaded && !((lock.originalLockfileVersion ?? 0) >= 2);
  if (!isOld) return;
  const { tree } = context;
  for (const node of [...tree.inventory.values()]) {
    if (node === tree.root || !node.location.startsWith("node_modules") || node.isLink) continue;
    yield* updateManifest(node, context);
  }
  resetAllFlags(tree);
  yield* withPauses(calculateFlags(tree.root));
}

function* updateManifest(node: Node, context: Context): Steps<void> {
  const { name, version, resolved } = node;
  const manifest = yield* fetchManifest(node, context);
  if (!manifest.ok) {
    const spec = version || resolved || "*";
    const message = `The version 1 lock does not list the dependencies of ${name}@${spec}, and its manifest could not be fetched: ${manifest.failure.message}`;
    context.warnings.push(oldLock(message, { package: name, spec, requiredBy: [node.location] }));
    return;
  }
  // The new lock gets the fetched integrity where the old one has none, as for a bundled package.
  node.manifest = { ...manifest.value, _integrity: integrityOf(manifest.value.dist) };
  context.picked.add(node.manifest);
  context.tree.reload(node);
}

/** Reads the manifest from the tarball that the lock names, or fetches that of the locked version from the registry. */
function* fetchManifest({ name, version, resolved, integrity }: Node, { options }: Context): Steps<Outcome<Manifest>> {
  if (resolved && (!version || resolved.startsWith("file:"))) {
    const opened = yield* needTarball(resolved, name, integrity);
    if (!opened.ok) return opened;
    const manifest = readManifest(opened.value.texts.get("package.json"));
    return manifest ? ok(manifest) : fail(noManifest(name, resolved));
  }
  const packument = yield* needPackument(name);
  // Without a version in the lock, npm takes any version of that name, even for a folder.
  if (!packument.ok) return packument;
  const picked = yield* withPauses(pickVersion(packument.value, version || "*", options.policyFor(name)));
  // The lock may mean another package, such as an alias: npm compares the two hashes and keeps what the lock says.
  if (picked.ok && contradicts(integrity, integrityOf(picked.value.dist))) {
    return fail(oldLock(`The registry has another integrity for ${name}@${version}.`));
  }
  return picked;
}

/** Checks whether two integrities name an algorithm both, and no hash. */
function contradicts(ours: string | null, theirs: string | null): boolean {
  const hashes = new Set(theirs?.split(/\s+/));
  const algorithms = new Set([...hashes].map((hash) => hash.split("-", 1)[0]));
  const common = (ours?.split(/\s+/) ?? []).filter((hash) => algorithms.has(hash.split("-", 1)[0]));
  return common.length > 0 && !common.some((hash) => hashes.has(hash));
}
