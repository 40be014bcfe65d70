import { expect, test } from "vitest";
import { areAlike } from "../../src/base/alike.ts";

test.each([
  ["react", "raect", true],
  ["react", "reac", true],
  ["react", "preact", true],
  ["react", "rect-x", false],
  ["express", "exprses-", true],
  ["express", "expres-s", true],
  ["express", "exp", false],
  ["JSONStream", "jsonstream", true],
  ["ms", "ns", true],
  ["ms", "nn", false],
  ["react", "react", false],
  ["", "a", true],
])("%s and %s are alike: %s", (a, b, expected) => {
  expect([areAlike(a, b), areAlike(b, a)]).toEqual([expected, expected]);
});
