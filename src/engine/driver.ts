import type { Task } from "../base/spawn-local.ts";
import { ok } from "../errors/failure.ts";
import type { Answer, Need, Steps } from "./need.ts";

/** A need that another thread or a request must answer. */
export type ExternalNeed = Exclude<Need, { kind: "pause" | "code" }>;

/** The functions by which a driver gets answers and lets other tasks run. */
export interface DriverHost {
  answer(need: ExternalNeed): Promise<Answer>;
  /** Returns an answer that is available without waiting. The blocking host sleeps until there is one. */
  peek(need: ExternalNeed): Answer | undefined;
  /** Returns a promise if other tasks must run now. */
  breathe(): Promise<void> | undefined;
  signal?: AbortSignal | undefined;
}

/** Drives the engine as one task of a scheduler: lets other tasks run at every need, and waits for answers that are not available. */
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
 * Drives the engine in a worker that may block: `peek` sleeps until there is an answer. If `peek` returns none, awaits `answer`.
 * @throws the signal's reason when cancelled, and any error of `breathe`
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

/** Resumes a generator that waits for no answer. */
const START: Answer = ok(undefined);
