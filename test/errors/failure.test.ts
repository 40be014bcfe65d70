import { expect, test } from "vitest";
import { endSentence, failure, shorten } from "../../src/errors/failure.ts";

const LONG = "x".repeat(1000);
const CUT = `${"x".repeat(100)}…${"x".repeat(20)}`;
const QUOTED = `"${"x".repeat(99)}…${"x".repeat(19)}"`;

test.each([
  ["a short quote stays", `"a" is not "b".`, `"a" is not "b".`],
  ["a quote of 200 characters stays", `"${"x".repeat(200)}" is long.`, `"${"x".repeat(200)}" is long.`],
  ["a quote of 201 characters is cut", `"${"x".repeat(201)}" is long.`, `${QUOTED} is long.`],
  ["each quote is cut by itself", `"${LONG}" and "a" and "${LONG}"`, `${QUOTED} and "a" and ${QUOTED}`],
  ["a word of 202 characters stays", `${"x".repeat(202)} is long.`, `${"x".repeat(202)} is long.`],
  ["a word of 203 characters is cut", `${"x".repeat(203)} is long.`, `${CUT} is long.`],
  [
    "a quote with blanks is cut",
    `"${"a b ".repeat(100)}" is long.`,
    `"${"a b ".repeat(25).slice(0, 99)}…${"a b ".repeat(5).slice(1)}" is long.`,
  ],
  ["many short words stay", "word ".repeat(1000), "word ".repeat(1000)],
  ["a message of 20,000 characters stays", "word ".repeat(4000), "word ".repeat(4000)],
  ["a longer message is cut", "word ".repeat(4001), `${"word ".repeat(4000)}…`],
])("shorten: %s", (_, message, expected) => {
  expect(shorten(message)).toBe(expected);
  expect(failure("ENOENT", message).message).toBe(expected);
});

const SECRET = "S".repeat(1000);
const PATH = "x".repeat(85);

test.each([
  ["a password", `https://user:${SECRET}@h.test/x`, "https://h.test/x"],
  ["a password in quotes", `"https://user:${SECRET}@h.test/x"`, `"https://h.test/x"`],
  ["a token of a git host", `github:user:${SECRET}@owner/repo`, "github:owner/repo"],
  ["a query behind a long path", `https://h.test/${PATH}${PATH}?sign=${SECRET}`, `https://h.test/${PATH}${PATH}`],
  ["a query", `https://h.test/?${SECRET}`, "https://h.test/"],
])("no part of a secret is shown after shortening: %s", (_, text, expected) => {
  expect(shorten(text)).toBe(expected);
});

test.each([
  ["The worker failed: out of memory", "The worker failed: out of memory."],
  ["The worker failed: it ended.", "The worker failed: it ended."],
  ["Is it there?", "Is it there?"],
])("endSentence: %s", (message, expected) => {
  expect(endSentence(message)).toBe(expected);
});
