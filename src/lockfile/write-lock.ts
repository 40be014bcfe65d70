import type { Manifest } from "../api/manifest.ts";
import { nameFromFolder, relativePath } from "../base/posix-path.ts";
import { sortedJson } from "./sorted-json.ts";

/** What the writers read of an edge. */
export interface LockEdge {
  readonly from: LockNode;
  readonly name: string;
  /** The spec after overrides. */
  readonly effective: string;
  readonly peer: boolean;
  readonly valid: boolean;
}

/** What the writers read of a node. Paths are absolute, `location` is relative to the root. */
export interface LockNode {
  readonly name: string;
  readonly packageName: string | null;
  readonly version: string;
  readonly manifest: Manifest;
  readonly location: string;
  readonly path: string;
  /** A link's target's path, else `path`. */
  readonly realpath: string;
  readonly target: LockNode;
  readonly isLink: boolean;
  readonly isTop: boolean;
  readonly isProjectRoot: boolean;
  readonly fsParent: LockNode | null;
  readonly resolved: string | null;
  readonly integrity: string | null;
  readonly hasShrinkwrap: boolean;
  readonly inDepBundle: boolean;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly devOptional: boolean;
  readonly peer: boolean;
  readonly extraneous: boolean;
  readonly inert: boolean;
  readonly children: ReadonlyMap<string, LockNode>;
  /** Folders of the project below this one that are not under its `node_modules`. */
  readonly fsChildren: Iterable<LockNode>;
  readonly edgesIn: Iterable<LockEdge>;
  edges(): ReadonlyMap<string, LockEdge>;
  /** The package in whose tarball this one comes, the root's own `bundleDependencies` included. */
  bundler(): LockNode | null;
}

export interface LockInput {
  root: LockNode;
  /** Every node of the tree; the root may be among them. */
  nodes: Iterable<LockNode>;
  lockfileVersion: number;
  /** Top-level keys of the lock that was there and that npm does not write itself. */
  extra?: ReadonlyMap<string, unknown> | undefined;
  /** package.json's; empty or left out: two blanks. */
  indent?: string | undefined;
  /** package.json's; empty or left out: `\n`. */
  newline?: string | undefined;
  /** `legacyDependencies` of legacy-lock.ts: needed for versions 1 and 2, loaded only then. */
  legacy?: ((root: LockNode) => LockJson | undefined) | undefined;
}

export type LockJson = Record<string, unknown>;

/** The text of a lockfile, to the byte of npm's (npm-tree §22), with a pause after each package. */
export function* writeLock(input: LockInput): Generator<undefined, string> {
  const { root, lockfileVersion, legacy } = input;
  const lock: LockJson = { __proto__: null };
  for (const [key, value] of input.extra ?? []) lock[key] = value;
  lock["name"] = root.packageName || root.name;
  if (root.version) lock["version"] = root.version;
  lock["lockfileVersion"] = lockfileVersion;
  lock["requires"] = true;
  if (lockfileVersion < 3 && legacy) lock["dependencies"] = legacy(root);
  if (lockfileVersion > 1) lock["packages"] = yield* packagesOf(input);
  const text = `${yield* sortedJson(lock, (input.indent || "  ").slice(0, 10))}\n`;
  const newline = input.newline || "\n";
  return newline === "\n" ? text : text.replaceAll("\n", newline);
}

function* packagesOf({ root, nodes }: LockInput): Generator<undefined, LockJson> {
  const packages: LockJson = { __proto__: null };
  const own = lockEntry(root, root.path);
  if (Object.keys(own).length > 0) packages[""] = own;
  for (const node of nodes) {
    const { location } = node;
    if (location === "" || isStale(node) || (node.inert && !node.manifest.version)) continue;
    packages[location] = lockEntry(node, root.path);
    yield;
  }
  return packages;
}

/** A workspace or `file:` folder that the project no longer mentions. One below another package stays for `npm ci`. */
function isStale({ extraneous, location, fsParent }: LockNode): boolean {
  if (!extraneous || /(?:^|\/)node_modules(?:\/|$)/.test(location)) return false;
  return fsParent === null || fsParent.isProjectRoot;
}

/**
 * A node's entry under `packages` (npm-tree §22.2, §22.3), its keys in the order they are written, so that nothing has
 * to be sorted. `rootPath` is the project's absolute folder.
 */
export function lockEntry(node: LockNode, rootPath: string): LockJson {
  if (node.isLink) return { resolved: relativePath(rootPath, node.realpath), link: true };
  const { manifest, packageName, resolved, extraneous, dev, optional } = node;
  const entry: LockJson = {};
  if (packageName && (packageName !== node.name || mustStateName(node, packageName))) entry["name"] = packageName;
  put(entry, "version", manifest.version);
  // Readers and the engine have put it into npm's form; only paths are absolute until now.
  const local = resolved?.startsWith("file:") && `file:${relativePath(rootPath, resolved.slice("file:".length))}`;
  if (resolved) put(entry, "resolved", local || resolved);
  put(entry, "integrity", node.integrity || manifest["_integrity"]);
  put(entry, "bundleDependencies", manifest.bundleDependencies);
  put(entry, "cpu", manifest.cpu);
  put(entry, "deprecated", manifest.deprecated);
  if (!extraneous && dev) entry["dev"] = true;
  if (!extraneous && node.devOptional && !dev && !optional) entry["devOptional"] = true;
  if (extraneous) entry["extraneous"] = true;
  put(entry, "hasInstallScript", hasInstallScript(manifest) || manifest.hasInstallScript);
  if (node.hasShrinkwrap || manifest._hasShrinkwrap) entry["hasShrinkwrap"] = true;
  if (node.bundler()) entry["inBundle"] = true;
  put(entry, "libc", manifest.libc);
  put(entry, "license", (manifest.license as { type?: unknown } | undefined)?.type || manifest.license);
  if (!extraneous && optional) entry["optional"] = true;
  put(entry, "os", manifest.os);
  if (!extraneous && node.peer) entry["peer"] = true;
  put(entry, "workspaces", manifest.workspaces);
  put(entry, "dependencies", manifest.dependencies);
  put(entry, "acceptDependencies", manifest.acceptDependencies);
  put(entry, "bin", manifest.bin);
  if (node.isTop && manifest.devDependencies) entry["devDependencies"] = manifest.devDependencies;
  put(entry, "engines", manifest.engines);
  put(entry, "funding", manifest.funding);
  put(entry, "optionalDependencies", manifest.optionalDependencies);
  put(entry, "peerDependencies", manifest.peerDependencies);
  put(entry, "peerDependenciesMeta", manifest.peerDependenciesMeta);
  return entry;
}

/** Neither what is false nor what is empty is written. */
function put(entry: LockJson, key: string, value: unknown): void {
  if (!value) return;
  if (typeof value !== "object" || Object.keys(value).length > 0) entry[key] = value;
}

function hasInstallScript({ scripts }: Manifest): boolean {
  return Boolean(scripts && (scripts["install"] || scripts["preinstall"] || scripts["postinstall"]));
}

/** The root always says its name; a folder of the project does when it is called otherwise. */
function mustStateName(node: LockNode, packageName: string): boolean {
  return node.isProjectRoot || (node.isTop && nameFromFolder(node.realpath) !== packageName);
}
