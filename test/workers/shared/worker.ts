import type { Point } from "../../../workers/shared/interleave.ts";
import { SharedOnceMap } from "../../../workers/shared/shared-once-map.ts";
import {
  ASLEEP,
  ENTRIES,
  failureOf,
  failuresOf,
  HELD,
  keyOf,
  NEXT,
  type Order,
  payloadOf,
  type Reply,
  random,
  STOP,
  type Tally,
  tally,
} from "./plan.ts";
import { sleeper, survivor, type Waiter, watcher } from "./waiters.ts";

// The code of a thread. The `start` order gives it a role.

declare global {
  var interleave: ((point: Point) => void) | undefined;
}

type Start = Order & { kind: "start" };

const reply = (message: Reply): void => (postMessage as (message: unknown) => void)(message);

let map: SharedOnceMap | undefined;
/** Called when a chunk arrives. */
const waiting: (() => void)[] = [];
const chunk = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));

globalThis.onmessage = ({ data }: MessageEvent<Order>) => {
  if (data.kind === "chunk") {
    map?.addChunk(data.index, data.chunk);
    for (const wake of waiting.splice(0)) wake();
    return;
  }
  const counts = hold(data);
  work(data).then(
    (seen) => reply({ kind: "end", tally: { ...seen, ...counts } }),
    (error: unknown) =>
      reply({ kind: "error", message: `${data.role}: ${error instanceof Error ? error.stack : error}` }),
  );
};

const asleep = new Int32Array(new SharedArrayBuffer(4));

/** Holds the thread at random points, mostly for microseconds, sometimes for up to a millisecond, so that others get in between. */
function hold({ plan, shared, seed }: Start): { slept: number; held: number } {
  const next = random(seed);
  const counts = { slept: 0, held: 0 };
  globalThis.interleave = (point) => {
    if (point === "wait") {
      counts.slept++;
      Atomics.add(shared.flags, ASLEEP, 1);
    }
    if (next() >= plan.held) return;
    counts.held++;
    if (next() < 0.1) Atomics.wait(asleep, 0, 0, next() ** 2);
    else for (let left = next() * 2000; left > 0; left--) Atomics.load(asleep, 0);
  };
  return counts;
}

/** Holds the thread for ever when it reaches `point` for the nth time. */
function holdForEver({ shared, point, seed }: Start): void {
  let left = seed;
  globalThis.interleave = (at) => {
    if (at !== point || left-- > 0) return;
    Atomics.store(shared.flags, HELD, 1);
    Atomics.wait(asleep, 0, 0);
  };
}

async function work(start: Start): Promise<Tally> {
  const { role, plan, shared, seed } = start;
  map = new SharedOnceMap(shared.memory);
  const waiter: Waiter = { map, plan, shared, seed, chunk };
  switch (role) {
    case "publisher":
      return await publish(start, map);
    case "sleeper":
      return await sleeper(waiter);
    case "watcher":
      if (seed % 2) Reflect.deleteProperty(Atomics, "waitAsync");
      return await watcher(waiter);
    case "survivor":
      return await survivor(waiter, seed % 2 === 0);
    case "victim":
      holdForEver(start);
      return await die(start, map);
    default:
      return role satisfies never;
  }
}

/** Works on queued keys until STOP is set. */
async function publish({ shared: { queue, attempts } }: Start, map: SharedOnceMap): Promise<Tally> {
  for (;;) {
    const entry = ENTRIES + Atomics.add(queue, NEXT, 1);
    while (Atomics.load(queue, entry) === 0) {
      if (Atomics.load(queue, STOP)) return tally();
      Atomics.wait(queue, entry, 0, 20);
    }
    const index = Atomics.load(queue, entry) - 1;
    const attempt = Atomics.add(attempts, index, 1);
    if (attempt < failuresOf(index)) map.fail(keyOf(index), failureOf(index, attempt));
    else await give(map, index);
  }
}

async function give(map: SharedOnceMap, index: number): Promise<void> {
  const payload = payloadOf(index);
  for (let bytes = map.done(keyOf(index), payload); bytes > 0; bytes = map.done(keyOf(index), payload)) {
    reply({ kind: "need", bytes });
    await chunk();
  }
}

/** Works on keys until it is held for ever. */
async function die({ plan }: Start, map: SharedOnceMap): Promise<Tally> {
  for (let index = 0; index < plan.keys; index++) map.register(keyOf(index));
  for (let index = 0; index < plan.keys; index += 2) await give(map, index);
  for (let index = 1; index < plan.keys; index += 4) map.fail(keyOf(index), failureOf(index, 0));
  map.waitBlocking(keyOf(3));
  throw new Error("the victim was not held");
}
