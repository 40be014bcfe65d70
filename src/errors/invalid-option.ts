import type { WayOut } from "../api/failure.ts";
import { failure, InstallError } from "./failure.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** EINVALIDOPTION: an option that is unknown, or has a value that it cannot have. */
export function invalidOption(message: string, wayOut: WayOut[] = []): InstallError {
  return new InstallError(failure("EINVALIDOPTION", message, { wayOut }));
}

/** EINVALIDINPUT: the first argument of `resolve` or `install` is not a project, or an argument of a method is not text. */
export function invalidInput(message: string): InstallError {
  return new InstallError(failure("EINVALIDINPUT", message));
}

/** Returns a value for a message: a text in quotes, a number, or the type of anything else, which may have no text. */
export function shortValue(value: unknown): string {
  if (typeof value === "string") return `"${withoutSecrets(value)}"`;
  return value === null || /number|boolean|undefined/.test(typeof value) ? String(value) : `of type ${typeof value}`;
}

/** Returns an argument that must be text. @throws InstallError EINVALIDINPUT that names the argument */
export function asText(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw invalidInput(`${name} must be text, not ${shortValue(value)}.`);
}
