import { failure } from "../../../src/errors/failure.ts";
import type { Point } from "../../../workers/shared/interleave.ts";
import { createSharedMemory, growMemory } from "../../../workers/shared/shared-memory.ts";
import { SharedOnceMap } from "../../../workers/shared/shared-once-map.ts";
import {
  ASLEEP,
  CONTESTED,
  ENTRIES,
  failuresOf,
  HELD,
  isContested,
  NEXT,
  type Order,
  type Plan,
  type Reply,
  type Role,
  type Shared,
  STOP,
  type Tally,
  tally,
} from "./plan.ts";
import { survivor, watcher } from "./waiters.ts";

/** A thread: a worker of Node or of a page. */
export interface Thread {
  post(order: Order): void;
  onReply(listener: (reply: Reply) => void): void;
  terminate(): void;
}
export type Spawn = () => Thread;

export interface Report extends Tally {
  /** Chunks at the end, and bytes of the first. */
  chunks: number;
  grown: number;
  /** The contradictions found. */
  wrong: string[];
}

/** Milliseconds: longer than any run takes. */
const TIMEOUT = 100_000;

/** The threads of one run, and the memory they share. Runs on a thread that must not block. */
class ThreadGroup {
  readonly shared: Shared;
  readonly map: SharedOnceMap;
  readonly #plan: Plan;
  readonly #spawn: Spawn;
  readonly #threads: Thread[] = [];

  constructor(plan: Plan, spawn: Spawn) {
    const words = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(count * 4));
    const memory = createSharedMemory(plan.sizes);
    // Leaves room for attempts after failures that were lost.
    const queue = words(ENTRIES + plan.keys * 2 + 1000);
    this.shared = { memory, queue, attempts: words(plan.keys), flags: words(2) };
    this.map = new SharedOnceMap({ ...memory, chunks: [...memory.chunks] });
    this.#plan = plan;
    this.#spawn = spawn;
  }

  /** Starts a thread. `end` resolves with the thread's tally. */
  start(role: Role, seed: number, point?: Point): { thread: Thread; end: Promise<Tally> } {
    const thread = this.#spawn();
    this.#threads.push(thread);
    const end = new Promise<Tally>((resolve, reject) => {
      thread.onReply((reply) => {
        if (reply.kind === "need") this.#grow(reply.bytes);
        else if (reply.kind === "end") resolve(reply.tally);
        else reject(new Error(reply.message));
      });
    });
    thread.post({ kind: "start", role, plan: this.#plan, shared: this.shared, seed, point });
    return { thread, end };
  }

  /** Rejects if `work` does not end in time. */
  async within<T>(work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hang = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const open = [...this.map.entries()].filter(([, state]) => state !== "ready").slice(0, 10);
        reject(new Error(`hangs: ${open.map(([key, state]) => `${key} ${state}`).join(", ")}`));
      }, TIMEOUT);
    });
    try {
      return await Promise.race([work, hang]);
    } finally {
      clearTimeout(timer);
    }
  }

  terminate(): void {
    for (const thread of this.#threads) thread.terminate();
  }

  #grow(bytes: number): void {
    const added = growMemory(this.shared.memory, bytes);
    this.map.addChunk(added.index, added.chunk);
    for (const thread of this.#threads) thread.post({ kind: "chunk", ...added });
  }
}

function total(tallies: readonly Tally[]): Tally {
  const all = tally();
  for (const what of Object.keys(all) as (keyof Tally)[]) {
    all[what] = tallies.reduce((sum, found) => sum + found[what], 0);
  }
  return all;
}

/** Runs publishers, sleepers and watchers on the same keys. */
export async function runStress(plan: Plan, spawn: Spawn): Promise<Report> {
  const group = new ThreadGroup(plan, spawn);
  const { map, shared } = group;
  const initial = shared.memory.chunks[0]?.byteLength ?? 0;
  try {
    const start = (role: Role, count: number, first: number): Promise<Tally>[] =>
      Array.from({ length: count }, (_, index) => group.start(role, first + index).end);
    const publishers = start("publisher", plan.publishers, 100);
    const waiters = [...start("sleeper", plan.sleepers, 200), ...start("watcher", plan.watchers, 300)];
    waiters.push(watcher({ map, plan, shared, seed: 400, chunk: never }));
    const seen = await group.within(Promise.race([Promise.all([...waiters, closing(group, plan)]), never(publishers)]));
    Atomics.store(shared.queue, STOP, 1);
    const helpers = await group.within(Promise.all(publishers));
    const { wrong, ...rest } = report(
      seen.filter((found) => found !== undefined),
      { plan, group, initial },
    );
    return { ...rest, held: rest.held + total(helpers).held, wrong };
  } finally {
    group.terminate();
  }
}

