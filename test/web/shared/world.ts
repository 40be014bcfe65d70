import type { InstallerOptions, ProjectInput } from "../../../src/api/resolve.ts";
import { type FakeRegistry, fakeRegistry } from "../../support/fake-registry.ts";
import type { RegistryOptions } from "../../support/registry/responder.ts";

/** The packages of {@link wideRegistry}. */
export const PACKAGES = 70;

/** Makes a registry of 70 packages: ten that the project names, and a chain of six below each. */
export function wideRegistry(options: RegistryOptions = {}): FakeRegistry {
  const manifests: Record<string, Record<string, string>> = {};
  for (let i = 0; i < PACKAGES; i++) manifests[`p${i}@1.0.0`] = i + 10 < PACKAGES ? { [`p${i + 10}`]: "1" } : {};
  return fakeRegistry(manifests, options);
}

/** @param names the packages that the project depends on */
export function wideProject(names: readonly string[] = Array.from({ length: 10 }, (_, i) => `p${i}`)): ProjectInput {
  const dependencies = Object.fromEntries(names.map((name) => [name, "^1.0.0"]));
  return { files: { "package.json": JSON.stringify({ name: "app", version: "1.0.0", dependencies }) } };
}

export function over({ fetch, url }: FakeRegistry, options: InstallerOptions = {}): InstallerOptions {
  return { fetch, registry: url, mode: "inline", cache: "none", ...options };
}
