import fc from "fast-check";
import { expect, test } from "vitest";
import { failure, InstallError } from "../../../src/errors/failure.ts";
import {
  createSharedMemory,
  recycleMemory,
  releaseMemory,
  type SharedMemory,
} from "../../../workers/shared/shared-memory.ts";
import { SharedOnceMap } from "../../../workers/shared/shared-once-map.ts";
import { random } from "./plan.ts";

// Overwrites parts of the memory between the calls of two instances. Every call ends: with the right answer, with none, or with EWORKER.

const SIZES = { slots: 32, names: 2048, initial: 4096, maximum: 8192 };
const KEYS = Array.from({ length: 12 }, (_, index) => `key ${index}`);
const MISSING = failure("E404", "not there");

const payloadFor = (key: string): Uint8Array =>
  new TextEncoder().encode(key.repeat(1 + (key.length % 5) + 3 * Number(key.slice(4))));

interface Damage {
  part: "table" | "control" | "chunk";
  /** Parts of the buffer. */
  from: number;
  length: number;
  fill: "zeros" | "ones" | "small" | "noise" | "copy";
  seed: number;
}

const damages: fc.Arbitrary<Damage> = fc.record({
  part: fc.constantFrom("table", "control", "chunk"),
  from: fc.double({ min: 0, max: 0.999, noNaN: true }),
  length: fc.constantFrom(4, 16, 64, 512, 100_000),
  fill: fc.constantFrom("zeros", "ones", "small", "noise", "copy"),
  seed: fc.nat(),
});

function overwrite(memory: SharedMemory, { part, from, length, fill, seed }: Damage): void {
  const buffer = part === "chunk" ? (memory.chunks[0] as SharedArrayBuffer) : memory[part];
  const words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
  const start = Math.floor(from * words.length);
  const next = random(seed + 1);
  const other = Math.floor(next() * words.length);
  for (let at = start; at < Math.min(words.length, start + length / 4); at++) {
    if (fill === "zeros") words[at] = 0;
    else if (fill === "ones") words[at] = -1;
    else if (fill === "small") words[at] = Math.floor(next() * 40);
    else if (fill === "copy") words[at] = words[(other + at - start) % words.length] as number;
    else words[at] = next() * 2 ** 32;
  }
}

/** Makes a call. @throws any error but EWORKER, EMEMORY, and EUNREGISTERED for a key that was never registered */
function guarded<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof InstallError && ["EWORKER", "EMEMORY", "EUNREGISTERED"].includes(error.code)) return undefined;
    throw error;
  }
}

const counts = { right: 0, none: 0, ended: 0 };

/** Reads a key in one of three ways, and checks the answer. */
function read(map: SharedOnceMap, key: string): void {
  const answer = guarded(() => map.get(key)) ?? guarded(() => map.waitBlocking(key, 0));
  if (!answer) counts.none++;
  else if (answer.ok) {
    expect(new TextDecoder().decode(answer.value)).toBe(new TextDecoder().decode(payloadFor(key)));
    counts.right++;
  } else {
    expect(["E404", "EMEMORY", "EABORTED", "EWORKER"]).toContain(answer.failure.code);
    counts.ended++;
  }
}

