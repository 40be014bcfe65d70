import type { Manifest } from "../api/manifest.ts";
import { enOrder } from "../base/collate.ts";
import { isObject, type Json } from "../base/json.ts";
import { nameFromFolder, relativePath, resolvePath } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { invalidLock, missingTarget, oldLock } from "../errors/lockfile.ts";
import { type LockFlags, lockFlags } from "../lockfile/lock-flags.ts";
import { parseJsonText } from "../project/json-text.ts";
import { normaliseManifest } from "../registry/normalise-manifest.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import { parseIntegrity } from "../tarball/integrity.ts";
import { isOutside, readLocation } from "./location.ts";

/** Of a place's manifest what an install reads. */
export interface PlanManifest {
  readonly name: string;
  readonly version: string;
  /** Name to path, as npm cleans them. */
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

/** One place of a lock, checked: what it claims has its type, and its paths stay where they belong. */
export interface PlanNode extends LockFlags {
  readonly location: string;
  /** `project` is the root; `folder` what a link can lead to: a workspace, or the folder of a `file:` dependency. */
  readonly kind: "project" | "package" | "folder" | "link";
  /** Of a package or link: where the folder is in whose `node_modules` it stands. Else null. */
  readonly parent: PlanNode | null;
  /** The name it stands under, which may be an alias. */
  readonly folder: string;
  /** Of a link. */
  readonly target: PlanNode | null;
  /** A link's is its target's. */
  readonly manifest: PlanManifest;
  readonly resolved: string | null;
  readonly integrity: string | null;
}

export type PlanNodes = ReadonlyMap<string, PlanNode>;

/** The object that a lock of version 2 or 3 is. @throws InstallError EJSONPARSE, EOLDLOCK, EINVALIDLOCK */
export function parseLockText(text: string): { data: Json; packages: Json; indent: string; newline: string } {
  const { value, indent, newline } = parseJsonText(text, "package-lock.json");
  if (!isObject(value)) throw invalidLock("it is no object");
  const { packages } = value;
  if (packages === undefined) {
    const version = value["lockfileVersion"];
    const message = `The lockfile is of version ${typeof version === "number" ? version : 1}: it does not say enough to install from.`;
    const wayOut = [{ kind: "other" as const, text: "Resolve the project first: its new lock will do." }];
    throw new InstallError(oldLock(message, { wayOut }));
  }
  if (!isObject(packages)) throw invalidLock(`"packages" is no object`);
  return { data: value, packages, indent, newline };
}

/** Places that are read before others may have the thread. */
export const SOME = 64;

/**
 * The places of a lock of version 2 or 3, the project's own first, then in npm's order. It stops now and then, so that it need not
 * be done in one go.
 * @throws InstallError EJSONPARSE, EOLDLOCK (version 1), EINVALIDLOCK, EMISSINGTARGET (a link to nowhere)
 */
export function* readLockNodes(text: string): Generator<undefined, PlanNodes> {
  const { packages } = parseLockText(text);
  const nodes = new Map<string, PlanNode>();
  const links: [string, Json][] = [];
  const project = packages[""] ?? {};
  if (!isObject(project)) throw invalidLock(`"" is no object`);
  nodes.set("", readNode(project, { location: "", kind: "project", parent: null, folder: "" }));
  yield;
  const locations = Object.keys(packages).sort(enOrder);
  for (const [i, location] of locations.entries()) {
    if (i % SOME === 0) yield;
    const raw = packages[location];
    if (!isObject(raw)) throw invalidLock(`"${location}" is no object`, location);
    if (location === "") continue;
    if (raw["link"]) links.push([location, raw]);
    else addNode(raw, location, nodes);
  }
  if (links.length === 0) return nodes;
  for (const [location, raw] of links) addLink(raw, location, nodes);
  refuseBelowLinks(nodes);
  return new Map(
    [...nodes.values()].sort((a, b) => enOrder(a.location, b.location)).map((node) => [node.location, node]),
  );
}

/** Something in a folder beside the project is not this project's to install: only what a link leads to is kept. */
function addNode(raw: Json, location: string, nodes: Map<string, PlanNode>): void {
  if (isOutside(location)) {
    nodes.set(
      location,
      readNode(raw, { location, kind: "folder", parent: null, folder: location.slice(location.lastIndexOf("/") + 1) }),
    );
    return;
  }
  const place = readLocation(location);
  if (!place) throw invalidLock(`"${location}" is no place of a package`, location);
  const { kind, folder } = place;
  const parent = kind === "package" ? parentOf(location, place.above, nodes) : null;
  nodes.set(location, readNode(raw, { location, kind, parent, folder }));
}

function parentOf(location: string, above: string, nodes: Map<string, PlanNode>): PlanNode {
  const parent = nodes.get(above);
  if (!parent) throw invalidLock(`"${location}" is in "${above}", which it does not have`, location);
  return parent;
}

function addLink(raw: Json, location: string, nodes: Map<string, PlanNode>): void {
  const place = readLocation(location);
  const { resolved } = raw;
  if (place?.kind !== "package") throw invalidLock(`"${location}" is no place of a link`, location);
  if (typeof resolved !== "string") throw invalidLock(`"${location}" is a link without "resolved"`, location);
  const target = nodes.get(isOutside(resolved) ? resolved : relativePath("/", resolvePath("/", resolved)));
  if (!target || target.kind === "link") {
    throw missingTarget(location, resolved);
  }
  const parent = parentOf(location, place.above, nodes);
  nodes.set(location, {
    ...target,
    location,
    folder: place.folder,
    kind: "link",
    parent,
    target,
    resolved: null,
    integrity: null,
    inBundle: false,
  });
}

/** What stands below a link would be written wherever that leads; on some disks `A` is `a`. */
function refuseBelowLinks(nodes: ReadonlyMap<string, PlanNode>): void {
  const links = new Set<string>();
  for (const { kind, location } of nodes.values()) if (kind === "link") links.add(location.toLowerCase());
  if (links.size === 0) return;
  for (const { location } of nodes.values()) {
    const path = location.toLowerCase();
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (links.has(path.slice(0, end))) throw invalidLock(`"${location}" is below a link`, location);
    }
  }
}

type Standing = Pick<PlanNode, "location" | "kind" | "parent" | "folder">;

/** What nearly every hash of a lock looks like. */
const USUAL_HASH = /^sha512-[A-Za-z0-9+/]{86}==$/;

function readNode(raw: Json, { location, kind, parent, folder }: Standing): PlanNode {
  const text = (key: string): string | null => {
    const value = raw[key];
    if (value === undefined || value === null || value === "") return null;
    if (typeof value !== "string") throw invalidLock(`"${key}" of "${location}" is no text`, location);
    return value;
  };
  const integrity = text("integrity");
  if (integrity !== null && !USUAL_HASH.test(integrity) && parseIntegrity(integrity).length === 0) {
    throw invalidLock(`"integrity" of "${location}" names no hash that can be checked`, location);
  }
  const name = text("name") ?? (kind === "package" ? folder : nameFromFolder(`/${location}`));
  if (kind === "package" && name !== folder && packageNameProblem(name) !== null) {
    throw invalidLock(`"${location}" is called "${name}", which is no package's name`, location);
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
    ...lockFlags(raw),
  };
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

/** What an install reads of a manifest, less what has not the type it should have. */
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
