import type { ProjectInput, Resolution } from "../api/resolve.ts";
import { isObject } from "../base/json.ts";
import { parseJsonText } from "../project/json-text.ts";
import { hiddenLock } from "./hidden-lock.ts";
import type { Target } from "./install-ports.ts";
import type { PlanOptions } from "./plan.ts";
import { planInSteps } from "./read-plan.ts";
import { lockOfTree } from "./tree-lock.ts";

export interface Given {
  resolution: Resolution | null;
  files: ProjectInput["files"] | undefined;
  substitutes?: Readonly<Record<string, string>>;
}

/**
 * A lock's text as something to install; what a resolution gives beside it is what version 1 locks do not say.
 * @throws InstallError EINVALIDLOCK, EOLDLOCK, EBADPLATFORM, … when its plan is asked for
 */
export function targetOf(text: string | undefined, options: PlanOptions, given: Given): Target {
  const { resolution, files, substitutes = {} } = given;
  const usable = text !== undefined && (resolution === null || /"packages"\s*:/.test(text));
  // What a lock of version 1 does not say is in the tree.
  const lock = usable ? text : lockOfTree(resolution!.tree);
  return {
    glance: () => Array.from(lock.matchAll(/"integrity": ?"([^"\\]+)"/g), ([, integrity]) => integrity as string),
    plan: (failed) => planInSteps(lock, { ...options, failed }),
    lockfile: (computed) => (text === undefined ? "" : withIntegrity(text, computed)),
    hiddenLock: (plan) => hiddenLock(lock, plan),
    resolution,
    files,
    substitutes,
  };
}

/** The lock, with what was computed for entries that had no integrity. */
function withIntegrity(text: string, computed: ReadonlyMap<string, string>): string {
  if (computed.size === 0) return text;
  const { value, indent, newline } = parseJsonText(text, "package-lock.json");
  const packages = isObject(value) && isObject(value["packages"]) ? value["packages"] : {};
  for (const [location, integrity] of computed) {
    const entry = packages[location];
    if (isObject(entry)) packages[location] = { ...entry, integrity };
  }
  return JSON.stringify(value, null, indent).replaceAll("\n", newline) + newline;
}
