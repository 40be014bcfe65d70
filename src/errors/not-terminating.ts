import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** ENONTERMINATING: npm does not end on this project. `where` keeps changing. */
export function notTerminating(where: string): Failure {
  return failure("ENONTERMINATING", `npm does not terminate on this project: ${where} keeps changing.`);
}
