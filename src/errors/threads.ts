import type { Failure } from "../api/failure.ts";
import { failure } from "./failure.ts";

/** EWORKER: a worker could not start, or ended before its work was done. */
export function workerFailed(message: string): Failure {
  return failure("EWORKER", message);
}

/** EMEMORY: the memory that the threads share is full, or the browser refuses it. */
export function outOfMemory(why: string): Failure {
  return failure("EMEMORY", `Out of shared memory: ${why}. Use mode: "worker", which shares none.`);
}
