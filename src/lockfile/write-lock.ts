// Writes a lock, identical to npm's byte for byte (npm-tree §22):
//
// 1. Top level (§22.1): unknown keys of the old lock, then name, version, lockfileVersion, requires.
// 2. Versions 1 and 2: the nested `dependencies` (§22.6, legacy-lock.ts). Versions 2 and 3: `packages`.
// 3. `packages`: the root's entry if it is not empty, then one per node, except stale folders and inert nodes without a
//    version (§22.4).
// 4. An entry (§22.2, §22.3): a link has its target; a node has its metadata and flags, without empty values.
// 5. Text (§22.5): keys sorted at every level (sorted-json.ts), with the indent and the line breaks of package.json.

import type { LockHashes, LockMarks } from "../api/lock-marks.ts";
import type { Manifest } from "../api/manifest.ts";
import { nameFromFolder, relativePath } from "../base/posix-path.ts";
import { sortedJson } from "./sorted-json.ts";

/** The properties of an edge that the writers read. */
export interface LockEdge {
  readonly from: LockNode;
  readonly name: string;
  /** The spec after overrides. */
  readonly effective: string;
  readonly peer: boolean;
  readonly valid: boolean;
  /** Checks whether the spec after overrides names a package of a registry. */
  isRegistry(): boolean;
}

/** The properties of a node that the writers read. Paths are absolute; `location` is relative to the root. */
export interface LockNode {
  readonly name: string;
  readonly packageName: string | null;
  readonly version: string;
  readonly manifest: Manifest;
  readonly location: string;
  readonly path: string;
  /** The path of a link's target; otherwise `path`. */
  readonly realpath: string;
  readonly target: LockNode;
  readonly isLink: boolean;
  readonly isTop: boolean;
  readonly isProjectRoot: boolean;
  readonly fsParent: LockNode | null;
  readonly resolved: string | null;
  readonly integrity: string | null;
  readonly statesShrinkwrap: boolean;
  readonly marks: LockMarks | null;
  readonly inDepBundle: boolean;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly devOptional: boolean;
  readonly peer: boolean;
  readonly extraneous: boolean;
  readonly inert: boolean;
  readonly children: ReadonlyMap<string, LockNode>;
  /** The project's folders below this one that are outside its `node_modules`. */
  readonly fsChildren: Iterable<LockNode>;
  readonly edgesIn: Iterable<LockEdge>;
  edges(): ReadonlyMap<string, LockEdge>;
  /** Returns the package that bundles this one. It may be the root. */
  bundler(): LockNode | null;
}

/** The input of {@link writeLock}. */
export interface LockInput {
  root: LockNode;
  /** All nodes of the tree, with or without the root. */
  nodes: Iterable<LockNode>;
  lockfileVersion: number;
  /** Top-level keys of the previous lock that npm does not write itself. */
  extra?: ReadonlyMap<string, unknown> | undefined;
  /** The hashes for the root's entry of a version 4 lock. */
  hashes?: LockHashes | undefined;
  /** The indent of package.json. Default, also if empty: two blanks. */
  indent?: string | undefined;
  /** The line break of package.json. Default, also if empty: `\n`. */
  newline?: string | undefined;
  /** False writes one line without a line break at its end. Default true. */
  format?: boolean | undefined;
  /** Leaves out the URLs of packages that every dependent takes from a registry. */
  omitsRegistryUrls?: boolean | undefined;
  /** `legacyDependencies` of legacy-lock.ts, needed only for versions 1 and 2, and loaded only then. */
  legacy?: ((root: LockNode) => Generator<undefined, LockJson | undefined>) | undefined;
}

export type LockJson = Record<string, unknown>;

/** Writes the text of a lock. The generator pauses after each package. */
export function* writeLock(input: LockInput): Generator<undefined, string> {
  const { root, lockfileVersion, legacy } = input;
  const lock: LockJson = { __proto__: null };
  for (const [key, value] of input.extra ?? []) lock[key] = value;
  // From version 4 on, npm keeps the two of the old lock, and gives none to a new one.
  if (lockfileVersion < 4) {
    lock["name"] = root.manifest.name || root.name;
    if (root.manifest.version) lock["version"] = root.manifest.version;
  }
  lock["lockfileVersion"] = lockfileVersion;
  lock["requires"] = true;
  if (lockfileVersion < 3 && legacy) lock["dependencies"] = yield* legacy(root);
  if (lockfileVersion > 1) lock["packages"] = yield* packagesOf(input);
  if (input.format === false) return yield* sortedJson(lock, null);
  const text = `${yield* sortedJson(lock, (input.indent || "  ").slice(0, 10))}\n`;
  const newline = input.newline || "\n";
  return newline === "\n" ? text : text.replaceAll("\n", newline);
}

