// Loaded on demand: when a run fails.
import type { WayOut } from "../api/failure.ts";
import { InstallError } from "../errors/failure.ts";
import { npmCrashes } from "../errors/tree.ts";
import { withWaysOut } from "./way-out.ts";

/** Returns the error that a failed run rejects with: an InstallError with ways out, or an unexpected error unchanged. */
export function finalError(error: unknown): unknown {
  if (error instanceof InstallError) return new InstallError(withWaysOut(error.failure));
  // Overrides or an old lock with thousands of levels exhaust the stack. npm fails in the same way.
  if (!(error instanceof RangeError)) return error;
  const wayOut: WayOut[] = [{ kind: "other", text: "Flatten the overrides, or remove the lock." }];
  return new InstallError(npmCrashes(`package.json or the lock is nested too deeply (${error.message})`, { wayOut }));
}
