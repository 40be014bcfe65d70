import type { Failure } from "../api/failure.ts";
import { nameFromFolder } from "../base/posix-path.ts";
import { failure } from "../errors/failure.ts";
import { Node } from "../graph/node.ts";
import type { LockData } from "../lockfile/read-lock.ts";
import { ProjectFiles } from "../project/files.ts";
import { readPackageJson } from "../project/package-json.ts";
import type { TarballListing } from "../tarball/list-tarball.ts";
import { type Context, raise } from "./context.ts";
import { calculateFlags, resetFlags } from "./flags.ts";
import { placeEntries } from "./load-lock.ts";

/** What a tarball holds for the tree: its listing, and its shrinkwrap read. */
export interface Bundle extends TarballListing {
  shrinkwrap: LockData | null;
}

/** Puts what a package ships in its tarball, or says in a shrinkwrap, below it (npm-tree §21). It is final. */
export function placeBundle(node: Node, bundle: Bundle, context: Context): void {
  const list = node.manifest.bundleDependencies;
  if (node.hasShrinkwrap && bundle.shrinkwrap) loadShrinkwrap(node, bundle.shrinkwrap, context);
  if (Array.isArray(list) && list.length > 0) loadBundled(node, bundle, context);
}

function loadShrinkwrap(node: Node, lock: LockData, context: Context): void {
  for (const { location, target } of lock.packages.values()) {
    if (location.startsWith("..") || target?.startsWith("..")) raise(outside(node, location));
  }
  const nodes = placeEntries(lock, node, context);
  for (const one of nodes.values()) if (one !== node) resetFlags(one);
  calculateFlags(node, false);
}

function outside(node: Node, location: string): Failure {
  const message = `The shrinkwrap in ${node.name}@${node.version} has an entry outside of it: "${location}"`;
  return failure("EINVALIDLOCATION", message, { package: node.name, requiredBy: [node.location] });
}

/** The folders under `node_modules` of an unpacked tarball, however deep, as children of its package. */
function loadBundled(node: Node, { paths, texts }: Bundle, { specTable, tree }: Context): void {
  const files = new ProjectFiles(Object.fromEntries(paths.map((path) => [path, texts.get(path) ?? ""])), "/");
  const found: { at: string; parent: Node }[] = [{ at: "", parent: node }];
  for (const { at, parent } of found) {
    for (const folder of packageFolders(files, `${at}/node_modules`)) {
      const manifest = readPackageJson(files, folder)?.manifest;
      if (!manifest) continue;
      const child = new Node({ specTable, name: nameFromFolder(folder), manifest, resolved: null });
      tree.attach(child, parent);
      found.push({ at: folder, parent: child });
    }
  }
}

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
