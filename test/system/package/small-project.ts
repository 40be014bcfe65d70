import { createHash } from "node:crypto";

/** A small project with a hoisted and a nested package: `a` requires `b@1`, the project and the peer of `p` require `b@2`. */
export const PACKAGE_JSON = JSON.stringify({
  name: "small",
  version: "1.0.0",
  dependencies: { a: "^1.0.0", b: "^2.0.0", p: "~1.0.0" },
});

/** The locations and versions in npm 11.19.1's lock of the project. */
export const EXPECTED: readonly string[] = [
  "node_modules/a 1.1.0",
  "node_modules/a/node_modules/b 1.2.0",
  "node_modules/b 2.0.0",
  "node_modules/p 1.0.3",
];

type Versions = Record<string, Record<string, unknown>>;

const PACKAGES: Record<string, Versions> = {
  a: { "1.0.0": {}, "1.1.0": { dependencies: { b: "^1.0.0" } }, "2.0.0": {} },
  b: { "1.0.0": {}, "1.2.0": {}, "2.0.0": { engines: { node: ">=18" } } },
  p: { "1.0.0": {}, "1.0.3": { peerDependencies: { b: "^2.0.0" }, peerDependenciesMeta: { b: { optional: false } } } },
};

/** Returns a packument with tarball URLs below `registry`, or undefined if the package does not exist. */
export function packument(name: string, registry: string): string | undefined {
  const versions = PACKAGES[name];
  if (!versions) return undefined;
  const entries = Object.entries(versions).map(([version, more]) => {
    // Different for each version, because npm considers packages with the same integrity equal.
    const hash = createHash("sha512").update(`${name}@${version}`).digest("base64");
    const dist = { tarball: `${registry}${name}/-/${name}-${version}.tgz`, integrity: `sha512-${hash}` };
    return [version, { name, version, dist, ...more }] as const;
  });
  return JSON.stringify({
    name,
    "dist-tags": { latest: entries.at(-1)?.[0] },
    versions: Object.fromEntries(entries),
    modified: "2024-01-01T00:00:00.000Z",
  });
}

/** Returns `location version` of each package in a lock, without the project. */
export function placements(lock: string): string[] {
  const { packages } = JSON.parse(lock) as { packages: Record<string, { version: string }> };
  return Object.entries(packages).flatMap(([location, entry]) => (location ? [`${location} ${entry.version}`] : []));
}
