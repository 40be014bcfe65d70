import type { PatchMark } from "../api/lock-marks.ts";
import type { Manifest } from "../api/manifest.ts";
import { enOrder } from "../base/collate.ts";
import { isObject, type Json } from "../base/json.ts";
import { nameFromFolder, relativePath, resolvePath } from "../base/posix-path.ts";
import { sortPausing } from "../base/sort-pausing.ts";
import { InstallError } from "../errors/failure.ts";
import { invalidLock, missingTarget, oldLock } from "../errors/lockfile.ts";
import { type LockFlags, lockFlags } from "../lockfile/lock-flags.ts";
import { type JsonText, MAX_LOCK, parseJsonText } from "../project/json-text.ts";
import { normaliseManifest } from "../registry/normalise-manifest.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import { namesHash } from "../tarball/integrity.ts";
import { isOutside, parseLocation } from "./location.ts";
import type { PlanCode } from "./plan.ts";

/** The fields of a lock entry that an install reads. */
export interface PlanManifest {
  readonly name: string;
  readonly version: string;
  /** Command names and their files, as npm normalises them. */
  readonly bin: Readonly<Record<string, string>>;
  readonly hasInstallScript: boolean;
  readonly dependencies: Specs;
  readonly devDependencies: Specs;
  readonly optionalDependencies: Specs;
  readonly peerDependencies: Specs;
  readonly peerDependenciesMeta: Json | undefined;
  readonly engines: Specs;
  readonly os: Manifest["os"] | undefined;
  readonly cpu: Manifest["cpu"] | undefined;
  readonly libc: Manifest["libc"] | undefined;
  readonly workspaces: unknown;
}

type Specs = Readonly<Record<string, string>> | undefined;

/** One entry of a lock, checked: every field has its type, and no path leads out of its folder. */
export interface PlanNode extends LockFlags {
  readonly location: string;
  /** `project` is the root. `folder` is the target of a link: a workspace, or the folder of a `file:` dependency. */
  readonly kind: "project" | "package" | "folder" | "link";
  /** Of a package or link: the entry that has it in its `node_modules`. Null for the project and for folders. */
  readonly parent: PlanNode | null;
  /** The folder's name, which may be an alias of the package. */
  readonly folder: string;
  /** Of a link: the folder that it leads to. */
  readonly target: PlanNode | null;
  /** Of a link: the manifest of its target. */
  readonly manifest: PlanManifest;
  readonly resolved: string | null;
  readonly integrity: string | null;
  /** The project's patch for the package's files. */
  readonly patched?: PatchMark;
}

export type PlanNodes = ReadonlyMap<string, PlanNode>;

/** Parses a lock of version 2 or 3. @throws InstallError EJSONPARSE, EOLDLOCK, EINVALIDLOCK */
export function parseLockText(text: string): ParsedLock {
  return checkedLock(parseJsonText(text, "package-lock.json", MAX_LOCK));
}

/** As {@link parseLockText}, with pauses if the code for large JSON is loaded. */
export function* parseLock(text: string, parseLargeJson: PlanCode["parseLargeJson"]): Generator<undefined, ParsedLock> {
  return parseLargeJson ? checkedLock(yield* parseLargeJson(text, "package-lock.json")) : parseLockText(text);
}

interface ParsedLock {
  data: Json;
  packages: Json;
  indent: string;
  newline: string;
}

/** @throws InstallError EOLDLOCK, EINVALIDLOCK */
function checkedLock({ value, indent, newline }: JsonText): ParsedLock {
  if (!isObject(value)) throw invalidLock("it is not a JSON object");
  const { packages } = value;
  if (packages === undefined) {
    const version = value["lockfileVersion"];
    const message = `The lockfile has version ${typeof version === "number" ? version : 1}, which says too little to install from.`;
    const wayOut = [
      { kind: "other" as const, text: "Resolve the project first, and install the resolution or its new lock." },
    ];
    throw new InstallError(oldLock(message, { wayOut }));
  }
  if (!isObject(packages)) throw invalidLock(`"packages" is not an object`);
  return { data: value, packages, indent, newline };
}

/** Entries to read before other work gets the thread. */
export const ENTRIES_IN_A_STEP = 64;

/**
 * Reads the entries of a lock of version 2 or 3: the project first, then the others in npm's order. Yields every
 * `ENTRIES_IN_A_STEP` entries, so that other work can run in between.
 * @throws InstallError EJSONPARSE, ELIMIT, EOLDLOCK (version 1), EINVALIDLOCK, EMISSINGTARGET (a link without a target)
 */
export function* readLockNodes(
  text: string,
  parseLargeJson: PlanCode["parseLargeJson"],
): Generator<undefined, PlanNodes> {
  const { packages } = yield* parseLock(text, parseLargeJson);
  const nodes = new Map<string, PlanNode>();
  const links: [string, Json][] = [];
  const project = packages[""] ?? {};
  if (!isObject(project)) throw invalidLock(`"" is not an object`);
  nodes.set("", readNode(project, { location: "", kind: "project", parent: null, folder: "" }));
  yield;
  const locations = yield* sortPausing(Object.keys(packages), enOrder);
  for (const [i, location] of locations.entries()) {
    if (i % ENTRIES_IN_A_STEP === 0) yield;
    const raw = packages[location];
    if (!isObject(raw)) throw invalidLock(`"${location}" is not an object`, location);
    if (location === "") continue;
    if (raw["link"]) links.push([location, raw]);
    else addNode(raw, location, nodes);
  }
  if (links.length === 0) return nodes;
  for (const [location, raw] of links) addLink(raw, location, nodes);
  refuseBelowLinks(nodes, locations);
  return new Map(
    [...nodes.values()].sort((a, b) => enOrder(a.location, b.location)).map((node) => [node.location, node]),
  );
}

