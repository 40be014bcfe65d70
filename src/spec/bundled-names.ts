import type { Manifest } from "../api/manifest.ts";

/** Returns the names of the dependencies that a package ships in its own tarball (npm-tree §21). */
export function bundledNames({ bundleDependencies }: Manifest): readonly string[] {
  const names: readonly unknown[] = Array.isArray(bundleDependencies) ? bundleDependencies : [];
  return names.every(isText) ? names : names.filter(isText);
}

function isText(name: unknown): name is string {
  return typeof name === "string";
}
