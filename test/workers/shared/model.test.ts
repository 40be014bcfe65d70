import fc from "fast-check";
import { expect, test } from "vitest";
import { failure, InstallError } from "../../../src/errors/failure.ts";
import { createSharedMemory, growMemory, type SharedMemory } from "../../../workers/shared/shared-memory.ts";
import { SharedOnceMap } from "../../../workers/shared/shared-once-map.ts";
import { MapModel, type Said, said } from "./model.ts";

// Compares random steps of three instances, which have different chunks, with the model. The table, the heap of names and the chunks
// are so small that they are often full.

const INSTANCES = 3;
const SIZES = { slots: 5, names: 80, initial: 64, maximum: 192 };
// The last key is longer than the whole heap of names.
const KEYS = ["", "a", "b", "packument|@scope/x", "ключ", "包|包", "👩‍🚀", "y".repeat(80)];

interface Wait {
  instance: number;
  key: string;
  generation: number;
  /** All answers that it may have got so far. */
  possible: Set<Said>;
  answered?: Said;
}

/** The maps under test, and the waits on them. */
class Real {
  readonly memory: SharedMemory = createSharedMemory(SIZES);
  readonly maps: SharedOnceMap[];
  readonly waits: Wait[] = [];

  constructor() {
    const { chunks } = this.memory;
    this.maps = Array.from({ length: INSTANCES }, () => new SharedOnceMap({ ...this.memory, chunks: [...chunks] }));
  }

  map(instance: number): SharedOnceMap {
    return this.maps[instance] as SharedOnceMap;
  }
}

type Step = (model: MapModel, real: Real) => void | Promise<void>;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Makes one step, then checks all waits. */
class Command implements fc.AsyncCommand<MapModel, Real> {
  readonly #name: string;
  readonly #step: Step;

  constructor(name: string, step: Step) {
    this.#name = name;
    this.#step = step;
  }
  check(): boolean {
    return true;
  }
  async run(model: MapModel, real: Real): Promise<void> {
    await this.#step(model, real);
    for (const { instance, key, generation, possible, answered } of real.waits) {
      const seen = model.see(instance, key, generation);
      if (typeof seen === "string") possible.add(seen);
      if (answered !== undefined) expect([...possible]).toContain(answered);
    }
    expect(real.map(0).cancelled).toBe(model.cancelled);
  }
  toString(): string {
    return this.#name;
  }
}

/** Resolves once all waits that can be answered have been answered. */
async function drain(model: MapModel, { waits }: Real): Promise<void> {
  for (let turns = 0; turns < 200; turns++) {
    const open = waits.filter(({ answered, possible }) => answered === undefined && possible.size > 0);
    if (open.length === 0) return;
    await (turns < 100 ? turn() : new Promise((resolve) => setTimeout(resolve, 5)));
  }
  const open = waits.filter(({ answered, possible }) => answered === undefined && possible.size > 0);
  throw new Error(
    `never answered: ${open.map(({ key, generation }) => `${key}#${generation}`)} ${model.closing ?? ""}`,
  );
}

const failed = (text: string) => failure("E404", text);
const instance = fc.nat({ max: INSTANCES - 1 });
const key = fc.constantFrom(...KEYS);
const payload = fc.uint8Array({ maxLength: 90 });
const text = fc.string({ maxLength: 30 });

function code(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof InstallError) return error.code;
    throw error;
  }
}

const register = fc.tuple(instance, key).map(
  ([by, name]) =>
    new Command(`register(${by}, ${name})`, (model, real) => {
      expect(code(() => real.map(by).register(name))).toBe(model.register(name));
    }),
);

/** Publishes a value, and adds memory if `grows` is set. */
const done = fc.tuple(instance, key, payload, fc.boolean()).map(
  ([by, name, bytes, grows]) =>
    new Command(`done(${by}, ${name}, ${bytes.length} bytes, ${grows})`, (model, real) => {
      const fits = model.done(by, name, bytes);
      const more = real.map(by).done(name, bytes);
      expect(more > 0).toBe(!fits);
      if (!more || !grows) return;
      const { index, chunk } = growMemory(real.memory, more);
      model.chunks[index] ??= { capacity: Math.floor(chunk.byteLength / 8), used: 1 };
      model.known[by]?.add(index);
      real.map(by).addChunk(index, chunk);
      expect(model.done(by, name, bytes)).toBe(true);
      expect(real.map(by).done(name, bytes)).toBe(0);
    }),
);

const give = fc.tuple(instance, fc.nat({ max: 4 })).map(
  ([to, index]) =>
    new Command(`addChunk(${to}, ${index})`, (model, real) => {
      const chunk = real.memory.chunks[index];
      if (!chunk) return;
      model.known[to]?.add(index);
      real.map(to).addChunk(index, chunk);
    }),
);

