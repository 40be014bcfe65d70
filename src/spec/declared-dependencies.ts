import type { DependencyType } from "../api/resolve.ts";

type Section = Readonly<Record<string, unknown>> | undefined;

/** The sections of a manifest that name dependencies. */
export interface DependencySections {
  readonly dependencies?: Section;
  readonly devDependencies?: Section;
  readonly optionalDependencies?: Section;
  readonly peerDependencies?: Section;
  readonly peerDependenciesMeta?: Section;
}

/** The sections that count: dev dependencies only for a top package, peers not under `legacyPeerDeps`. */
export interface SectionScope {
  readonly dev: boolean;
  readonly peers: boolean;
}

export interface DeclaredDependency {
  readonly name: string;
  readonly spec: unknown;
  readonly type: DependencyType;
}

/**
 * Yields the dependencies of a manifest in npm's order (npm-tree §4): required peers, optional peers, `dependencies`,
 * `optionalDependencies`, `devDependencies`. A later entry replaces an earlier one of the same name, so `ms` in both
 * `dependencies` and `devDependencies` is a dev dependency.
 */
export function* declaredDependencies(
  manifest: DependencySections,
  { dev, peers }: SectionScope,
): Generator<DeclaredDependency> {
  if (peers && manifest.peerDependencies) {
    const meta = section(manifest.peerDependenciesMeta);
    const entries = Object.entries(manifest.peerDependencies);
    const isOptional = (name: string): boolean => Boolean((meta[name] as { optional?: unknown } | undefined)?.optional);
    for (const [name, spec] of entries) if (!isOptional(name)) yield { name, spec, type: "peer" };
    for (const [name, spec] of entries) if (isOptional(name)) yield { name, spec, type: "peerOptional" };
  }
  yield* entriesOf(manifest.dependencies, "prod");
  yield* entriesOf(manifest.optionalDependencies, "optional");
  if (dev) yield* entriesOf(manifest.devDependencies, "dev");
}

function* entriesOf(value: Section, type: DependencyType): Generator<DeclaredDependency> {
  const entries = section(value);
  for (const name in entries) yield { name, spec: entries[name], type };
}

function section(value: unknown): Readonly<Record<string, unknown>> {
  return value && typeof value === "object" ? (value as Record<string, unknown>) : {};
}
