// Loaded on demand: when a run fails.
import { InstallError } from "../errors/failure.ts";
import { withWaysOut } from "./way-out.ts";

/** Returns the error that a failed run rejects with: an InstallError with ways out, or an unexpected error unchanged. */
export function finalError(error: unknown): unknown {
  return error instanceof InstallError ? new InstallError(withWaysOut(error.failure)) : error;
}