/** Step 3: returns `packages`. */
function* packagesOf({ root, nodes, hashes, omitsRegistryUrls }: LockInput): Generator<undefined, LockJson> {
  const packages: LockJson = { __proto__: null };
  const own = { ...lockEntry(root, root.path), ...hashes };
  if (Object.keys(own).length > 0) packages[""] = own;
  for (const node of nodes) {
    const { location } = node;
    if (location === "" || isStale(node) || (node.inert && !node.manifest.version)) continue;
    const entry = lockEntry(node, root.path);
    if (omitsRegistryUrls && !node.isLink && isFromRegistry(node)) delete entry["resolved"];
    packages[location] = entry;
    yield;
  }
  return packages;
}

/**
 * Checks for a workspace or `file:` folder that the project no longer uses. A folder below another package stays, because
 * `npm ci` needs it.
 */
function isStale({ extraneous, location, fsParent }: LockNode): boolean {
  if (!extraneous || /(?:^|\/)node_modules(?:\/|$)/.test(location)) return false;
  return fsParent === null || fsParent.isProjectRoot;
}

/**
 * Step 4: returns a node's entry under `packages`. Its keys are already in the order of the text, so that sorting is fast.
 * @param rootPath the project's absolute folder
 */
export function lockEntry(node: LockNode, rootPath: string): LockJson {
  if (node.isLink) return { resolved: relativePath(rootPath, node.realpath), link: true };
  const { manifest, resolved, extraneous, dev, optional } = node;
  // npm copies a name of the project that is not text.
  const packageName = node.isProjectRoot ? manifest.name : node.packageName;
  const entry: LockJson = {};
  if (packageName && (packageName !== node.name || mustStateName(node, packageName))) entry["name"] = packageName;
  putField(entry, "version", manifest.version);
  // The lock reader and the engine have already converted `resolved` to npm's form. Only its paths are still absolute.
  const local = resolved?.startsWith("file:") && `file:${relativePath(rootPath, resolved.slice("file:".length))}`;
  if (resolved) putField(entry, "resolved", local || resolved);
  putField(entry, "integrity", node.integrity || manifest["_integrity"]);
  putField(entry, "bundleDependencies", manifest.bundleDependencies);
  putField(entry, "cpu", manifest.cpu);
  putField(entry, "deprecated", manifest.deprecated);
  if (!extraneous && dev) entry["dev"] = true;
  if (!extraneous && node.devOptional && !dev && !optional) entry["devOptional"] = true;
  if (extraneous) entry["extraneous"] = true;
  putField(entry, "hasInstallScript", hasInstallScript(manifest) || manifest.hasInstallScript);
  if (node.statesShrinkwrap) entry["hasShrinkwrap"] = true;
  if (node.bundler()) entry["inBundle"] = true;
  putField(entry, "libc", manifest.libc);
  putField(entry, "license", (manifest.license as { type?: unknown } | undefined)?.type || manifest.license);
  if (!extraneous && optional) entry["optional"] = true;
  putField(entry, "os", manifest.os);
  if (!extraneous && node.peer) entry["peer"] = true;
  putField(entry, "workspaces", manifest.workspaces);
  putField(entry, "dependencies", manifest.dependencies);
  putField(entry, "acceptDependencies", manifest.acceptDependencies);
  putField(entry, "bin", manifest.bin);
  if (node.isTop && manifest.devDependencies) entry["devDependencies"] = manifest.devDependencies;
  putField(entry, "engines", manifest.engines);
  putField(entry, "funding", manifest.funding);
  putField(entry, "optionalDependencies", manifest.optionalDependencies);
  putField(entry, "peerDependencies", manifest.peerDependencies);
  putField(entry, "peerDependenciesMeta", manifest.peerDependenciesMeta);
  return node.marks ? { ...entry, ...node.marks } : entry;
}

/** Checks whether a node has dependents, and each of them takes it from a registry. */
function isFromRegistry({ edgesIn }: LockNode): boolean {
  const edges = [...edgesIn];
  return edges.length > 0 && edges.every((edge) => edge.isRegistry());
}

/** Adds a value, unless it is falsy, or an empty object or array. */
function putField(entry: LockJson, key: string, value: unknown): void {
  if (!value) return;
  if (typeof value !== "object" || Object.keys(value).length > 0) entry[key] = value;
}

function hasInstallScript({ scripts }: Manifest): boolean {
  return Boolean(scripts && (scripts["install"] || scripts["preinstall"] || scripts["postinstall"]));
}

/**
 * Checks whether an entry needs a `name`: always for the root, and for a folder of the project if its package has another
 * name.
 */
function mustStateName(node: LockNode, packageName: string): boolean {
  return node.isProjectRoot || (node.isTop && nameFromFolder(node.realpath) !== packageName);
}
