import type { FakeManifest } from "../../support/fake-registry.ts";

/** The dependencies of a package or the project, in npm's sections. */
export interface Sections extends FakeManifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional: boolean }>>;
}

export interface Project extends Sections {
  /** `{ b: "1.2.0" }`, or `{ a: { b: "1" } }` for the dependencies of a only. */
  readonly overrides?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** A registry and a project, in the form of `fakeRegistry`. Generators draw cases, and counterexamples print them. */
export interface RegistryCase {
  /** The manifests by `name@version`. */
  readonly packages: Readonly<Record<string, Sections>>;
  /** The dist-tags by package name. Every package has `latest`. */
  readonly tags: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly project: Project;
}

/** Splits `@s/a@1.0.0` into `@s/a` and `1.0.0`. */
export function splitId(id: string): { name: string; version: string } {
  const at = id.lastIndexOf("@");
  return { name: id.slice(0, at), version: id.slice(at + 1) };
}

/** Removes versions from a registry. Tags still name removed versions, because moving a tag would change the meaning of specs. */
export function unpublish({ packages, ...rest }: RegistryCase, isRemoved: (id: string) => boolean): RegistryCase {
  return { ...rest, packages: Object.fromEntries(Object.entries(packages).filter(([id]) => !isRemoved(id))) };
}

/** Adds a newer version of some packages, without dependencies. */
export function publish({ packages, tags, project }: RegistryCase, names: readonly string[]): RegistryCase {
  const newer = names.map((name) => [`${name}@9.0.0`, {}] as const);
  const latest = names.map((name) => [name, { ...tags[name], latest: "9.0.0" }] as const);
  return {
    packages: { ...packages, ...Object.fromEntries(newer) },
    tags: { ...tags, ...Object.fromEntries(latest) },
    project,
  };
}

/** Prints a case so that it can be pasted into a test. */
export function printCase({ packages, tags, project }: RegistryCase): string {
  const rows = Object.entries(packages).map(
    ([id, manifest]) => `  ${JSON.stringify(id)}: ${JSON.stringify(manifest)},`,
  );
  return [`project ${JSON.stringify(project)}`, "packages {", ...rows, "}", `tags ${JSON.stringify(tags)}`].join("\n");
}
