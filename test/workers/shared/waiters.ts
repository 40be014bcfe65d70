import type { Outcome } from "../../../src/errors/failure.ts";
import type { SharedOnceMap } from "../../../workers/shared/shared-once-map.ts";
import {
  CONTESTED,
  ENTRIES,
  failureOf,
  isContested,
  keyOf,
  LAST,
  orderOf,
  type Plan,
  random,
  type Shared,
  type Tally,
  tally,
  wrongPayload,
} from "./plan.ts";

/** Milliseconds after which a sleeping thread has missed its answer. */
const HANG = 30_000;

/** Sleeps until the answer. Returns undefined if a chunk is missing. @throws Error if no thread woke it */
function sleep(map: SharedOnceMap, key: string): Outcome<Uint8Array> | undefined {
  const start = performance.now();
  const outcome = map.waitBlocking(key, HANG);
  // An answer found only at the timeout was published without waking this thread.
  if (performance.now() - start < HANG && (outcome || map.missing !== undefined)) return outcome;
  throw new Error(`no thread woke the one that slept on ${key}`);
}
/** The number of keys that a watcher waits for at once. */
const AT_ONCE = 48;

export interface Waiter {
  map: SharedOnceMap;
  plan: Plan;
  shared: Shared;
  seed: number;
  /** Resolves at the next message with a chunk. */
  chunk(): Promise<void>;
}

/** Registers the key. Queues its work if this thread owns it. */
function ask({ map, shared: { queue, attempts } }: Waiter, index: number, seen: Tally): void {
  if (!map.register(keyOf(index))) return;
  seen.owned++;
  const entry = ENTRIES + Atomics.add(queue, LAST, 1);
  Atomics.store(queue, entry, index + 1);
  Atomics.notify(queue, entry);
  if (!isContested(index) || Atomics.or(attempts, index, CONTESTED) & CONTESTED) return;
  map.fail(keyOf(index), failureOf(index, 0));
}

/** Checks one answer. Returns true for the value, or if the map was closed. */
function judge(
  index: number,
  outcome: Outcome<Uint8Array>,
  { seen, failures }: { seen: Tally; failures: Set<string> },
): boolean {
  if (outcome.ok) {
    const wrong = wrongPayload(index, outcome.value);
    if (wrong) throw new Error(wrong);
    seen.values++;
    return true;
  }
  const { code, message } = outcome.failure;
  if (code === "EWORKER") {
    seen.ended++;
    return true;
  }
  if (code === "EMEMORY") {
    seen.lost++;
    return false;
  }
  // Each failure of this key comes at most once, in order, because each new wait is for a later attempt.
  const attempt = Number(message.slice(message.lastIndexOf("#") + 1));
  if (code !== "E404" || message !== failureOf(index, attempt).message)
    throw new Error(`${keyOf(index)} got ${message}`);
  if (failures.has(message)) throw new Error(`${message} came twice`);
  for (let later = attempt; later < 8; later++) {
    if (failures.has(failureOf(index, later).message)) throw new Error(`${message} came too late`);
  }
  failures.add(message);
  seen.failures++;
  return false;
}

/** Sleeps on one key after the other. */
export async function sleeper(waiter: Waiter): Promise<Tally> {
  const { map, plan, seed } = waiter;
  const seen = tally();
  for (const index of orderOf(plan.keys, random(seed))) {
    const failures = new Set<string>();
    for (let answered = false; !answered; ) {
      ask(waiter, index, seen);
      const outcome = sleep(map, keyOf(index));
      if (outcome) answered = judge(index, outcome, { seen, failures });
      else {
        seen.missed++;
        await waiter.chunk();
      }
    }
  }
  return seen;
}

/** Waits for many keys at once. */
export async function watcher(waiter: Waiter): Promise<Tally> {
  const { map, plan, seed } = waiter;
  const seen = tally();
  const order = orderOf(plan.keys, random(seed)).values();
  const watch = async (): Promise<void> => {
    for (const index of order) {
      const failures = new Set<string>();
      for (let answered = false; !answered; ) {
        ask(waiter, index, seen);
        answered = judge(index, await map.wait(keyOf(index)), { seen, failures });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, watch));
  return seen;
}

/** Waits for every key of a map that will be closed. @throws Error for an answer that is neither a value nor the closing failure */
export async function survivor({ map, plan, seed, chunk }: Waiter, sleeps: boolean): Promise<Tally> {
  const seen = tally();
  const take = (index: number, outcome: Outcome<Uint8Array>): void => {
    if (!judge(index, outcome, { seen, failures: new Set() })) throw new Error(`${keyOf(index)} has failed`);
  };
  const order = orderOf(plan.keys, random(seed));
  for (const index of order) map.register(keyOf(index));
  if (!sleeps) await Promise.all(order.map(async (index) => take(index, await map.wait(keyOf(index)))));
  for (const index of sleeps ? order : []) {
    let outcome = sleep(map, keyOf(index));
    for (; !outcome; outcome = sleep(map, keyOf(index))) await chunk();
    take(index, outcome);
  }
  return seen;
}
