import type { Failure } from "../api/failure.ts";
import { failure, InstallError } from "./failure.ts";

/** ESINK: the sink cannot write, or was used out of order. */
export function sinkFailed(message: string, details?: Failure["details"], cause?: unknown): InstallError {
  return new InstallError(failure("ESINK", message, details && { details }), cause);
}

/** ESINKBUSY: another install is writing to the sink. */
export function sinkBusy(message: string, details?: Failure["details"]): InstallError {
  return new InstallError(failure("ESINKBUSY", message, details && { details }));
}
