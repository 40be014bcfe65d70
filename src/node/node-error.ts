import type { Failure } from "../api/failure.ts";
import type { ErrorCode } from "../errors/failure.ts";
import { failure, InstallError, shorten } from "../errors/failure.ts";

/** Returns an error with one of Node's codes. `tip` is a sentence that says what to do. */
export function nodeError(code: ErrorCode, message: string, tip?: string): InstallError {
  return new InstallError(failure(code, message, tip ? { wayOut: [{ kind: "other", text: tip }] } : {}));
}

/** Adds the import and the file that contains it to an error with one of Node's codes. Returns other errors unchanged. */
export function inImport(error: unknown, specifier: string, importer: string): unknown {
  if (!(error instanceof InstallError) || !error.code.startsWith("ERR_")) return error;
  const why: Failure = error.failure;
  const message = shorten(`${importer || "The project"} imports "${specifier}": ${why.message}`);
  return new InstallError({ ...why, message, spec: specifier, details: { specifier, importer } });
}
