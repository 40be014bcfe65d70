import type { Failure } from "../api/failure.ts";
import { endSentence, failure, InstallError } from "./failure.ts";

/**
 * Returns a thrown value as data that can cross threads. Anything but an InstallError becomes EINTERNAL, with the stack in
 * `details.stack`.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof InstallError) return error.failure;
  // Anything can be thrown, null too.
  const { message = String(error), stack } = Object(error) as Partial<Error>;
  return internalError(message, { details: { stack: String(stack) } });
}

/** EINTERNAL: a fault of the library, or of a callback. */
export function internalError(message: string, more?: Partial<Failure>): Failure {
  return failure("EINTERNAL", message, more);
}

/** EPROGRESS: the embedder's `onProgress` threw or rejected. */
export function progressFailed(error: unknown): Failure {
  return failure("EPROGRESS", endSentence(`options.onProgress failed: ${failureOf(error).message}`));
}
