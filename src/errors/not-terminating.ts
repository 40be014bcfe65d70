import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** ENONTERMINATING: npm does not end on this project. `where` keeps changing. */
export function notTerminating(where: string, more?: Partial<Failure>): Failure {
  return failure("ENONTERMINATING", `npm does not terminate on this project: ${where} keeps changing.`, more);
}
