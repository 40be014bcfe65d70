import type { Task } from "../../src/base/spawn-local.ts";

/** Creates a task of `count` steps. Calls `onStep` at each step. */
export function* steps<T>(count: number, onStep: () => void, result: T): Task<T> {
  for (let i = 0; i < count; i++) {
    onStep();
    yield;
  }
  return result;
}

/** Creates a task that never ends. Calls `onStep` at each step. */
export function* forever(onStep: () => void): Task<never> {
  for (;;) {
    onStep();
    yield;
  }
}
