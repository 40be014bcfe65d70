import type { WayOut } from "../api/failure.ts";
import { InstallError } from "../errors/failure.ts";
import { npmCrashes } from "../errors/tree.ts";
import { withWaysOut } from "./way-out.ts";

/** What a run that ended with `error` rejects with: an InstallError that says what can be done, or a fault as it is. */
export function lastWord(error: unknown): unknown {
  if (error instanceof InstallError) return new InstallError(withWaysOut(error.failure));
  // Overrides or an old lock some thousand levels deep exhaust the stack; npm's own ends likewise.
  if (!(error instanceof RangeError)) return error;
  const wayOut: WayOut[] = [{ kind: "other", text: "Flatten the overrides, or remove the lock." }];
  return new InstallError(npmCrashes(`package.json or the lockfile nests too deep (${error.message})`, { wayOut }));
}