test("overwritten memory gives no wrong value, no hang and no error without a code", () => {
  const property = fc.property(fc.array(damages, { minLength: 1, maxLength: 4 }), fc.nat(), (all, seed) => {
    const next = random(seed + 1);
    const memory = createSharedMemory(SIZES);
    const maps = [1, 2].map(() => new SharedOnceMap({ ...memory, chunks: [...memory.chunks] }));
    const map = (): SharedOnceMap => maps[next() < 0.5 ? 0 : 1] as SharedOnceMap;
    const step = (): void => {
      const key = KEYS[Math.floor(next() * KEYS.length)] as string;
      const kind = next();
      if (kind < 0.3) guarded(() => map().register(key));
      else if (kind < 0.5) guarded(() => map().done(key, payloadFor(key)));
      else if (kind < 0.6) guarded(() => map().fail(key, MISSING));
      else read(map(), key);
    };
    for (const damage of all) {
      for (let i = 0; i < 30; i++) step();
      overwrite(memory, damage);
    }
    for (let i = 0; i < 60; i++) step();
    guarded(() => [...map().entries()]);
    guarded(() => map().closing);
    map().failAll(failure("EABORTED", "cancelled"));
    for (const key of KEYS) read(map(), key);
    expect(map().cancelled).toBe(true);
  });
  fc.assert(property, { numRuns: 1000 });
  expect(counts.right).toBeGreaterThan(1000);
  expect(counts.none).toBeGreaterThan(1000);
  expect(counts.ended).toBeGreaterThan(1000);
});

test.each([
  ["zeros", 0],
  ["ones", -1],
  ["a pending state everywhere", 1],
  ["a settled state everywhere", 3],
])("a waiting thread whose table becomes %s ends with EWORKER", async (_, word) => {
  const memory = createSharedMemory(SIZES);
  const map = new SharedOnceMap(memory);
  for (const key of KEYS) map.register(key);
  const waiting = KEYS.map((key) => map.wait(key));
  new Int32Array(memory.table).fill(word);
  for (const wait of waiting) await expect(wait).rejects.toMatchObject({ code: "EWORKER" });
  expect(() => map.waitBlocking("key 1")).toThrow(expect.objectContaining({ code: "EWORKER" }));
});

test("a record that leads to a chunk that does not exist ends with EWORKER", async () => {
  const memory = createSharedMemory(SIZES);
  const map = new SharedOnceMap(memory);
  map.register("key 1");
  map.done("key 1", payloadFor("key 1"));
  const words = new Int32Array(memory.table, 0, SIZES.slots * 4);
  for (let slot = 0; slot < words.length; slot += 4) if (words[slot]) words[slot + 2] = (9 << 27) | 7;
  expect(map.get("key 1")).toBeUndefined();
  expect(map.missing).toBe(9);
  await expect(map.wait("key 1")).rejects.toMatchObject({ code: "EWORKER" });
});

test("a record of an earlier run in recycled memory is not read", () => {
  const memory = createSharedMemory(SIZES);
  const publish = (): SharedOnceMap => {
    const map = new SharedOnceMap(memory);
    map.register("key 1");
    map.register("key 2");
    map.done("key 1", payloadFor("key 1"));
    return map;
  };
  const words = new Int32Array(memory.table);
  publish();
  const slots = words.slice(0, SIZES.slots * 4);
  releaseMemory(memory);
  expect(recycleMemory(memory)).toBe(true);
  const map = new SharedOnceMap(memory);
  map.register("key 1");
  // The earlier run's slots come back, and lead to its record, whose bytes nobody has overwritten yet.
  words.set(slots);
  expect(() => map.get("key 1")).toThrow(expect.objectContaining({ code: "EWORKER" }));
  expect(() => publish()).not.toThrow();
});

test.each([
  ["answer", "is gone", [], "EWORKER"],
  ["failure", "is registered again", ["again"], undefined],
])("a check of a published %s that %s ends with %s", (kind, _, registrations, code) => {
  const memory = createSharedMemory(SIZES);
  const [fetching, engine] = [new SharedOnceMap(memory), new SharedOnceMap(memory)];
  engine.register("key 1");
  if (kind === "answer") fetching.done("key 1", payloadFor("key 1"));
  else fetching.fail("key 1", MISSING);
  expect(() => fetching.checkSettled()).not.toThrow();
  for (const each of registrations) expect(engine.register("key 1"), each).toBe(true);
  if (registrations.length === 0) new Int32Array(memory.table, 0, SIZES.slots * 4).fill(0);
  const check = expect(() => fetching.checkSettled());
  if (code) check.toThrow(expect.objectContaining({ code }));
  else check.not.toThrow();
});
