import type { Failure } from "../api/failure.ts";
import { failure, InstallError } from "./failure.ts";

/** What was thrown, as data that can cross threads. */
export function failureOf(error: unknown): Failure {
  if (error instanceof InstallError) return error.failure;
  // Anything can be thrown, null too.
  const { message = String(error), stack } = Object(error) as Partial<Error>;
  return failure("EINTERNAL", message, { details: { stack: String(stack) } });
}
