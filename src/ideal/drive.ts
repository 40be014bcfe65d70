import type { Outcome } from "../errors.ts";
import type { Answer, Need, Steps } from "./need.ts";

/** How a driver waits: one answer, or a moment for whoever else needs the thread. */
export interface DriverHost {
  answer(need: Need): Promise<Answer>;
  /** An answer that is here already. */
  peek(need: Need): Answer | undefined;
  /** Gives way if this thread's turn is over; a promise only then. */
  breathe(): Promise<void> | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The local driver: runs the engine on this thread, in slices, and awaits what it needs. A need that can be met at once
 * costs no turn of the event loop. Throws the signal's reason when cancelled.
 */
export async function drive<T>(steps: Steps<T>, host: DriverHost): Promise<T> {
  let step = steps.next(START);
  while (!step.done) {
    host.signal?.throwIfAborted();
    const need = step.value;
    const pause = host.breathe();
    if (pause) {
      await pause;
      host.signal?.throwIfAborted();
    }
    step = steps.next(need.kind === "pause" ? START : (host.peek(need) ?? (await host.answer(need))));
  }
  return step.value;
}

/** A driver for answers that are all here: no promise, no pause. */
export function driveNow<T>(steps: Steps<T>, answer: (need: Need) => Answer): T {
  let step = steps.next(START);
  while (!step.done) step = steps.next(step.value.kind === "pause" ? START : answer(step.value));
  return step.value;
}

/** What `next` is called with where nothing was asked. */
const START = { ok: true, value: undefined } as unknown as Answer & Outcome<never>;
