import fc from "fast-check";
import { expect, test } from "vitest";
import { enOrder } from "../../src/base/collate.ts";

const oracle = new Intl.Collator("en").compare;

test("law: the order equals that of Intl.Collator, for any text", () => {
  const char = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(..."aAbBzZ019-_.@/~+ !|<>'()") },
    { weight: 2, arbitrary: fc.string({ maxLength: 1 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("\0", "\t", "é", "e\u0301", "ß", "·", "l·", "\ud800", "日", "\u00ad", "K"),
    },
  );
  const text = fc.array(char, { maxLength: 7 }).map((chars) => chars.join(""));
  fc.assert(
    fc.property(text, text, text, (prefix, a, b) => {
      for (const [x, y] of [
        [a, b],
        [prefix + a, prefix + b],
        [prefix, prefix + a],
      ] as const) {
        expect([x, y, Math.sign(enOrder(x, y))]).toEqual([x, y, Math.sign(oracle(x, y))]);
      }
    }),
    { numRuns: 20_000 },
  );
});

test("punctuation is before digits and digits before letters; case only breaks ties", () => {
  const names = [
    "node_modules/b",
    "node_modules/B",
    "node_modules/a.b",
    "node_modules/a-b",
    "node_modules/@x/a",
    "node_modules/1",
    "node_modules/a/b",
    "node_modules/a",
  ];
  expect([...names].sort(enOrder)).toEqual([...names].sort(oracle));
  expect(["B", "a", "b", "A"].sort(enOrder)).toEqual(["a", "A", "b", "B"]);
});
