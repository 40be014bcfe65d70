import { fileURLToPath } from "node:url";
import { build } from "vite";
import { expect, test } from "vitest";
import { failure } from "../../../src/errors/failure.ts";
import { Counters, DISPATCHED, DONE, LATE } from "../../../workers/shared/counters.ts";
import { createSharedMemory } from "../../../workers/shared/shared-memory.ts";
import { SharedOnceMap } from "../../../workers/shared/shared-once-map.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const e404 = failure("E404", "not there");

function fresh(sizes = {}): SharedOnceMap {
  return new SharedOnceMap(createSharedMemory({ slots: 16, initial: 1024, maximum: 1024, ...sizes }));
}

test("a waiting thread gets the failure of its generation, even if the next attempt has succeeded since", async () => {
  const map = fresh();
  map.register("a");
  const first = map.wait("a");
  map.fail("a", e404);
  expect(map.register("a")).toBe(true);
  const second = map.wait("a");
  map.fail("a", failure("E500", "down"));
  expect(map.register("a")).toBe(true);
  map.done("a", bytes("here"));
  await expect(first).resolves.toEqual({ ok: false, failure: e404 });
  await expect(second).resolves.toMatchObject({ failure: { code: "E500" } });
  await expect(map.wait("a")).resolves.toEqual({ ok: true, value: bytes("here") });
});

test("a failure stays until its key is registered again", () => {
  const map = fresh();
  map.register("a");
  map.fail("a", e404);
  expect(map.get("a")).toEqual({ ok: false, failure: e404 });
  expect(map.waitBlocking("a")).toEqual({ ok: false, failure: e404 });
  map.register("a");
  expect(map.get("a")).toBeUndefined();
});

test("a failure keeps all its fields", () => {
  const map = fresh({ initial: 4096 });
  const whole = failure("ERESOLVE", "no – „не“ 💥", {
    package: "a",
    requiredBy: ["", "node_modules/b"],
    wayOut: [{ kind: "option", text: "try", option: "force" }],
    details: { edge: { name: "a" }, list: [1, null] },
  });
  map.register("a");
  map.fail("a", whole);
  expect(map.get("a")).toEqual({ ok: false, failure: whole });
});

test("a failure whose details are not JSON loses them", () => {
  const map = fresh();
  const circle: Record<string, unknown> = {};
  circle["itself"] = circle;
  map.register("a");
  map.fail("a", { ...e404, details: circle });
  expect(map.get("a")).toEqual({ ok: false, failure: e404 });
});

test("the first failure closes the map, shortened to the room there is", async () => {
  const map = fresh();
  map.register("a");
  map.register("b");
  map.done("b", bytes("b"));
  const waiting = map.wait("a");
  expect(map.cancelled).toBe(false);
  // A message cuts long words itself.
  const text = "\u0001 ".repeat(5_000);
  map.failAll(failure("EWORKER", text, { details: { much: "x".repeat(10_000) } }));
  map.failAll(e404);
  expect(map.cancelled).toBe(true);
  const outcome = await waiting;
  expect(outcome).toMatchObject({ ok: false, failure: { code: "EWORKER" } });
  const message = outcome.ok ? "" : outcome.failure.message;
  expect(message.length).toBeGreaterThan(100);
  expect(text.startsWith(message)).toBe(true);
  expect(map.get("b")).toEqual({ ok: true, value: bytes("b") });
  expect(map.register("c")).toBe(false);
  await expect(map.wait("c")).resolves.toEqual(outcome);
  expect(map.waitBlocking("c")).toEqual(outcome);
});

test("cancel sets `cancelled` and stops nothing else", () => {
  const map = fresh();
  map.cancel();
  expect(map.cancelled).toBe(true);
  expect(map.register("a")).toBe(true);
});

test("a wait ends after its timeout, and the key stays in flight", () => {
  const map = fresh();
  map.register("a");
  expect(map.waitBlocking("a", 2)).toBeUndefined();
  expect(map.missing).toBeUndefined();
  map.done("a", bytes("a"));
  expect(map.waitBlocking("a")).toEqual({ ok: true, value: bytes("a") });
});

test("the first answer of a generation counts", () => {
  const map = fresh();
  map.register("a");
  map.done("a", bytes("first"));
  map.done("a", bytes("second"));
  map.fail("a", e404);
  expect(map.get("a")).toEqual({ ok: true, value: bytes("first") });
  map.done("never registered", bytes("x"));
  map.fail("never registered", e404);
  expect([...map.entries()]).toEqual([["a", "ready"]]);
});

test("keys are equal only if all their characters are", () => {
  const map = fresh({ slots: 4096 });
  const keys = [
    "",
    "a",
    "A",
    "á",
    "a\u0301",
    "ключ",
    "__proto__",
    "\0",
    "a\0",
    ...Array.from({ length: 2000 }, (_, i) => `k${i}`),
  ];
  for (const key of keys) expect(map.register(key)).toBe(true);
  for (const key of keys) expect(map.register(key)).toBe(false);
  expect([...map.entries()].map(([key]) => key).sort()).toEqual([...keys].sort());
});

test("counters are shared by all threads", () => {
  const memory = createSharedMemory({ slots: 16, initial: 1024 });
  const [here, there] = [new Counters(memory), new Counters(memory)];
  expect(here.add(DISPATCHED)).toBe(0);
  expect(here.add(DISPATCHED, 2)).toBe(1);
  there.set(DONE, 5);
  there.add(LATE);
  expect(there.get(DISPATCHED)).toBe(3);
  expect([DONE, LATE].map((counter) => here.get(counter))).toEqual([5, 1]);
  // None of them is a word that the map uses.
  const map = new SharedOnceMap(memory);
  expect(map.cancelled).toBe(false);
  expect(map.register("a")).toBe(true);
  map.done("a", bytes("a"));
  expect(map.get("a")).toMatchObject({ ok: true });
});

test("the build removes the calls by which tests hold threads", async () => {
  const entry = fileURLToPath(new URL("../../../workers/shared/shared-once-map.ts", import.meta.url));
  const bundle = await build({
    configFile: false,
    logLevel: "silent",
    define: { __WEBHOIST_INTERLEAVE__: "undefined" },
    build: { write: false, minify: true, lib: { entry, formats: ["es"] } },
  });
  const [output] = Array.isArray(bundle) ? bundle : [bundle];
  const code = output && "output" in output ? output.output[0].code : "";
  expect(code).toContain("EUNREGISTERED");
  expect(code).not.toMatch(/INTERLEAVE|claimed|payload/);
});
