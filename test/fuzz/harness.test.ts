import { expect, test } from "vitest";
import { failure, InstallError } from "../../src/errors/failure.ts";
import { decode, encode } from "./corpus.ts";
import { mutateJson } from "./json-mutation.ts";
import { check } from "./laws.ts";
import { Random } from "./random.ts";
import { shrink } from "./shrink.ts";
import type { Target } from "./target.ts";
import type { Tree, Value } from "./value.ts";

/** Returns a target that runs `run`. */
const targetOf = (run: (input: Value) => void): Target => ({ name: "test", perTest: 1, make: () => null, run });

const faultIn = async (run: (input: Value) => void, input: Value = {}): Promise<string> =>
  String((await check(targetOf(run), input)).fault);

test("an answer and a coded failure are right", async () => {
  expect(
    await check(
      targetOf(() => {}),
      {},
    ),
  ).toEqual({ fault: null, code: "ok" });
  const coded = targetOf(() => {
    throw new InstallError(failure("E404", "No package has the name x."));
  });
  expect(await check(coded, {})).toEqual({ fault: null, code: "E404" });
});

test("every broken law is found", async () => {
  const fails = (code: string, message: string) => () => {
    throw new InstallError({ code: code as "E404", message, requiredBy: [], wayOut: [] });
  };
  expect(await faultIn(() => void (undefined as unknown as Tree)["a"])).toContain("TypeError");
  expect(await faultIn(fails("EINTERNAL", "x"))).toContain("EINTERNAL");
  expect(await faultIn(fails("EABORTED", "Cancelled"))).toContain("EABORTED");
  expect(await faultIn(fails("ENOCODE", "x"))).toContain("not in the union");
  expect(await faultIn(fails("ENPMCRASH", "npm crashes on this project: it nests too deep."))).toContain("ENPMCRASH");
  expect(await faultIn(fails("E404", "x".repeat(30_000)))).toContain("30000 characters");
  expect(await faultIn(fails("E404", "a.b is not a function"))).toContain("JavaScript's own");
  expect(await faultIn((input) => void Object.assign(input as Tree, { a: 1 }))).toContain("TypeError");
  expect(await faultIn((input) => void (input as Uint8Array).fill(1), new Uint8Array(1))).toContain("changed");
  const polluted = await faultIn(() => Object.assign(Object.prototype, { polluted: 1 }));
  expect(polluted).toContain("a prototype was changed: polluted");
  expect("polluted" in {}).toBe(false);
});

test("the same seed and index give the same input", () => {
  const inputs = (): string[] =>
    Array.from({ length: 50 }, (_, i) => mutateJson({ a: [1, "b"] }, new Random(7, i), { keys: ["k"], values: ["v"] }));
  expect(inputs()).toEqual(inputs());
  expect(new Set(inputs()).size).toBeGreaterThan(25);
});

test("the corpus keeps bytes, repetitions and every name", () => {
  const input = JSON.parse('{"__proto__":{"a":"\\ud800"},"list":[null,1.5,true]}') as Tree;
  input["text"] = `x${"ab".repeat(5000)}y`;
  input["bytes"] = Uint8Array.of(0, 255);
  const text = JSON.stringify(encode(input));
  expect(text.length).toBeLessThan(200);
  expect(decode(JSON.parse(text) as Value)).toEqual(input);
});

test("shrinking leaves only what shows the fault", async () => {
  const target = targetOf((input) => {
    if (JSON.stringify(input).includes("bad")) throw new TypeError("bad");
  });
  const input = { a: [1, 2, { b: "xxbadxx", c: "y" }], d: { e: "f" } };
  const { fault } = await check(target, input);
  expect(await shrink(target, input, String(fault))).toEqual({ a: [{ b: "bad" }] });
});
