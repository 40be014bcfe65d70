import { LocalScheduler, type Task } from "../../src/base/spawn-local.ts";
import { localClock } from "../../workers/host/yield.ts";

/** Runs a task to its end and returns its result. */
export function runTask<T>(task: Task<T>): Promise<T> {
  return new LocalScheduler(localClock).spawn(task);
}
