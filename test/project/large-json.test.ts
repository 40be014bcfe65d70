import fc from "fast-check";
import { expect, test } from "vitest";
import { isDeeperThan } from "../../src/base/json-depth.ts";
import { runToEnd } from "../../src/base/run-to-end.ts";
import type { InstallError } from "../../src/errors/failure.ts";
import { parseJsonText } from "../../src/project/json-text.ts";
import { parseLargeJson } from "../../src/project/large-json.ts";

const large = (text: string): unknown => runToEnd(parseLargeJson(text, "a.json")).value;

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as InstallError).code;
  }
  return "ok";
}

const nested = (levels: number, open = "[", close = "]"): string => open.repeat(levels) + close.repeat(levels);

test.each([
  [1, "1", false],
  [1, nested(1), false],
  [1, nested(2), true],
  [500, nested(500), false],
  [500, nested(501), true],
  [500, nested(501, '{"a":', "}"), true],
  [1, `{"a":"[[[["}`, false],
  [1, `{"a":"\\"[[[[","b":"\\\\"}`, false],
  [3, `[{"\\\\":[[]]}]`, true],
  [1, `"[[[[`, false],
])("isDeeperThan %d levels: %s", (levels, text, expected) => {
  expect(isDeeperThan(text, levels)).toBe(expected);
});

test("law: a large text has the value that JSON.parse gives, with repeated keys and any layout", () => {
  const key = fc.constantFrom("a", "b", "__proto__", "7", "constructor", '"', "\\", "é");
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.json(),
      fc.constant(JSON.stringify({ text: 'x\\"'.repeat(40_000) })),
      fc.constant(JSON.stringify(Array.from({ length: 9000 }, (_, at) => `item ${at}`))),
      fc.array(tie("value"), { maxLength: 4 }).map((all) => `[${all.join(" ,\n")}]`),
      fc
        .array(fc.tuple(key, tie("value")), { maxLength: 5 })
        .map((all) => `{ ${all.map(([name, text]) => `${JSON.stringify(name)} :\t${text}`).join(" , ")}}`),
    ),
  }));
  fc.assert(
    fc.property(value, (text) => {
      const found = large(` ${text}\n`);
      const expected: unknown = JSON.parse(text);
      expect(found).toEqual(expected);
      expect(JSON.stringify(found)).toBe(JSON.stringify(expected));
    }),
    { numRuns: 100 },
  );
});

const LONG = JSON.stringify(Array.from({ length: 9000 }, (_, at) => `item ${at}`));

test.each([
  ["nothing", ""],
  ["text after the value", `${LONG} 1`],
  ["a missing bracket", LONG.slice(0, -1)],
  ["the wrong bracket", `${LONG.slice(0, -1)}}`],
  ["a missing comma", `[${LONG} ${LONG}]`],
  ["a comma at the end", `[${LONG},]`],
  ["a key without quotes", `{a:${LONG}}`],
  ["a missing colon", `{"a" ${LONG}}`],
  ["a comma at the end of an object", `{"a":${LONG},}`],
  ["a string that does not end", `{"a":${LONG},"b":"x}`],
  ["a bad scalar", `[${LONG},tru]`],
  ["a bad escape", `{"\\x":${LONG}}`],
])("a large text with %s is not JSON", (_, text) => {
  expect(() => JSON.parse(text)).toThrow(SyntaxError);
  expect(codeOf(() => large(text))).toBe("EJSONPARSE");
});

test("a file may nest 500 levels deep, whether it is large or not", () => {
  for (const padding of ["", LONG]) {
    const around = (levels: number): string => `{"a":${padding || 1},"b":${nested(levels - 1)}}`;
    expect(codeOf(() => large(around(500)))).toBe("ok");
    expect(codeOf(() => large(around(501)))).toBe("ELIMIT");
    expect(codeOf(() => parseJsonText(around(500), "a.json"))).toBe("ok");
    expect(codeOf(() => parseJsonText(around(501), "a.json"))).toBe("ELIMIT");
  }
});

test("a package.json may have 8 MiB, and a value deep in a lock 4 MiB", () => {
  const text = (length: number): string => `"${"x".repeat(length - 2)}"`;
  expect(codeOf(() => parseJsonText(text(2 ** 22), "package.json"))).toBe("ok");
  expect(codeOf(() => parseJsonText(text(2 ** 22 + 1), "package.json"))).toBe("ELIMIT");
  expect(codeOf(() => parseJsonText(text(2 ** 22 + 1), "package-lock.json", 2 ** 22 + 1))).toBe("ok");
  const item = '"aaaaaaaaaaaaa",';
  const deep = (length: number): string => {
    const items = item.repeat(Math.floor((length - 16) / item.length));
    return `[[[[[${items}${`"${"b".repeat(length - 4 - items.length)}"`}]]]]]`;
  };
  expect(deep(2 ** 22)).toHaveLength(2 ** 22 + 8);
  expect(codeOf(() => large(deep(2 ** 22)))).toBe("ok");
  expect(codeOf(() => large(deep(2 ** 22 + 1)))).toBe("ELIMIT");
});

test("the pauses are as many as the text has pieces, for n and for 2n", () => {
  const pauses = (entries: number): number => {
    const packages = Object.fromEntries(
      Array.from({ length: entries }, (_, at) => [
        `node_modules/a${at}`,
        { version: "1.0.0", license: "x".repeat(200) },
      ]),
    );
    const text = JSON.stringify({ packages });
    let count = 0;
    for (const steps = parseLargeJson(text, "a.json"); !steps.next().done; ) count++;
    expect(count).toBeGreaterThanOrEqual(Math.floor(text.length / 2 ** 17));
    expect(count).toBeLessThanOrEqual(text.length / 2 ** 16);
    return count;
  };
  const [one, two] = [pauses(5_000), pauses(10_000)];
  expect(Math.abs(two - 2 * one)).toBeLessThanOrEqual(2);
});
