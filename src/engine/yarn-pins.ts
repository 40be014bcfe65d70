// Loaded on demand: for a project with a yarn.lock.
import { parseYarnLock, yarnPin } from "../lockfile/yarn-lock.ts";
import { DEFAULT_REGISTRY } from "../registry/registry-config.ts";
import type { Spec } from "../spec/spec.ts";

export { writeYarnLock } from "../lockfile/yarn-lock.ts";

/** Returns a function that replaces a spec by the one that a classic yarn.lock pins it to, or null if it pins none (npm-tree §18.1). */
export function* yarnPins(text: string): Generator<undefined, (spec: Spec) => Spec | null> {
  const entries = yield* parseYarnLock(text);
  return (spec) => yarnPin(entries, spec, isPublic)?.spec ?? null;
}

/** Checks whether a URL is in the default public registry, or in yarn's mirror of it. Such a pin is kept as a version, others as a URL. */
function isPublic(url: string): boolean {
  if (DEFAULT_REGISTRY && url.startsWith(DEFAULT_REGISTRY)) return true;
  return /^https?:\/\/registry\.yarn\w+\.com\//.test(url);
}
