import fc from "fast-check";
import { expect, test } from "vitest";
import { runToEnd } from "../../src/base/run-to-end.ts";
import type { InstallError } from "../../src/errors/failure.ts";
import { expandBraces } from "../../src/project/braces.ts";
import { ProjectFiles } from "../../src/project/files.ts";
import { GlobSet, glob, isMatch } from "../../src/project/glob.ts";
import { findWorkspaces, workspaceTest } from "../../src/project/workspaces.ts";

/** Returns the failure's code and message; "ok" without one. */
function ended(work: () => unknown): string {
  try {
    work();
    return "ok";
  } catch (error) {
    return `${(error as InstallError).code}: ${(error as InstallError).message}`;
  }
}

const workspacesIn =
  (workspaces: unknown, paths: readonly string[] = []) =>
  () => {
    const files = Object.fromEntries(paths.map((path) => [`${path}/package.json`, `{"name":"x"}`]));
    return runToEnd(findWorkspaces(workspaces, new ProjectFiles(files, "/p"), "/p"));
  };

test("a glob may have 4,096 characters", () => {
  expect(ended(() => glob("a".repeat(4096)))).toBe("ok");
  expect(ended(() => glob("a".repeat(4097)))).toBe(
    `ELIMIT: The glob "${"a".repeat(99)}…${"a".repeat(19)}" has more than 4096 characters. Use fewer or shorter globs.`,
  );
});

test.each([
  ["one brace", `{${",".repeat(999)}}`, `{${",".repeat(1000)}}`],
  ["several braces", "{a,b}".repeat(9), "{a,b}".repeat(10)],
  ["braces in braces", `{${"{a,b},".repeat(499)}a,b}`, `{${"{a,b},".repeat(500)}a}`],
])("a glob may expand to 1,000 texts: %s", (_, most, more) => {
  expect(ended(() => glob(most))).toBe("ok");
  expect(ended(() => glob(more))).toMatch(/^ELIMIT: The glob ".*" expands to more than 1000 texts/);
});

test("the globs of one list may have 262,144 characters after their expansion", () => {
  const list = Array.from({ length: 64 }, () => "a".repeat(4096));
  expect(ended(() => new GlobSet(list))).toBe("ok");
  expect(ended(() => new GlobSet([...list, "a"]))).toMatch(
    /^ELIMIT: The glob "a" brings the globs to more than 262144/,
  );
});

test("workspaces may have 10,000 patterns", () => {
  const list = (length: number): string[] => Array.from({ length }, (_, i) => `packages/p${i}`);
  expect(ended(workspacesIn(list(10_000)))).toBe("ok");
  expect(ended(workspacesIn(list(10_001)))).toMatch(
    'ELIMIT: "workspaces" in package.json has more than 10000 patterns',
  );
});

test("matching workspaces takes at most 20,000,000 steps, and the failure names the busiest pattern", () => {
  const patterns = ["packages/*", "?".repeat(4000), "?".repeat(1000)];
  expect(ended(workspacesIn(patterns, ["x".repeat(3999)]))).toBe("ok");
  expect(ended(workspacesIn(patterns, ["x".repeat(4000)]))).toMatch(
    /^ELIMIT: Matching "workspaces" in package.json takes more than 20000000 steps. Most go to the pattern "\?+…\?+"/,
  );
  const { length } = "*/".repeat(2000);
  const deep = Array.from({ length: 20 }, (_, i) => `${"*a".repeat(length / 2)}${i}`);
  const test = workspaceTest(deep);
  expect(ended(() => Array.from({ length: 30 }, () => test("a".repeat(900))))).toMatch("ELIMIT");
});

test("matching one name ends at the limit too, not after all patterns", () => {
  const globs = Array.from({ length: 64 }, (_, i) => `*${"?".repeat(1000)}b${i}`);
  const set = new GlobSet(globs);
  set.limit = 10_000;
  expect(set.at("a".repeat(1000))).toEqual([]);
  // The pattern that reaches the limit is compared to its end.
  expect(set.steps).toBeLessThan(10_000 + 2 * 1000 * 1000);
  const unlimited = new GlobSet(globs);
  unlimited.at("a".repeat(1000));
  expect(unlimited.steps).toBeGreaterThan(64 * 1000 * 1000);
  // A test must not take an early end for a result.
  const isWorkspace = workspaceTest(["packages/*", ...globs]);
  expect(ended(() => isWorkspace("a".repeat(1000)))).toMatch(/^ELIMIT/);
  expect(ended(workspacesIn(["packages/*", ...globs], ["a".repeat(1000)]))).toMatch(/^ELIMIT/);
});

