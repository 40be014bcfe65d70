import type { Task } from "../base/spawn-local.ts";
import { ok } from "../errors/failure.ts";
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

/** The local driver: the engine as a task among others, which gives way at every need and waits for what is not there. */
export function* driveLocally<T>(steps: Steps<T>, host: Pick<DriverHost, "answer" | "peek">): Task<T> {
  let step = steps.next(START);
  while (!step.done) {
    const need = step.value;
    yield;
    if (need.kind === "pause") step = steps.next(START);
    else if (need.kind === "code") step = steps.next(ok(yield need.load()));
    else step = steps.next(host.peek(need) ?? ((yield host.answer(need)) as Answer));
  }
  return step.value;
}

/**
 * The blocking driver, for a host whose `peek` sleeps until there is an answer. Where that cannot be it is awaited. Throws
 * the signal's reason when cancelled, and what `breathe` throws.
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
