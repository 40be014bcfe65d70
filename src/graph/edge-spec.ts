import type { Manifest } from "../api/manifest.ts";
import type { DependencyType } from "../api/resolve.ts";
import { fold } from "./fold.ts";
import type { Want } from "./spec-table.ts";

/** What a manifest says of one dependency. Shared by every node made from that manifest. */
export interface EdgeSpec {
  readonly name: string;
  readonly key: string;
  readonly type: DependencyType;
  readonly raw: string;
  readonly accept: string | undefined;
  readonly peer: boolean;
  readonly optional: boolean;
  /** The parsed form of `raw`, once somebody asked. */
  want: Want | null;
}

export type EdgeSpecs = ReadonlyMap<string, EdgeSpec>;

/** Which sections count: dev dependencies only for a top node, peers not under `legacyPeerDeps`. */
export interface SpecScope {
  dev: boolean;
  peers: boolean;
}

const caches: WeakMap<Manifest, EdgeSpecs>[] = [new WeakMap(), new WeakMap(), new WeakMap(), new WeakMap()];

/** The cached form of {@link readEdgeSpecs}; a manifest that is edited must be another object. */
export function edgeSpecs(manifest: Manifest, scope: SpecScope): EdgeSpecs {
  const cache = caches[(scope.dev ? 1 : 0) + (scope.peers ? 2 : 0)] as WeakMap<Manifest, EdgeSpecs>;
  let specs = cache.get(manifest);
  if (!specs) {
    specs = readEdgeSpecs(manifest, scope);
    cache.set(manifest, specs);
  }
  return specs;
}

/**
 * Edges in npm's order (npm-tree §4): required peers, optional peers, prod, optional, dev. A later one of the same
 * name replaces the earlier and moves to the end, so `ms` in both `dependencies` and `devDependencies` is a dev edge.
 */
function readEdgeSpecs(manifest: Manifest, scope: SpecScope): EdgeSpecs {
  const specs = new Map<string, EdgeSpec>();
  const accepts = record(manifest.acceptDependencies);
  const add = (name: string, raw: unknown, type: DependencyType): void => {
    if (typeof raw !== "string") return;
    const key = fold(name);
    specs.delete(key);
    specs.set(key, edgeSpec(name, raw, { type, accept: accepts[name] }));
  };
  if (scope.peers && manifest.peerDependencies) {
    const meta = record(manifest.peerDependenciesMeta);
    const peers = Object.entries(manifest.peerDependencies);
    const optional = (name: string): boolean => Boolean((meta[name] as { optional?: unknown } | undefined)?.optional);
    for (const [name, raw] of peers) if (!optional(name)) add(name, raw, "peer");
    for (const [name, raw] of peers) if (optional(name)) add(name, raw, "peerOptional");
  }
  for (const name in record(manifest.dependencies)) add(name, manifest.dependencies?.[name], "prod");
  for (const name in record(manifest.optionalDependencies))
    add(name, manifest.optionalDependencies?.[name], "optional");
  if (scope.dev)
    for (const name in record(manifest.devDependencies)) add(name, manifest.devDependencies?.[name], "dev");
  return specs;
}

export function edgeSpec(name: string, raw: string, how: { type: DependencyType; accept?: unknown }): EdgeSpec {
  const { type, accept } = how;
  return {
    name,
    key: fold(name),
    type,
    raw,
    accept: typeof accept === "string" ? accept || "*" : undefined,
    peer: type === "peer" || type === "peerOptional",
    optional: type === "optional" || type === "peerOptional",
    want: null,
  };
}

function record(value: unknown): Record<string, unknown> {
  return value && typeof value === "object" ? (value as Record<string, unknown>) : {};
}
