/** The fields of a version in a registry's abbreviated form: no `license`, no `libc`, no `scripts`. */
const KEPT = [
  "name",
  "version",
  "deprecated",
  "dependencies",
  "optionalDependencies",
  "devDependencies",
  "bundleDependencies",
  "bundledDependencies",
  "peerDependencies",
  "peerDependenciesMeta",
  "acceptDependencies",
  "bin",
  "directories",
  "dist",
  "engines",
  "_hasShrinkwrap",
  "cpu",
  "os",
  "funding",
];

export interface FullPackument {
  name: string;
  "dist-tags"?: Record<string, string>;
  versions?: Record<string, Record<string, unknown>>;
  time?: Record<string, string>;
}

/** Returns the abbreviated form of a document, as registries answer to `Accept: application/vnd.npm.install-v1+json`. */
export function abbreviate(full: FullPackument): Record<string, unknown> {
  const versions = Object.entries(full.versions ?? {}).map(([version, manifest]) => {
    const kept = KEPT.filter((key) => manifest[key] !== undefined).map((key) => [key, manifest[key]] as const);
    const scripts = (manifest["scripts"] ?? {}) as Record<string, unknown>;
    const runs = manifest["hasInstallScript"] || scripts["preinstall"] || scripts["install"] || scripts["postinstall"];
    return [version, { ...Object.fromEntries(kept), ...(runs ? { hasInstallScript: true } : {}) }] as const;
  });
  return {
    name: full.name,
    "dist-tags": full["dist-tags"],
    versions: Object.fromEntries(versions),
    modified: full.time?.["modified"],
  };
}
