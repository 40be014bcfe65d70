import { expect, test } from "vitest";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { applyHunks, parseDiff } from "../../src/install/unified-diff.ts";

/** Applies the only file of a diff. */
function apply(source: string, diff: string): string {
  const [patch, ...others] = runToEnd(parseDiff(diff));
  expect(others).toEqual([]);
  return runToEnd(applyHunks(source, patch?.hunks ?? []));
}

const HEAD = "--- a/f\n+++ b/f\n";

test.each<[string, string, string, string]>([
  ["a line", "a\nb\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n", "a\nx\nc\n"],
  ["a line without context", "a\nb\nc\n", "@@ -2 +2 @@\n-b\n+x\n", "a\nx\nc\n"],
  ["an insertion at the start", "a\n", "@@ -0,0 +1 @@\n+x\n", "x\na\n"],
  ["an insertion at the end", "a\n", "@@ -1 +1,2 @@\n a\n+x\n", "a\nx\n"],
  ["a deletion", "a\nb\n", "@@ -1,2 +1 @@\n-a\n b\n", "b\n"],
  ["all lines", "a\nb\n", "@@ -1,2 +0,0 @@\n-a\n-b\n", ""],
  ["two hunks", "a\nb\nc\nd\ne\n", "@@ -1,2 +1 @@\n-a\n b\n@@ -4,2 +3,3 @@\n d\n+x\n e\n", "b\nc\nd\nx\ne\n"],
  ["a hunk that stands later", "z\nz\na\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+x\n", "z\nz\na\nx\n"],
  ["the later one of two equally near places", "a\nz\na\n", "@@ -2 +2 @@\n-a\n+x\n", "a\nz\nx\n"],
  ["the next hunk is shifted as far", "z\na\nb\nb\n", "@@ -1 +1 @@\n-a\n+x\n@@ -3 +3 @@\n-b\n+y\n", "z\nx\nb\ny\n"],
  ["a blank line that lost its mark", "a\n\nb\n", "@@ -1,3 +1,3 @@\n a\n\n-b\n+x\n", "a\n\nx\n"],
  ["a line break that is added at the end", "a", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n", "a\n"],
  ["a line break that is removed at the end", "a\n", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n", "a"],
  [
    "no line break before and after",
    "a",
    "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
    "b",
  ],
  ["a Unix patch of a Windows file", "a\r\nb\r\n", "@@ -1,2 +1,2 @@\n a\n-b\n+x\n", "a\r\nx\r\n"],
  ["a Windows patch of a Unix file", "a\nb\n", "@@ -1,2 +1,2 @@\r\n a\r\n-b\r\n+x\r\n", "a\nx\n"],
  ["a file of mixed line ends, with its own", "a\r\nb\n", "@@ -1,2 +1,2 @@\n a\r\n-b\n+x\n", "a\r\nx\n"],
  ["no hunk", "a\n", "", "a\n"],
])("applies %s", (_, source, hunks, expected) => {
  expect(apply(source, HEAD + hunks)).toBe(expected);
});

test.each<[string, string, string]>([
  ["a missing line", "a\nc\n", "@@ -1,2 +1,2 @@\n a\n-b\n+x\n"],
  ["other context", "z\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+x\n"],
  ["context that differs by a blank", "a \nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+x\n"],
  ["hunks in the wrong order", "a\nb\n", "@@ -2 +2 @@\n-b\n+y\n@@ -1 +1 @@\n-a\n+x\n"],
  ["an end without a line break", "a", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"],
  ["an end with a line break", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"],
  ["too few lines", "a\n", "@@ -1,2 +1,2 @@\n-a\n+x\n"],
  ["a head without numbers", "a\n", "@@ a @@\n-a\n+x\n"],
  ["a line without a mark", "a\n", "@@ -1,2 +1,2 @@\n-a\nx\n"],
  ["a line after the hunk", "a\n", "@@ -1 +1 @@\n-a\n+x\nrest\n"],
])("refuses %s", (_, source, hunks) => {
  expect(() => apply(source, HEAD + hunks)).toThrow();
});

test("reads names, without prefixes, times and quotes", () => {
  const text = [
    "diff --git a/x.js b/x.js",
    "index 1..2 100644",
    "--- a/x.js\t2026-01-01",
    "+++ b/x.js",
    "@@ -1 +1 @@",
    "-a",
    "+b",
    "diff --git a/new b/new",
    "new file mode 100644",
    "--- /dev/null",
    "+++ b/new",
    "@@ -0,0 +1 @@",
    "+a",
    '--- "a/with blank"',
    "+++ /dev/null",
    "@@ -1 +0,0 @@",
    "-a",
    "diff --git a/old b/moved",
    "rename from old",
    "rename to moved",
    "",
  ];
  expect(runToEnd(parseDiff(text.join("\n"))).map(({ from, to }) => [from, to])).toEqual([
    ["x.js", "x.js"],
    [null, "new"],
    ["with blank", null],
  ]);
});

test("an insertion far past the end makes no endless file", () => {
  expect(apply("a\n", `${HEAD}@@ -999999999,0 +1 @@\n+x\n`).length).toBeLessThan(10);
});

test("a hunk that nearly fits everywhere ends", () => {
  const source = "a\n".repeat(20_000);
  const hunk = `@@ -1,10001 +1,10001 @@\n${" a\n".repeat(10_000)}-b\n+x\n`;
  expect(() => apply(source, HEAD + hunk)).toThrow("too long");
});

test("a diff of many lines is read in turns", () => {
  const lines = Array.from({ length: 100_000 }, (_, i) => `+${i}`);
  const steps = parseDiff(`--- /dev/null\n+++ b/f\n@@ -0,0 +1,${lines.length} @@\n${lines.join("\n")}\n`);
  let pauses = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) pauses++;
  expect(pauses).toBe(6);
  expect(step.value[0]?.hunks[0]?.lines.length).toBe(lines.length);
});
