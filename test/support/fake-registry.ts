import { compare, prerelease } from "semver";
import { type MemoryRegistry, memoryRegistry } from "./registry/memory-fetch.ts";
import type { RegistryOptions } from "./registry/responder.ts";
import { inlineSnapshot, PLACEHOLDER, type Snapshot } from "./registry/snapshot.ts";

/**
 * A version: its dependencies (`{ b: "^1.0.0" }`), or, if a value is not a string, fields of its manifest
 * (`{ peerDependencies: { b: "1" }, deprecated: "use c" }`).
 */
export type FakeManifest = Readonly<Record<string, unknown>>;

export interface FakeOptions extends RegistryOptions {
  /** Dist-tags by package. Without `latest`, it is the highest release. */
  tags?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Publish times by `name@version`. */
  times?: Readonly<Record<string, string>>;
  /** Archives by path: `a/-/a-1.0.0.tgz`. A test that gives one must give its `dist` too. */
  tarballs?: Readonly<Record<string, Uint8Array>>;
}

export interface FakeRegistry extends MemoryRegistry {
  snapshot: Snapshot;
  tarballs: Readonly<Record<string, Uint8Array>>;
}

/** Returns 64 bytes derived from the id: valid as an integrity, and different for each id. */
function integrityOf(id: string): string {
  return `sha512-${btoa(id.padEnd(64, ".").slice(0, 64))}`;
}

function manifestOf(name: string, version: string, value: FakeManifest): Record<string, unknown> {
  const fields = Object.values(value).every((one) => typeof one === "string") ? { dependencies: value } : value;
  const tarball = `${PLACEHOLDER}${name}/-/${name.split("/").pop()}-${version}.tgz`;
  return { name, version, dist: { tarball, integrity: integrityOf(`${name}@${version}`) }, ...fields };
}

/** Returns the highest release, or the highest version if there are only prereleases. */
function latestOf(versions: readonly string[]): string | undefined {
  const releases = versions.filter((version) => !prerelease(version));
  return (releases.length > 0 ? releases : [...versions]).sort(compare).at(-1);
}

/** Makes a registry from a short description: `fakeRegistry({ "a@1.0.0": { b: "^1.0.0" }, "b@1.4.0": {} })`. */
export function fakeRegistry(
  packages: Readonly<Record<string, FakeManifest>>,
  options: FakeOptions = {},
): FakeRegistry {
  const versions = new Map<string, Map<string, Record<string, unknown>>>();
  for (const [id, value] of Object.entries(packages)) {
    const at = id.lastIndexOf("@");
    const [name, version] = [id.slice(0, at), id.slice(at + 1)];
    versions.set(name, (versions.get(name) ?? new Map()).set(version, manifestOf(name, version, value)));
  }
  const documents = [...versions].map(([name, found]) => {
    const tags = { latest: latestOf([...found.keys()]), ...options.tags?.[name] };
    const dated = [...found.keys()].filter((version) => options.times?.[`${name}@${version}`]);
    const time = Object.fromEntries(dated.map((version) => [version, options.times?.[`${name}@${version}`]]));
    const document = { name, "dist-tags": tags, versions: Object.fromEntries(found) };
    return [name, dated.length > 0 ? { ...document, time } : document] as const;
  });
  const { tarballs = {} } = options;
  const snapshot = inlineSnapshot(Object.fromEntries(documents), tarballs);
  return { ...memoryRegistry(snapshot, options), snapshot, tarballs };
}
