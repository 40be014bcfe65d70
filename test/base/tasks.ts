import type { Task } from "../../src/base/spawn-local.ts";

/** A task of so many steps, each of which says so. */
export function* steps<T>(count: number, say: () => void, result: T): Task<T> {
  for (let i = 0; i < count; i++) {
    say();
    yield;
  }
  return result;
}

export function* forever(say: () => void): Task<never> {
  for (;;) {
    say();
    yield;
  }
}
