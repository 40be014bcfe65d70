import fc from "fast-check";
import { expect, test } from "vitest";
import { InstallError } from "../../src/errors/failure.ts";
import { withWaysOut } from "../../src/explain/way-out.ts";
import { parseJsonText } from "../../src/project/json-text.ts";

function place(text: string): unknown {
  try {
    return parseJsonText(text, "package.json").value;
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    expect(error.code).toBe("EJSONPARSE");
    const { line, column } = withWaysOut(error.failure).details ?? {};
    return `${line}:${column}`;
  }
}

test.each([
  ['{\n  "a": 1,\n}', "3:1"],
  ['{\n  "a": tru\n}', "2:8"],
  ['{ "a" 1 }', "1:7"],
  ["", "1:1"],
  ["{", "1:2"],
  ['{"a":1}}', "1:8"],
  ['{"a":[1,]}', "1:9"],
  ["{'a':1}", "1:2"],
  ['{"a":1\r\n "b":2}', "2:2"],
  ['["a\nb"]', "1:2"],
  ['{"a":Null}', "1:6"],
  ["[1]]", "1:4"],
  ["[}", "1:2"],
  ["{]", "1:2"],
])("%j is not JSON from %s on", (text, at) => {
  expect(place(text)).toBe(at);
});

test("reports no position before the one where a text was cut or changed", () => {
  const value = fc.json({ maxDepth: 3 });
  fc.assert(
    fc.property(
      value,
      fc.nat(),
      fc.constantFrom("", "}", "]", ",", ":", '"', "x", "1", "\u00a0"),
      (json, seed, insert) => {
        const cut = seed % (json.length + 1);
        const text = json.slice(0, cut) + insert + (insert ? json.slice(cut) : "");
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        const found = place(text);
        if (valid) expect(found).toEqual(JSON.parse(text));
        else expect(Number(String(found).slice(2))).toBeGreaterThan(0);
      },
    ),
  );
});

test.each([
  ['{\n  "a": 1\n}\n', "  ", "\n"],
  ['{\r\n\t"a": 1\r\n}', "\t", "\r\n"],
  ['{"a":1}', "", ""],
  ['{ "a":\n1}', "", ""],
  ["{}", "  ", "\n"],
  ["{}\r\n", "  ", "\r\n"],
  ['\ufeff{\n "a": 1}', " ", "\n"],
])("the layout of %j has the indent %j and the line break %j", (text, indent, newline) => {
  expect(parseJsonText(text, "x")).toMatchObject({ indent, newline });
});