test("comparing negated patterns with the others takes at most 2,000,000 steps", () => {
  const patterns = (length: number): string[] => [`!${"?".repeat(1000)}`, "x".repeat(length)];
  // The pattern is compared twice: whether it cancels the negated one, and whether that covers it. Each visits one node.
  expect(ended(workspacesIn(patterns(999)))).toBe("ok");
  expect(ended(workspacesIn(patterns(2000)))).toMatch("takes more than 2000000 steps");
  expect(ended(workspacesIn(["?".repeat(4000), "x".repeat(4000)]))).toBe("ok");
});

test("the steps of a match are at most the size of the globs times that of the path", () => {
  const globs = [
    "**/".repeat(1000),
    "**/a/".repeat(800),
    "*a".repeat(2000),
    `${"[ab]*".repeat(800)}c`,
    "{a,b}/**/".repeat(9),
  ];
  for (const text of globs) {
    const set = new GlobSet([text]);
    const path = "a/".repeat(500);
    set.at(path);
    const size = text.startsWith("{") ? text.length * 2 ** 9 : text.length;
    expect(set.steps).toBeLessThanOrEqual(size * path.length);
  }
  // Consecutive `**` are one.
  const set = new GlobSet(["**/".repeat(1365)]);
  set.at("a/".repeat(100));
  expect(set.steps).toBeLessThanOrEqual(200);
});

test("10,000 literal patterns take one step for each segment of a path", () => {
  const set = new GlobSet(Array.from({ length: 10_000 }, (_, i) => `packages/p${i}`));
  expect(isMatch(set.at("packages/p9999"))).toBe(true);
  expect(set.steps).toBe(2);
});

test("a project of many folders gets pauses while its workspaces are found", () => {
  const paths = Array.from({ length: 2000 }, (_, i) => `packages/p${i}`);
  const files = Object.fromEntries(paths.map((path) => [`${path}/package.json`, "{}"]));
  const pauses = [...findWorkspaces(["packages/*"], new ProjectFiles(files, "/p"), "/p")];
  // Every 500 entries while listing, and every 500 folders while reading.
  expect(pauses.length).toBeGreaterThanOrEqual(8);
});

test("negated patterns pause, and end at the limit, before every folder was compared with them", () => {
  const paths = Array.from({ length: 3000 }, (_, i) => `packages/${"p".repeat(20)}${i}`);
  const files = Object.fromEntries(paths.map((path) => [`${path}/package.json`, "{}"]));
  const work = findWorkspaces(["packages/*", `!packages/${"?*a".repeat(300)}`], new ProjectFiles(files, "/p"), "/p");
  let pauses = 0;
  expect(
    ended(() => {
      while (!work.next().done) pauses++;
    }),
  ).toMatch(/^ELIMIT: Matching "workspaces" in package.json takes more than 20000000 steps/);
  // A pause every 50,000 steps.
  expect(pauses).toBeGreaterThan(300);
});

/** Expands the innermost braces first, text by text. */
function referenceBraces(pattern: string): string[] {
  const found = /\{([^{}]*)\}/.exec(pattern);
  if (!found) return [pattern];
  const [whole, body = ""] = found;
  const [head, tail] = [pattern.slice(0, found.index), pattern.slice(found.index + whole.length)];
  // Marks literal braces, so that they are not found again.
  const choices = body.includes(",") ? body.split(",") : [`<${body}>`];
  return choices.flatMap((choice) => referenceBraces(head + choice + tail));
}

test("law: braces expand to the same texts as by replacing the innermost ones", () => {
  const text = fc.array(fc.constantFrom("a", "b", "{", "}", ","), { maxLength: 14 }).map((all) => all.join(""));
  fc.assert(
    fc.property(text, (pattern) => {
      const expected = referenceBraces(pattern).map((each) => each.replaceAll("<", "{").replaceAll(">", "}"));
      expect(new Set(expandBraces(pattern))).toEqual(new Set(expected));
    }),
  );
});

test.each([
  ["{", ["{"]],
  ["a{b,c{d,e}}f", ["abf", "acdf", "acef"]],
  ["{a,{b,c}", ["{a,b", "{a,c"]],
  ["{a}{b,}", ["{a}b", "{a}"]],
  [",a}", [",a}"]],
])("%s expands to %j", (pattern, expected) => {
  expect(expandBraces(pattern)).toEqual(expected);
});

test("unclosed braces are one literal text", () => {
  expect(expandBraces(`{${",".repeat(4000)}`)).toEqual([`{${",".repeat(4000)}`]);
});
