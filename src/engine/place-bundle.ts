// Loaded on demand: for a package with bundled dependencies or a shrinkwrap.
import type { Failure } from "../api/failure.ts";
import { nameFromFolder } from "../base/posix-path.ts";
import { failure, InstallError, raise } from "../errors/failure.ts";
import { Node } from "../graph/node.ts";
import type { LockData } from "../lockfile/read-lock.ts";
import { ProjectFiles } from "../project/files.ts";
import { readPackageJson } from "../project/package-json.ts";
import { bundledNames } from "../spec/bundled-names.ts";
import type { TarballListing } from "../tarball/list-tarball.ts";
import type { Context } from "./context.ts";
import { calculateFlags, resetFlags } from "./flags.ts";
import { placeEntries } from "./load-lock.ts";

/** The content of a tarball that matters to the tree: its listing, and its shrinkwrap. */
export interface Bundle extends TarballListing {
  /** An error if it cannot be read. */
  shrinkwrap: LockData | InstallError | null;
}

/**
 * Puts the bundled dependencies of a package, or those of its shrinkwrap, below it (npm-tree §21). They stay there.
 * @throws InstallError EINVALIDLOCK and the like, if the shrinkwrap counts and cannot be read
 */
export function* placeBundle(node: Node, bundle: Bundle, context: Context): Generator<undefined, void> {
  const { shrinkwrap } = bundle;
  if (node.hasShrinkwrap && shrinkwrap) {
    if (shrinkwrap instanceof InstallError) throw shrinkwrap;
    yield* loadShrinkwrap(node, shrinkwrap, context);
  }
  if (bundledNames(node.manifest).length > 0) yield* loadBundled(node, bundle, context);
}

function* loadShrinkwrap(node: Node, lock: LockData, context: Context): Generator<undefined, void> {
  for (const { location, target } of lock.packages.values()) {
    if (location.startsWith("..") || target?.startsWith("..")) raise(outsideEntry(node, location));
  }
  const nodes = yield* placeEntries(lock, node, context);
  for (const one of nodes.values()) if (one !== node) resetFlags(one);
  yield* calculateFlags(node, false);
}

function outsideEntry(node: Node, location: string): Failure {
  const message = `The shrinkwrap of ${node.name}@${node.version} has an entry outside of the package: "${location}".`;
  return failure("EINVALIDLOCATION", message, { package: node.name, requiredBy: [node.location] });
}

/** Adds every package under `node_modules` of the tarball, at any depth, below the package that ships it. */
function* loadBundled(node: Node, { paths, texts }: Bundle, { specTable, tree }: Context): Generator<undefined, void> {
  const files = new ProjectFiles(Object.fromEntries(paths.map((path) => [path, texts.get(path) ?? ""])), "/");
  const found: { at: string; parent: Node }[] = [{ at: "", parent: node }];
  for (const { at, parent } of found) {
    for (const folder of packageFolders(files, `${at}/node_modules`)) {
      const manifest = readPackageJson(files, folder)?.manifest;
      if (!manifest) continue;
      const child = new Node({ specTable, name: nameFromFolder(folder), manifest, resolved: null });
      tree.attach(child, parent);
      yield;
      found.push({ at: folder, parent: child });
    }
  }
}

/** Returns the package folders in a `node_modules` folder, scoped ones included, sorted. */
function packageFolders(files: ProjectFiles, folder: string): string[] {
  const found: string[] = [];
  for (const name of files.names(folder)) {
    if (name.startsWith(".")) continue;
    const path = `${folder}/${name}`;
    if (name.startsWith("@")) found.push(...[...files.names(path)].map((below) => `${path}/${below}`));
    else found.push(path);
  }
  return found.filter((path) => files.isFolder(path)).sort();
}
