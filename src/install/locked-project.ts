import type { ProjectInput, Resolution } from "../api/resolve.ts";
import { isObject } from "../base/json.ts";
import type { Clock } from "../base/spawn-local.ts";
import { MAX_LOCK, parseJsonText } from "../project/json-text.ts";
import { npmRules } from "../spec/npm-rules.ts";
import { hiddenLock } from "./hidden-lock.ts";
import type { InstallPlan, PlanOptions } from "./plan.ts";
import { loadPlanCode, planInSteps } from "./read-plan.ts";
import { lockOfTree } from "./tree-lock.ts";

/** A project with its lock, ready to install. */
export interface LockedProject {
  /** Null if only a lock was given. */
  readonly resolution: Resolution | null;
  /** The project's own files, if they are known. */
  readonly files: ProjectInput["files"] | undefined;
  /** The version of Node whose rules of module resolution apply. */
  readonly nodeVersion: string | undefined;
  /** The version of npm whose rules apply. */
  readonly npmVersion: string | undefined;
  /** Whether npm runs the scripts of packages of which the project's policy says nothing. */
  readonly scriptsAllowed: boolean | null;
  /** Packages that were replaced, and the specs that replaced them. */
  readonly substitutes: Readonly<Record<string, string>>;
  /**
   * Plans the install, without the optional packages at the locations `failed` and everything that only they need.
   * @throws InstallError EINVALIDLOCK, EOLDLOCK, EBADPLATFORM, …
   */
  plan(failed: ReadonlySet<string>): Promise<Generator<undefined, InstallPlan>>;
  /** Finds integrities in the lock's text without parsing it, so that their packs can be looked up while the plan is made. */
  integrities(): string[];
  /**
   * Returns the lock's text.
   * @param computed integrities for entries that have none, by location
   * @param unpatched locations whose patch was not applied
   * @param dropped locations to leave out
   */
  lockfile(computed: ReadonlyMap<string, string>, unpatched?: ReadonlySet<string>, dropped?: readonly string[]): string;
  /** Returns the text of `node_modules/.package-lock.json`. @param unpatched locations whose patch was not applied */
  hiddenLock(plan: InstallPlan, unpatched?: ReadonlySet<string>): string;
}

/** The members by which a lock of version 4 says what changed a package. */
const MARKS = ["patched", "packageExtensionsApplied", "npmExtensionApplied"];

/** What is known of a project besides its lock. */
export type ProjectFacts = Pick<LockedProject, "resolution" | "files"> & Partial<Pick<LockedProject, "substitutes">>;

/** Joins a lock's text and a resolution. A lock that says too little (version 1, or none at all) is made from the resolution's tree. */
export function lockedProject(text: string | undefined, options: PlanOptions, facts: ProjectFacts): LockedProject {
  const { resolution, files, substitutes = {} } = facts;
  const isComplete = text !== undefined && (resolution === null || /"packages"\s*:/.test(text));
  const lock = isComplete ? text : lockOfTree(resolution!.tree);
  return {
    resolution,
    files,
    nodeVersion: options.platform.node,
    npmVersion: options.platform.npm,
    scriptsAllowed: options.scriptsAllowed ?? null,
    substitutes,
    plan: async (failed) => planInSteps(lock, { ...options, failed }, await loadPlanCode(lock, options)),
    integrities: () => Array.from(lock.matchAll(/"integrity": ?"([^"\\]+)"/g), ([, integrity]) => integrity as string),
    lockfile: (computed, unpatched = new Set(), dropped = []) =>
      text === undefined ? "" : editedLock(text, { computed, unpatched, dropped }),
    hiddenLock: (plan, unpatched) => {
      // npm 11 knows no marks, and drops them.
      const known = options.platform.npm === undefined || npmRules(options.platform.npm).knowsLock4;
      return hiddenLock(lock, plan, (location) => (!known ? MARKS : unpatched?.has(location) ? ["patched"] : []));
    },
  };
}

/** Milliseconds of planning before other work gets the thread. */
const SLICE = 8;

/** Makes the plan of a project in slices, with other work in between. @throws InstallError as `plan`, or the signal's reason */
export async function planInSlices(
  project: LockedProject,
  failed: ReadonlySet<string>,
  { now, nextTurn }: Clock,
  signal: AbortSignal,
): Promise<InstallPlan> {
  const steps = await project.plan(failed);
  let since = now();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (now() - since < SLICE) continue;
    await nextTurn();
    signal.throwIfAborted();
    since = now();
  }
}

interface LockEdits {
  readonly computed: ReadonlyMap<string, string>;
  readonly unpatched: ReadonlySet<string>;
  readonly dropped: readonly string[];
}

/** Adds integrities to the entries of a lock, removes marks of patches that were not applied and dropped entries, and keeps its layout. */
function editedLock(text: string, { computed, unpatched, dropped }: LockEdits): string {
  if (computed.size === 0 && unpatched.size === 0 && dropped.length === 0) return text;
  const { value, indent, newline } = parseJsonText(text, "package-lock.json", MAX_LOCK);
  const packages = isObject(value) && isObject(value["packages"]) ? value["packages"] : {};
  for (const [location, integrity] of computed) {
    const entry = packages[location];
    if (isObject(entry)) packages[location] = { ...entry, integrity };
  }
  for (const location of unpatched) {
    const entry = packages[location];
    if (isObject(entry)) delete entry["patched"];
  }
  for (const location of dropped) delete packages[location];
  if (!text.includes("\n")) return JSON.stringify(value);
  return JSON.stringify(value, null, indent).replaceAll("\n", newline) + newline;
}