const fail = fc.tuple(instance, key, text).map(
  ([by, name, message]) =>
    new Command(`fail(${by}, ${name}, ${message.length})`, (model, real) => {
      model.fail(by, name, failed(message));
      real.map(by).fail(name, failed(message));
    }),
);

function expectSeen(map: SharedOnceMap, given: ReturnType<SharedOnceMap["get"]>, seen: Said | number | undefined) {
  expect(given && said(given)).toBe(typeof seen === "string" ? seen : undefined);
  expect(map.missing).toBe(typeof seen === "number" ? seen : undefined);
  if (given?.ok) expect(given.value.byteOffset % 8).toBe(0);
}

const get = fc.tuple(instance, key).map(
  ([by, name]) =>
    new Command(`get(${by}, ${name})`, (model, real) => {
      const generation = model.generation(name);
      const seen = generation < 0 ? undefined : model.see(by, name, generation);
      expectSeen(real.map(by), real.map(by).get(name), seen);
    }),
);

/** Reads without sleeping, because no other thread could wake this one. */
const look = fc.tuple(instance, key).map(
  ([by, name]) =>
    new Command(`waitBlocking(${by}, ${name})`, (model, real) => {
      const generation = model.waited(name);
      const map = real.map(by);
      if (generation !== undefined) expectSeen(map, map.waitBlocking(name, 0), model.see(by, name, generation));
      else if (model.closing) expectSeen(map, map.waitBlocking(name, 0), model.closing);
      else expect(code(() => map.waitBlocking(name, 0))).toBe("EUNREGISTERED");
    }),
);

const wait = fc.tuple(instance, key).map(
  ([by, name]) =>
    new Command(`wait(${by}, ${name})`, async (model, real) => {
      const generation = model.waited(name);
      const given = real.map(by).wait(name);
      if (generation === undefined) {
        const answer = given.then(said, (error: InstallError) => error.code);
        expect(await answer).toBe(model.closing ?? "EUNREGISTERED");
        return;
      }
      const entry: Wait = { instance: by, key: name, generation, possible: new Set() };
      real.waits.push(entry);
      void given.then((outcome) => {
        entry.answered = said(outcome);
      });
    }),
);

const pause = fc.constant(new Command("drain", drain));

const entries = instance.map(
  (by) =>
    new Command(`entries(${by})`, (model, real) => {
      const wanted = [...model.keys].map(([name, { kind }]) => `${name} ${kind}`);
      expect([...real.map(by).entries()].map(([name, state]) => `${name} ${state}`).sort()).toEqual(wanted.sort());
    }),
);

const failAll = fc.tuple(instance, text).map(
  ([by, message]) =>
    new Command(`failAll(${by}, ${message})`, (model, real) => {
      model.failAll(failure("EWORKER", message));
      real.map(by).failAll(failure("EWORKER", message));
    }),
);

const cancel = instance.map(
  (by) =>
    new Command(`cancel(${by})`, (model, real) => {
      model.cancelled = true;
      real.map(by).cancel();
    }),
);

const step = fc.oneof(
  ...[register, register, done, done, fail, get, look, wait, wait, give, pause, entries].map((arbitrary) => ({
    arbitrary: arbitrary as fc.Arbitrary<Command>,
    weight: 4,
  })),
  { arbitrary: failAll, weight: 1 },
  { arbitrary: cancel, weight: 1 },
);

const steps = fc.commands([step], { maxCommands: 60, size: "max" });

test.each(["with Atomics.waitAsync", "with a check in each turn"])(
  "any order of steps does what the model does, %s",
  async (how) => {
    const given = Object.getOwnPropertyDescriptor(Atomics, "waitAsync");
    if (how === "looking once a turn") Reflect.deleteProperty(Atomics, "waitAsync");
    try {
      await fc.assert(
        fc.asyncProperty(steps, async (commands) => {
          const model = new MapModel({ ...SIZES, instances: INSTANCES });
          const real = new Real();
          await fc.asyncModelRun(() => ({ model, real }), commands);
          await drain(model, real);
          // Closing the map answers all waits that are left.
          const end = failure("EABORTED", "the end");
          model.failAll(end);
          real.map(0).failAll(end);
          for (const { instance, key, generation, possible } of real.waits) {
            possible.add(model.see(instance, key, generation) as Said);
          }
          await drain(model, real);
          for (const { answered, possible } of real.waits) expect([...possible]).toContain(answered);
        }),
        { numRuns: 300 },
      );
    } finally {
      if (given) Object.defineProperty(Atomics, "waitAsync", given);
    }
  },
);
