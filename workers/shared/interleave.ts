/** Where another thread's step matters most: between what a thread has seen or written and what it does next. */
export type Point = "name" | "claim" | "claimed" | "payload" | "settling" | "record" | "ready" | "wait" | "close";

/** Put in by the build: `undefined`, so that nothing is left of it, or what a test makes a thread do there. */
declare const __WEBHOIST_INTERLEAVE__: undefined | ((point: Point) => void);

/** Lets a test hold this thread at `point`. */
export function interleave(point: Point): void {
  if (typeof __WEBHOIST_INTERLEAVE__ === "function") __WEBHOIST_INTERLEAVE__(point);
}
