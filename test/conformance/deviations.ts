/** Cases whose answer differs from npm's, with the reason. If a listed case passes, its test fails: remove the case here. */
export const DEVIATIONS: ReadonlyMap<string, string> = new Map<string, string>([
  ...features("12.2.2", "webhoist never runs the project's code, and answers as with ignore-extension", [
    "npm-extension-lock-gone",
    "npm-extension-mjs",
    "npm-extension-delete",
    "npm-extension-error-dup",
    "npm-extension-error-throw",
    "npm-extension-error-promise",
    "npm-extension-error-value",
  ]),
  ...features("12.2.2", "what a package bundles follows neither the package's own rules nor its code", [
    "bundle-own-ext",
    "bundle-own-npm-extension",
  ]),
  ...features("12.2.2", "the policies of npm 12 are not complete", ["allow-bundle-lock-only"]),
  ...features("11.19.1", "the policies of npm 12 are not complete", ["allow-bundle-lock-only"]),
]);

/** `features/lock-5 (npm 12.2.2)`. */
function features(npm: string, reason: string, names: readonly string[]): [string, string][] {
  return names.map((name) => [`features/${name} (npm ${npm})`, reason]);
}

/** Checks for a case like `arborist/bit-global-style`. @param npm of a feature: whose answer is expected */
export function isDeviation({ suite, name }: { suite: string; name: string }, npm?: string): boolean {
  return DEVIATIONS.has(suite === "features" ? `${suite}/${name} (npm ${npm})` : `${suite}/${name}`);
}
