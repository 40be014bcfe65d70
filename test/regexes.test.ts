// Full tier: tries thousands of texts on every expression.

import { expect, test } from "vitest";
import { findSlowText } from "./support/regex/find-slow-text.ts";
import { parseRegex } from "./support/regex/parse-regex.ts";
import { regexesInSources } from "./support/regex/regexes-in-sources.ts";

/** Expressions that may go back, by a part of their text, with the reason why their input is short. */
const SHORT_INPUT: readonly [part: string, reason: string][] = [
  ["(\\d{1,256})\\.(\\d{1,256})", "a version has at most 256 characters"],
];

/** Expressions whose text is known only when the program runs, by their file. */
const MADE_AT_RUN_TIME: readonly [file: string, reason: string][] = [
  ["src/engine/hide-project-path.ts", "a constant, then characters up to a blank or a quote"],
  ["src/spec/range.ts", "one comparator of a range"],
];

const { found, unknown } = regexesInSources();

test("every regular expression of the sources takes linear time for every text", () => {
  expect(found.length).toBeGreaterThan(250);
  const slow = new Map<string, unknown>();
  for (const { file, source, flags } of found) {
    if (slow.has(`/${source}/${flags}`) || SHORT_INPUT.some(([part]) => source.includes(part))) continue;
    const text = findSlowText(parseRegex(source, flags));
    if (text) slow.set(`/${source}/${flags}`, { file, ...text });
  }
  expect(Object.fromEntries(slow)).toEqual({});
});

test("every expression with short input, or made at run time, still exists, and no other is made at run time", () => {
  for (const [part] of SHORT_INPUT) expect(found.some(({ source }) => source.includes(part))).toBe(true);
  const files = unknown.map((text) => text.slice(0, text.indexOf(":")));
  expect([...new Set(files)].sort()).toEqual(MADE_AT_RUN_TIME.map(([file]) => file));
});

test.each([
  ["spaces before an anchor", /\s+$/],
  ["spaces around a comma", /\s*,\s*/],
  ["nested repetitions", /^(?:a+)+$/],
  ["choices that overlap", /^(?:a|ab?|b)*c/],
  ["two repetitions of the same", /^\d*\w*!/],
  ["a repetition of a text with parts in common", /^(?:ab?c|a[bc]+)*$/],
  ["a global search for the end of a text", /"[^x]*x/g],
  ["a line's end", /#.*$/],
])("finds %s", (_, { source, flags }) => {
  expect(findSlowText(parseRegex(source, flags))).not.toBeNull();
});

test.each([
  ["a text between quotes", /^"(?:[^"\\]|\\.)*"$/],
  ["an anchored number", /^\d+(?:\.\d+)*$/],
  ["a literal", /git@|file:/],
  ["a search for one class", /[*?[]/],
])("accepts %s", (_, { source, flags }) => {
  expect(findSlowText(parseRegex(source, flags))).toBeNull();
});
