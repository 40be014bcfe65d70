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
  ...features("12.2.2", "the new fields and policies of npm 12 are not complete", [
    "ext-add-dependency",
    "ext-optional",
    "ext-scoped-prerelease",
    "ext-alias",
    "ext-empty",
    "ext-workspace",
    "ext-lock3",
    "ext-lock-option-2",
    "ext-error-value-not-object",
    "ext-error-field",
    "ext-error-delete-null",
    "ext-error-delete-dash",
    "ext-error-selector-blank",
    "ext-error-selector-empty",
    "ext-error-duplicate",
    "ext-error-moved",
    "ext-error-meta-not-object",
    "ext-error-conflict",
    "ext-lock4-removed",
    "ext-lock4-update-all",
    "ext-lock-unmatched",
    "ext-peer-conflict",
    "ext-dev-peer",
    "patch-exact",
    "patch-order",
    "patch-two-places",
    "patch-alias",
    "patch-rm",
    "patch-rm-last",
    "patch-error-missing",
    "patch-error-outside",
    "patch-error-workspace",
    "patch-error-folder",
    "allow-remote-none",
    "allow-git-none",
    "allow-bundle-lock-only",
    "bundle-root-ext",
    "bundle-own-ext",
    "bundle-own-npm-extension",
    "bundle-patch",
  ]),
  ...features("11.19.1", "the policies of npm 12 are not complete", [
    "allow-remote-none",
    "allow-git-none",
    "allow-bundle-lock-only",
  ]),
]);

/** `features/lock-5 (npm 12.2.2)`. */
function features(npm: string, reason: string, names: readonly string[]): [string, string][] {
  return names.map((name) => [`features/${name} (npm ${npm})`, reason]);
}

/** Checks for a case like `arborist/bit-global-style`. @param npm of a feature: whose answer is expected */
export function isDeviation({ suite, name }: { suite: string; name: string }, npm?: string): boolean {
  return DEVIATIONS.has(suite === "features" ? `${suite}/${name} (npm ${npm})` : `${suite}/${name}`);
}