/** Rejects with the first rejection of `ends`. Never resolves. */
function never(ends: Promise<unknown>[] = []): Promise<never> {
  return new Promise((_, reject) => {
    for (const end of ends) end.catch(reject);
  });
}

/** Closes the map in the middle of the work, once a thread has slept: on a busy machine that can take a while. */
async function closing({ map, shared }: ThreadGroup, { closesAt, keys }: Plan): Promise<undefined> {
  if (closesAt === undefined) return;
  const started = (): number => Atomics.load(shared.queue, NEXT);
  await until(() => started() >= keys || (started() >= closesAt && Atomics.load(shared.flags, ASLEEP) > 0));
  map.failAll(failure("EWORKER", "a thread has died"));
}

function report(seen: Tally[], { plan, group, initial }: { plan: Plan; group: ThreadGroup; initial: number }): Report {
  const { map, shared } = group;
  const all = total(seen);
  const wrong: string[] = [];
  if (all.values + all.ended !== plan.keys * seen.length) wrong.push(`${all.values} values, ${all.ended} ended`);
  const closed = plan.closesAt !== undefined;
  for (const [key, state] of map.entries()) {
    if (state !== "ready" && !(closed && (state === "closed" || state === "failed"))) wrong.push(`${key} is ${state}`);
  }
  if (!closed) wrong.push(...wrongAttempts(all, shared.attempts));
  const { chunks } = shared.memory;
  return { ...all, chunks: chunks.length, grown: (chunks[0]?.byteLength ?? 0) - initial, wrong };
}

/** Checks that every generation of a key had one owner, and that its work was done once. */
function wrongAttempts({ owned, ended }: Tally, attempts: Int32Array): string[] {
  const wrong: string[] = [];
  let all = 0;
  for (const [index, count] of attempts.entries()) {
    const tried = count & (CONTESTED - 1);
    all += tried;
    const enough = failuresOf(index) + 1;
    if (tried !== enough && !(isContested(index) && tried === enough + 1)) {
      wrong.push(`key ${index} was worked on ${tried} times`);
    }
  }
  if (owned !== all) wrong.push(`${owned} owners, ${all} attempts`);
  if (ended > 0) wrong.push(`${ended} ended`);
  return wrong;
}

export interface Death {
  point: Point;
  /** How often the victim passes the point before it is held. */
  after: number;
  /** Whether the other threads sleep before the victim starts, or start once it is held. */
  asleep: boolean;
}

/** Holds one thread at a point and terminates it there. All waiting threads must get an answer. */
export async function runDeath(plan: Plan, spawn: Spawn, { point, after, asleep }: Death): Promise<Report> {
  const group = new ThreadGroup(plan, spawn);
  const { map, shared } = group;
  const killed = async (): Promise<Thread> => {
    const { thread, end } = group.start("victim", after, point);
    await group.within(Promise.race([until(() => Atomics.load(shared.flags, HELD) === 1), never([end])]));
    return thread;
  };
  const startSurvivors = async (): Promise<Promise<Tally>[]> => {
    const ends = [2, 3, 4, 5].map((seed) => group.start("survivor", seed).end);
    ends.push(survivor({ map, plan, shared, seed: 1, chunk: never }, false));
    await group.within(Promise.race([until(() => Atomics.load(shared.flags, ASLEEP) >= 4), never(ends)]));
    return ends;
  };
  try {
    const early = asleep ? await startSurvivors() : [];
    const victim = await killed();
    const ends = asleep ? early : await startSurvivors();
    victim.terminate();
    map.failAll(failure("EWORKER", "a thread has died"));
    const seen = await group.within(Promise.all(ends));
    const all = total(seen);
    const wrong: string[] = [];
    if (all.values + all.ended !== plan.keys * seen.length) wrong.push(`${all.values} values, ${all.ended} ended`);
    for (const [key, state] of map.entries()) {
      if (state === "pending" || state === "settling") wrong.push(`${key} is ${state}`);
    }
    if (map.register("another")) wrong.push("a closed map accepts a registration");
    return { ...all, chunks: shared.memory.chunks.length, grown: 0, wrong };
  } finally {
    group.terminate();
  }
}

/** Resolves once `holds` returns true, checked every millisecond. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
}
