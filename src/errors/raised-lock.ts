// Loaded on demand: for a lock whose version is raised.
import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** ELOCKRAISED: a warning that the lock gets version 4, although another one was requested or found. */
export function raisedLock(from: number, hasPatches: boolean): Failure {
  const what = hasPatches ? "patchedDependencies" : "packageExtensions or .npm-extension";
  const message = `The version of the lockfile is raised from ${from} to 4, because of ${what}. An npm before 12 does not apply them.`;
  return failure("ELOCKRAISED", message, { found: String(from) });
}
