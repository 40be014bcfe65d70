import type { Failure } from "../api/failure.ts";
import { failure, InstallError } from "./failure.ts";

/** EWORKER: a worker could not start, or ended before its work was done. */
export function workerFailed(message: string): Failure {
  return failure("EWORKER", message);
}

/** EWORKER: something has overwritten the memory that the threads share. `what` names the part that cannot be right. */
export function memoryDamaged(what: string): InstallError {
  return new InstallError(
    workerFailed(`The memory that the threads share was overwritten: ${what}. Resolve again, or use mode: "worker".`),
  );
}

/** EMEMORY: the memory that the threads share is full, or the browser refuses it. */
export function outOfMemory(why: string): Failure {
  return failure("EMEMORY", `Out of shared memory: ${why}. Use mode: "worker", which shares none.`);
}
