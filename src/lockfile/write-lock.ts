import { nameFromFolder, relativePath } from "../base/posix-path.ts";
import type { Manifest } from "../registry/manifest.ts";
import { carryResolved } from "./resolved.ts";
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

const FIELDS = [
  "version",
  "dependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "optionalDependencies",
  "bundleDependencies",
  "acceptDependencies",
  "funding",
  "engines",
  "os",
  "cpu",
  "libc",
  "license",
  "hasInstallScript",
  "bin",
  "deprecated",
  "workspaces",
] as const;

/** The text of a lockfile, to the byte of npm's (npm-tree §22). */
export function writeLock(input: LockInput): string {
  const { root, lockfileVersion, legacy } = input;
  const lock: LockJson = { __proto__: null };
  for (const [key, value] of input.extra ?? []) lock[key] = value;
  lock["name"] = root.packageName || root.name;
  if (root.version) lock["version"] = root.version;
  lock["lockfileVersion"] = lockfileVersion;
  lock["requires"] = true;
  if (lockfileVersion < 3 && legacy) lock["dependencies"] = legacy(root);
  if (lockfileVersion > 1) lock["packages"] = packagesOf(input);
  const text = `${sortedJson(lock, (input.indent || "  ").slice(0, 10))}\n`;
  const newline = input.newline || "\n";
  return newline === "\n" ? text : text.replaceAll("\n", newline);
}

function packagesOf({ root, nodes }: LockInput): LockJson {
  const packages: LockJson = { __proto__: null };
  const own = lockEntry(root, root.path);
  if (Object.keys(own).length > 0) packages[""] = own;
  for (const node of nodes) {
    const { location } = node;
    if (location === "" || isStale(node) || (node.inert && !node.manifest.version)) continue;
    packages[location] = lockEntry(node, root.path);
  }
  return packages;
}

/** A workspace or `file:` folder that the project no longer mentions. One below another package stays for `npm ci`. */
function isStale({ extraneous, location, fsParent }: LockNode): boolean {
  if (!extraneous || /(?:^|\/)node_modules(?:\/|$)/.test(location)) return false;
  return fsParent === null || fsParent.isProjectRoot;
}

/** A node's entry under `packages` (npm-tree §22.2, §22.3). `rootPath` is the project's absolute folder. */
export function lockEntry(node: LockNode, rootPath: string): LockJson {
  if (node.isLink) return { resolved: relativePath(rootPath, node.realpath), link: true };
  const { manifest, packageName } = node;
  const entry = lockFields(manifest);
  const { install, preinstall, postinstall } = (manifest.scripts ?? {}) as Record<string, string>;
  if (install || preinstall || postinstall) entry["hasInstallScript"] = true;
  if (
    packageName &&
    (node.isProjectRoot || packageName !== node.name || nameFromFolder(node.realpath) !== packageName)
  ) {
    entry["name"] = packageName;
  }
  if (node.isTop && manifest.devDependencies) entry["devDependencies"] = manifest.devDependencies;
  const integrity = node.integrity || manifest["_integrity"];
  if (integrity) entry["integrity"] = integrity;
  if (node.bundler()) entry["inBundle"] = true;
  if (node.hasShrinkwrap || manifest._hasShrinkwrap) entry["hasShrinkwrap"] = true;
  const resolved = node.resolved && carryResolved(node.resolved, node.path, rootPath);
  if (resolved) entry["resolved"] = resolved;
  if (node.extraneous) entry["extraneous"] = true;
  else {
    if (node.peer) entry["peer"] = true;
    if (node.dev) entry["dev"] = true;
    if (node.optional) entry["optional"] = true;
    if (node.devOptional && !node.dev && !node.optional) entry["devOptional"] = true;
  }
  return entry;
}

/** What an entry has from its manifest alone: the fields that are neither empty nor false. */
export function lockFields(manifest: Manifest): LockJson {
  const entry: LockJson = {};
  for (const field of FIELDS) copyField(manifest, field, entry);
  return entry;
}

function copyField(manifest: Manifest, field: (typeof FIELDS)[number], entry: LockJson): void {
  const value: unknown = manifest[field];
  if (!value) return;
  if (typeof value !== "object") entry[field] = value;
  else if (field === "license" && (value as { type?: unknown }).type) entry[field] = (value as { type: unknown }).type;
  else if (Object.keys(value).length > 0) entry[field] = value;
}
