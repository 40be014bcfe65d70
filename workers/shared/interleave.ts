/** The points at which a step of another thread matters most: between a read or a write and the next action. */
export type Point = "name" | "claim" | "claimed" | "payload" | "settling" | "record" | "ready" | "wait" | "close";

/** Set by the build: `undefined`, so that the calls are removed, or a function of a test. */
declare const __WEBHOIST_INTERLEAVE__: undefined | ((point: Point) => void);

/** Lets a test hold this thread at `point`. */
export function interleave(point: Point): void {
  if (typeof __WEBHOIST_INTERLEAVE__ === "function") __WEBHOIST_INTERLEAVE__(point);
}
