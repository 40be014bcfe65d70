import { expect, test } from "vitest";
import { endSentence, shortenQuotes } from "../../src/errors/failure.ts";

const LONG = "x".repeat(1000);

test.each([
  ["a short quote stays", `"a" is not "b".`, `"a" is not "b".`],
  ["a quote of 200 characters stays", `"${"x".repeat(200)}" is long.`, `"${"x".repeat(200)}" is long.`],
  ["a longer quote is cut", `"${LONG}" is long.`, `"${"x".repeat(200)}…" is long.`],
  ["each quote is cut by itself", `"${LONG}" and "a"`, `"${"x".repeat(200)}…" and "a"`],
  ["text without quotes stays", LONG, LONG],
])("shortenQuotes: %s", (_, message, expected) => {
  expect(shortenQuotes(message)).toBe(expected);
});

test.each([
  ["The worker failed: out of memory", "The worker failed: out of memory."],
  ["The worker failed: it ended.", "The worker failed: it ended."],
  ["Is it there?", "Is it there?"],
])("endSentence: %s", (message, expected) => {
  expect(endSentence(message)).toBe(expected);
});
