import { parseYarnLock, yarnPin } from "../lockfile/yarn-lock.ts";
import { DEFAULT_REGISTRY } from "../registry/registry-config.ts";
import type { Spec } from "../spec/spec.ts";

export { writeYarnLock } from "../lockfile/yarn-lock.ts";

/** What a classic yarn.lock pins each spec to (npm-tree §18.1). */
export function yarnPins(text: string): (spec: Spec) => Spec | null {
  const entries = parseYarnLock(text);
  return (spec) => yarnPin(entries, spec, isPublic)?.spec ?? null;
}

/** npm's own registry, or yarn's front to it: from these a version is as good as an address. */
function isPublic(url: string): boolean {
  if (DEFAULT_REGISTRY && url.startsWith(DEFAULT_REGISTRY)) return true;
  return /^https?:\/\/registry\.yarn\w+\.com\//.test(url);
}
