import type { Failure } from "../api/failure.ts";
import { failure, shortenQuotes } from "./failure.ts";

/** ELIMIT: an input exceeds a limit of docs/limits.md. `message` names the input, the limit and what to do; quotes are shortened. */
export function overLimit(message: string, more: Partial<Failure> = {}): Failure {
  return failure("ELIMIT", shortenQuotes(message), more);
}
