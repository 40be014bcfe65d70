import type { Manifest } from "../../src/api/manifest.ts";
import { nameFromFolder, resolvePath } from "../../src/base/posix-path.ts";
import type { LockData } from "../../src/lockfile/read-lock.ts";
import type { LockEdge, LockNode } from "../../src/lockfile/write-lock.ts";

interface Settable extends Omit<LockNode, "children" | "fsChildren" | "edgesIn" | "target" | "edges"> {
  children: Map<string, LockNode>;
  fsChildren: Set<LockNode>;
  edgesIn: Set<LockEdge>;
  target: LockNode;
  fsParent: LockNode | null;
  out: Map<string, LockEdge>;
  edges(): Map<string, LockEdge>;
}

export interface RootPlace {
  /** The absolute folder of the project. */
  root: string;
  manifest: Manifest;
  peerless?: boolean;
}

/** Makes a writer's nodes directly from a lock's entries, without the engine between reading and writing. */
export function lockNodes(lock: LockData, place: RootPlace): { root: LockNode; nodes: LockNode[] } {
  const { manifest, peerless = false } = place;
  const all = new Map<string, Settable>();
  const rootNode = node(place, "", manifest);
  all.set("", rootNode);
  Object.assign(rootNode, { isProjectRoot: true, isTop: true });
  for (const [location, entry] of lock.packages) {
    const made = node(place, location, entry.manifest);
    all.set(location, made);
    const {
      resolved,
      integrity,
      hasShrinkwrap: statesShrinkwrap,
      dev,
      optional,
      devOptional,
      peer,
      extraneous,
    } = entry;
    Object.assign(made, { resolved, integrity, statesShrinkwrap, dev, optional, devOptional, peer, extraneous });
    made.isTop = !/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/.test(location);
    made.fsParent = made.isTop ? rootNode : null;
    if (made.isTop) rootNode.fsChildren.add(made);
    made.isLink = entry.target !== null;
    if (entry.inBundle) made.bundler = () => rootNode;
    // A package next to the project's own bundled packages is bundled by the project, not by a dependency.
    made.inDepBundle = entry.inBundle && parentOf(location) !== "";
  }
  for (const [location, entry] of lock.packages) {
    if (entry.target === null) continue;
    const [link, target] = [all.get(location)!, all.get(entry.target)!];
    Object.assign(link, {
      target,
      realpath: target.path,
      manifest: target.manifest,
      version: target.version,
      packageName: target.packageName,
    });
  }
  for (const child of all.values()) {
    const parent = parentOf(child.location);
    if (parent !== null) all.get(parent)?.children.set(child.name, child);
  }
  for (const from of all.values()) if (!from.isLink) addEdges(from, all, peerless);
  return { root: rootNode, nodes: [...all.values()] };
}

/** Returns the location of the node whose `node_modules` contains this one. */
function parentOf(location: string): string | null {
  return (
    /^(?:(.*)\/)?node_modules\/(?:@[^/]+\/)?[^/]+$/
      .exec(location)
      ?.slice(1)
      .map((above) => above ?? "")[0] ?? null
  );
}

function addEdges(from: Settable, all: Map<string, Settable>, peerless: boolean): void {
  const { manifest } = from;
  const peers = peerless ? {} : manifest.peerDependencies;
  const add = (name: string, effective: string, peer: boolean): void => {
    const to = resolve(from.location, name, all);
    const edge: LockEdge = { from, name, effective, peer, valid: to !== undefined, isRegistry: () => true };
    from.out.delete(name);
    from.out.set(name, edge);
  };
  for (const [name, spec] of Object.entries(peers ?? {})) add(name, spec, true);
  for (const [name, spec] of Object.entries(manifest.dependencies ?? {})) add(name, spec, false);
  for (const [name, spec] of Object.entries(manifest.optionalDependencies ?? {})) add(name, spec, false);
  if (from.isTop) for (const [name, spec] of Object.entries(manifest.devDependencies ?? {})) add(name, spec, false);
  if (from.isProjectRoot && manifest.workspaces) {
    for (const { isLink, target, name } of from.children.values()) if (isLink) add(name, `file:${target.path}`, false);
  }
  for (const edge of from.out.values()) resolve(from.location, edge.name, all)?.edgesIn.add(edge);
}

function resolve(location: string, name: string, all: Map<string, Settable>): Settable | undefined {
  for (let at = location; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    const found = all.get(`${at}${at && "/"}node_modules/${name}`);
    if (found || at === "") return found;
  }
}

type Mutable = { -readonly [K in keyof Settable]: Settable[K] };

function node(place: RootPlace, location: string, manifest: Manifest): Mutable {
  const path = resolvePath(place.root, location);
  const made: Mutable = {
    name: nameFromFolder(path),
    packageName: manifest.name || null,
    version: manifest.version ?? "",
    manifest,
    location,
    path,
    realpath: path,
    target: null as unknown as LockNode,
    isLink: false,
    isTop: false,
    isProjectRoot: false,
    fsParent: null,
    resolved: null,
    integrity: null,
    marks: null,
    statesShrinkwrap: false,
    inDepBundle: false,
    dev: false,
    optional: false,
    devOptional: false,
    peer: false,
    extraneous: false,
    inert: false,
    children: new Map(),
    fsChildren: new Set(),
    edgesIn: new Set(),
    out: new Map(),
    edges: () => made.out,
    bundler: () => null,
  };
  made.target = made;
  return made;
}
