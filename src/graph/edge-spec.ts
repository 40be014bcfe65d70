import type { Manifest } from "../api/manifest.ts";
import type { DependencyType } from "../api/resolve.ts";
import { runToEnd } from "../base/run-to-end.ts";
import { declaredDependencies, type SectionScope } from "../spec/declared-dependencies.ts";
import { fold } from "./fold.ts";
import type { ParsedSpec } from "./spec-table.ts";

/** One dependency as a manifest states it. All nodes made from that manifest share it. */
export interface EdgeSpec {
  readonly name: string;
  /** The folded name: see `fold`. */
  readonly key: string;
  readonly type: DependencyType;
  /** The spec in the manifest, before overrides. */
  readonly raw: string;
  /** The range that `acceptDependencies` has for the name: it satisfies the edge too. */
  readonly accept: string | undefined;
  readonly peer: boolean;
  readonly optional: boolean;
  /** The parsed form of `raw`: null until an edge needs it. */
  parsed: ParsedSpec | null;
}

export type EdgeSpecs = ReadonlyMap<string, EdgeSpec>;

/** Dependencies of one manifest that are read between two pauses. */
const AT_ONCE = 2_000;

const caches: WeakMap<Manifest, EdgeSpecs>[] = [new WeakMap(), new WeakMap(), new WeakMap(), new WeakMap()];

/** Manifests that name a dependency twice and have a name with a capital: the two names may differ in case only. */
const repeating = new WeakSet<Manifest>();

/** Checks whether a manifest may have two names of one key, of which one is dropped. */
export function repeatsNames(manifest: Manifest): boolean {
  return repeating.has(manifest);
}

/** Returns the dependencies of a manifest, read once. An edited manifest must be a new object. */
export function edgeSpecs(manifest: Manifest, scope: SectionScope): EdgeSpecs {
  return runToEnd(readEdgeSpecs(manifest, scope));
}

/** Does the same as {@link edgeSpecs}, with pauses. */
export function* readEdgeSpecs(manifest: Manifest, scope: SectionScope): Generator<undefined, EdgeSpecs> {
  const cache = caches[(scope.dev ? 1 : 0) + (scope.peers ? 2 : 0)] as WeakMap<Manifest, EdgeSpecs>;
  const known = cache.get(manifest);
  if (known) return known;
  const specs = new Map<string, EdgeSpec>();
  const accepts = manifest.acceptDependencies ?? {};
  let hasTwice = false;
  let hasCapital = false;
  for (const { name, spec, type } of declaredDependencies(manifest, scope)) {
    if (typeof spec !== "string") continue;
    const key = fold(name);
    // Delete it first, because a later edge of the same name moves to the end of the map (npm-tree §4).
    if (specs.delete(key)) hasTwice = true;
    if (key !== name) hasCapital = true;
    specs.set(key, edgeSpec(name, spec, { type, accept: accepts[name] }));
    if (specs.size % AT_ONCE === 0) yield;
  }
  if (hasTwice && hasCapital) repeating.add(manifest);
  cache.set(manifest, specs);
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
    parsed: null,
  };
}
