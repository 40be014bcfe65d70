import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** ELIMIT: an input exceeds a limit of docs/limits.md. `message` names the input, the limit and what to do. */
export function overLimit(message: string, more: Partial<Failure> = {}): Failure {
  return failure("ELIMIT", message, more);
}
