import type { FakeManifest } from "../../support/fake-registry.ts";

/** What a package or the project asks for: npm's own sections. */
export interface Sections extends FakeManifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional: boolean }>>;
}

export interface Project extends Sections {
  /** `{ b: "1.2.0" }`, or for the dependencies of a alone `{ a: { b: "1" } }`. */
  readonly overrides?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** A registry and a project, in the words of `fakeRegistry`: what a generator draws and a counterexample prints. */
export interface RegistryCase {
  /** By `name@version`. */
  readonly packages: Readonly<Record<string, Sections>>;
  /** By name: every package has at least `latest`. */
  readonly tags: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly project: Project;
}

/** `@s/a@1.0.0` → `@s/a`, `1.0.0`. */
export function splitId(id: string): { name: string; version: string } {
  const at = id.lastIndexOf("@");
  return { name: id.slice(0, at), version: id.slice(at + 1) };
}

/** The registry without some of its versions. A tag still names one that is gone: were it moved, specs would mean something else. */
export function unpublish({ packages, ...rest }: RegistryCase, isRemoved: (id: string) => boolean): RegistryCase {
  return { ...rest, packages: Object.fromEntries(Object.entries(packages).filter(([id]) => !isRemoved(id))) };
}

/** The registry with a newer version of these packages, which asks for nothing. */
export function publish({ packages, tags, project }: RegistryCase, names: readonly string[]): RegistryCase {
  const newer = names.map((name) => [`${name}@9.0.0`, {}] as const);
  const latest = names.map((name) => [name, { ...tags[name], latest: "9.0.0" }] as const);
  return {
    packages: { ...packages, ...Object.fromEntries(newer) },
    tags: { ...tags, ...Object.fromEntries(latest) },
    project,
  };
}

/** As it would be typed into a test. */
export function printCase({ packages, tags, project }: RegistryCase): string {
  const rows = Object.entries(packages).map(
    ([id, manifest]) => `  ${JSON.stringify(id)}: ${JSON.stringify(manifest)},`,
  );
  return [`project ${JSON.stringify(project)}`, "packages {", ...rows, "}", `tags ${JSON.stringify(tags)}`].join("\n");
}
