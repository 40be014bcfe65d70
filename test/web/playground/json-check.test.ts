import fc from "fast-check";
import { expect, test } from "vitest";
import { checkJson } from "../../../web/playground/project/json-check.ts";

/** Returns the text with its first error in «»: `{"a": 1«,»}`. */
function marked(text: string): string {
  const error = checkJson(text, true).marks.find(({ severity }) => severity === "error");
  return error ? `${text.slice(0, error.from)}«${text.slice(error.from, error.to)}»${text.slice(error.to)}` : text;
}

test.each([
  ['{"a": 1,}', '{"a": 1«,»}'],
  ['{"a": 1 "b": 2}', '{"a": «1» "b": 2}'],
  ['{"a" 1}', '{"a" «1»}'],
  ["{'a': 1}", "{«'»a': 1}"],
  ["{a: 1}", "{«a»: 1}"],
  ['{"a": yes}', '{"a": «yes»}'],
  ['{"a": 1} x', '{"a": 1} «x»'],
  ['{"a": {"b": 1}', '«{»"a": {"b": 1}'],
  ['{"a": "b\n}', '{"a": «"b»\n}'],
  ['{\n  // why\n  "a": 1\n}', '{\n  «//» why\n  "a": 1\n}'],
  ['{"a": "\\x"}', '{"a": «"\\x"»}'],
  ['{"a": 01}', '{"a": 0«1»}'],
  ["[1, 2]", "«[1, 2]»"],
])("marks the error in %s", (text, expected) => {
  expect(marked(text)).toBe(expected);
});

test("agrees with JSON.parse on which texts are valid", () => {
  const broken = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", '"', "}", "{", "]", "0", "\\", ":", "\u0001"))
    .map(([text, at, put]) => text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1));
  fc.assert(
    fc.property(fc.oneof(fc.json(), broken), (text) => {
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      expect(checkJson(text, false).valid).toBe(valid);
    }),
    { numRuns: 2000 },
  );
});

test("warns of a name that is listed twice and of a spec that is not a string", () => {
  const text = '{"dependencies": {"a": "1", "a": 2}, "devDependencies": []}';
  const { marks, valid } = checkJson(text, true);
  expect(valid).toBe(true);
  expect(marks.map(({ from, to }) => text.slice(from, to))).toEqual(['"a"', "2", "[]"]);
});

test("reports the place of each dependency", () => {
  const text = '{"name": "x", "dependencies": {"@s/a": "^1.0.0"}}';
  const entry = checkJson(text, true).entries.find(({ path }) => path[1] === "@s/a");
  expect(entry?.path).toEqual(["dependencies", "@s/a"]);
  expect(text.slice(...entry!.value)).toBe('"^1.0.0"');
});

test("very deep nesting is an error, not a crash", () => {
  expect(checkJson("[".repeat(100_000), false).marks[0]?.message).toBe("Too deeply nested");
});
