import type { WayOut } from "../api/failure.ts";
import { failure, InstallError } from "./failure.ts";

/** EINVALIDOPTION: an option that is unknown, or has a value that it cannot have. */
export function invalidOption(message: string, wayOut: WayOut[] = []): InstallError {
  return new InstallError(failure("EINVALIDOPTION", message, { wayOut }));
}

/** EINVALIDINPUT: the first argument of `resolve` or `install` is not a project. */
export function invalidInput(message: string): InstallError {
  return new InstallError(failure("EINVALIDINPUT", message));
}
