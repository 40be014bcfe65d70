import type { Failure } from "../api/failure.ts";
import type { ErrorCode } from "../errors/failure.ts";
import { failure, InstallError } from "../errors/failure.ts";

/** A failure with one of Node's codes. `tip`: a way out, in a sentence. */
export function nodeError(code: ErrorCode, message: string, tip?: string): InstallError {
  return new InstallError(failure(code, message, tip ? { wayOut: [{ kind: "other", text: tip }] } : {}));
}

/** Says which import of which file a failure is about. Other failures than Node's are left as they are. */
export function inImport(error: unknown, specifier: string, importer: string): unknown {
  if (!(error instanceof InstallError) || !error.code.startsWith("ERR_")) return error;
  const why: Failure = error.failure;
  const message = `${importer} imports "${specifier}": ${why.message}`;
  return new InstallError({ ...why, message, spec: specifier, details: { specifier, importer } });
}
