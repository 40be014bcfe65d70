import type { Failure, WayOut } from "../api/failure.ts";
import { failure, InstallError } from "./failure.ts";

const wayOut: WayOut[] = [{ kind: "other", text: "Remove the lockfile and resolve again." }];

/** EINVALIDLOCK. `location`: the entry that is damaged. */
export function invalidLock(problem: string, location?: string): InstallError {
  const requiredBy = location === undefined ? [] : [location];
  const message = `The lockfile is damaged: ${problem}.`;
  return new InstallError(failure("EINVALIDLOCK", message, { requiredBy, wayOut }));
}

/** EMISSINGTARGET: the entry at `location` is a link to `target`, for which the lockfile has no entry. */
export function missingTarget(location: string, target: string): InstallError {
  const message = `The lockfile is damaged: "${location}" is a link to "${target}", which has no entry.`;
  return new InstallError(failure("EMISSINGTARGET", message, { requiredBy: [location], found: target, wayOut }));
}

/** EMISSINGTARGET, as a warning: a published package requires a folder. @param location where the folder would be */
export function missingFolder(location: string, wanted: string, by: string, more: Partial<Failure>): Failure {
  const message = `${by} requires the folder ${wanted}, which a published package cannot bring. So ${location} is not installed. npm does the same.`;
  return failure("EMISSINGTARGET", message, more);
}

/** EOLDLOCK: a lockfile of version 1 does not say enough. */
export function oldLock(message: string, more?: Partial<Failure>): Failure {
  return failure("EOLDLOCK", message, more);
}

/** ELOCKFILEVERSION: npm refuses a lock that is newer than it knows, so as not to lose what it cannot read. */
export function newerLock(file: string, version: number): InstallError {
  const message = `${file} has version ${version}, and this npm reads versions up to 4. Use a newer npm, or remove the lockfile.`;
  return new InstallError(failure("ELOCKFILEVERSION", message, { found: String(version), wayOut }));
}

/** ELOCKFEATURES: a warning that an older npm drops members of a version 4 lock. @param lost their names */
export function lostFeatures(lost: readonly string[]): Failure {
  const message = `npm 11 does not know ${lost.join(", ")} in the lockfile and drops them: patches and extensions no longer apply. Use npm 12.`;
  return failure("ELOCKFEATURES", message, { details: { lost } });
}
