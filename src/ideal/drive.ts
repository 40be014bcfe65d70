import { ok } from "../errors.ts";
import type { Answer, Need, Steps } from "./need.ts";

/** A need that somebody else must meet. */
export type Asked = Exclude<Need, { kind: "pause" | "code" }>;

/** How a driver waits: one answer, or a moment for whoever else needs the thread. */
export interface DriverHost {
  answer(need: Asked): Promise<Answer>;
  /** An answer that is here already. */
  peek(need: Asked): Answer | undefined;
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
    if (need.kind === "pause") step = steps.next(START);
    else if (need.kind === "code") step = steps.next(ok(await need.load()));
    else step = steps.next(host.peek(need) ?? (await host.answer(need)));
  }
  return step.value;
}

/** What `next` is called with where nothing was asked. */
const START: Answer = ok(undefined);
