import type { Manifest } from "../api/manifest.ts";

/** Returns the names of the dependencies that a package ships in its own tarball (npm-tree §21). */
export function bundledNames({ bundleDependencies }: Manifest): readonly string[] {
  return Array.isArray(bundleDependencies) ? bundleDependencies : [];
}