/** Adds a package or folder. A folder beside the project is kept only as the target of a link. */
function addNode(raw: Json, location: string, nodes: Map<string, PlanNode>): void {
  if (isOutside(location)) {
    nodes.set(
      location,
      readNode(raw, { location, kind: "folder", parent: null, folder: location.slice(location.lastIndexOf("/") + 1) }),
    );
    return;
  }
  const parts = parseLocation(location);
  if (!parts) throw invalidLock(`"${location}" is not a path that a package can have`, location);
  const { kind, folder } = parts;
  const parent = kind === "package" ? nodes.get(parts.above) : null;
  // npm passes over a package in the `node_modules` of one that has no entry: nothing can need it.
  if (parent === undefined) return;
  nodes.set(location, readNode(raw, { location, kind, parent, folder }));
}

function parentOf(location: string, above: string, nodes: Map<string, PlanNode>): PlanNode {
  const parent = nodes.get(above);
  if (!parent) throw invalidLock(`"${location}" is in "${above}", which has no entry`, location);
  return parent;
}

function addLink(raw: Json, location: string, nodes: Map<string, PlanNode>): void {
  const parts = parseLocation(location);
  const { resolved } = raw;
  if (parts?.kind !== "package") throw invalidLock(`"${location}" is not a path that a link can have`, location);
  if (typeof resolved !== "string") throw invalidLock(`"${location}" is a link without "resolved"`, location);
  const target = nodes.get(isOutside(resolved) ? resolved : relativePath("/", resolvePath("/", resolved)));
  if (!target || target.kind === "link") {
    throw missingTarget(location, resolved);
  }
  const parent = parentOf(location, parts.above, nodes);
  nodes.set(location, {
    ...target,
    location,
    folder: parts.folder,
    kind: "link",
    parent,
    target,
    resolved: null,
    integrity: null,
    inBundle: false,
  });
}

/** Refuses entries below a link: their files would be written to its target. Ignores case, as some file systems do. */
function refuseBelowLinks(nodes: ReadonlyMap<string, PlanNode>, locations: readonly string[]): void {
  const links = new Set<string>();
  for (const { kind, location } of nodes.values()) if (kind === "link") links.add(location.toLowerCase());
  if (links.size === 0) return;
  for (const location of locations) {
    const path = location.toLowerCase();
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (links.has(path.slice(0, end))) throw invalidLock(`"${location}" is below a link`, location);
    }
  }
}

type NodePosition = Pick<PlanNode, "location" | "kind" | "parent" | "folder">;

function readNode(raw: Json, { location, kind, parent, folder }: NodePosition): PlanNode {
  const text = (key: string): string | null => {
    const value = raw[key];
    if (value === undefined || value === null || value === "") return null;
    if (typeof value !== "string") throw invalidLock(`"${key}" of "${location}" is not a string`, location);
    return value;
  };
  const integrity = text("integrity");
  // An unreadable hash of a known algorithm fails later, when the tarball is verified.
  if (integrity !== null && !namesHash(integrity)) {
    throw invalidLock(`"integrity" of "${location}" has no usable hash`, location);
  }
  const name = text("name") ?? (kind === "package" ? folder : nameFromFolder(`/${location}`));
  if (kind === "package" && name !== folder && packageNameProblem(name) !== null) {
    throw invalidLock(`"name" of "${location}" is "${name}", which is not a package name`, location);
  }
  return {
    location,
    kind,
    parent,
    folder,
    target: null,
    manifest: readManifest(raw, name, text("version")),
    resolved: text("resolved"),
    integrity,
    ...(raw["patched"] ? { patched: patchOf(raw["patched"], location) } : {}),
    ...lockFlags(raw),
  };
}

function patchOf(mark: unknown, location: string): PatchMark {
  const { path, integrity } = isObject(mark) ? mark : {};
  if (typeof path === "string" && typeof integrity === "string") return { path, integrity };
  throw invalidLock(`"patched" of "${location}" has no path and integrity`, location);
}

const SECTIONS = [
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "engines",
] as const;

const NO_BIN = {};

/** Reads the fields of a manifest that an install needs. Ignores sections that are not objects. */
function readManifest(raw: Json, name: string, version: string | null): PlanManifest {
  for (const section of SECTIONS) if (raw[section] !== undefined && !isObject(raw[section])) raw[section] = undefined;
  const { dependencies, devDependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } =
    raw as Manifest;
  const { engines, os, cpu, libc, workspaces } = raw as Manifest;
  const dependent = { dependencies, devDependencies, optionalDependencies, peerDependencies, peerDependenciesMeta };
  const bin = raw["bin"] ? (normaliseManifest({ name, bin: raw["bin"] }).bin ?? NO_BIN) : NO_BIN;
  const hasInstallScript = raw["hasInstallScript"] === true;
  return { name, version: version ?? "", bin, hasInstallScript, ...dependent, engines, os, cpu, libc, workspaces };
}
