/** `p` wants `b@2` as a peer and `a` wants `b@1`: the smallest project that hoists, nests and joins a peer set. */
export const PACKAGE_JSON = JSON.stringify({
  name: "small",
  version: "1.0.0",
  dependencies: { a: "^1.0.0", p: "~1.0.0" },
});

/** Locations and versions that npm gives for it. */
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
  p: { "1.0.0": {}, "1.0.3": { peerDependencies: { b: "^2.0.0" } } },
};

/** The packument below a registry's base URL, or `undefined` where there is none. */
export function packument(name: string, registry: string): string | undefined {
  const versions = PACKAGES[name];
  if (!versions) return undefined;
  const entries = Object.entries(versions).map(([version, more]) => {
    const dist = {
      tarball: `${registry}${name}/-/${name}-${version}.tgz`,
      integrity: `sha512-${"A".repeat(86)}==`,
      shasum: "0".repeat(40),
    };
    return [version, { name, version, dist, ...more }] as const;
  });
  return JSON.stringify({
    name,
    "dist-tags": { latest: entries.at(-1)?.[0] },
    versions: Object.fromEntries(entries),
    modified: "2024-01-01T00:00:00.000Z",
  });
}

/** `location version` of a lock's packages, the project left out. */
export function placements(lock: string): string[] {
  const { packages } = JSON.parse(lock) as { packages: Record<string, { version: string }> };
  return Object.entries(packages).flatMap(([location, entry]) => (location ? [`${location} ${entry.version}`] : []));
}
