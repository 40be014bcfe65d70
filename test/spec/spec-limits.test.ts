import { expect, test } from "vitest";
import type { InstallError } from "../../src/errors/failure.ts";
import { packageNameProblem } from "../../src/spec/package-name.ts";
import { parseRange } from "../../src/spec/range.ts";
import { parseArg, parseSpec } from "../../src/spec/spec.ts";

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as InstallError).code;
  }
  return "ok";
}

/** Returns a text of `length` characters that starts with `head` and repeats `unit`. */
function padded(head: string, unit: string, length: number): string {
  return (head + unit.repeat(length)).slice(0, length);
}

test.each([
  ["a range", "1.0.0-", "a"],
  ["a tag", "t", "t"],
  ["a path", "file:", "a/"],
  ["a URL", "https://h.test/", "a"],
  ["a repository", "github:a/", "b"],
  ["an alias", "npm:a@", "1"],
])("%s may have 4,096 characters", (_, head, unit) => {
  expect(codeOf(() => parseSpec("a", padded(head, unit, 4096), "/p"))).not.toBe("ELIMIT");
  expect(codeOf(() => parseSpec("a", padded(head, unit, 4097), "/p"))).toBe("ELIMIT");
  expect(codeOf(() => parseArg(`a@${padded(head, unit, 4097)}`, "/p"))).toBe("ELIMIT");
});

test.each([
  ["alternatives", "||"],
  ["alternatives with blanks around `||`", "  ||\n"],
  ["comparators of one alternative", " "],
])("a range may have 256 %s", (_, between) => {
  const range = (count: number): string => Array.from({ length: count }, () => ">=1.0.0").join(between);
  expect(parseRange(range(256))).not.toBeNull();
  expect(parseRange(range(257))).toBeNull();
  expect(codeOf(() => parseSpec("a", range(256), "/p"))).toBe("ok");
  expect(codeOf(() => parseSpec("a", range(257), "/p"))).toBe("ELIMIT");
});

test("an alternative with a blank after an operator may have 2,048 characters", () => {
  const range = (length: number): string => `< ${"1".repeat(length - 2)}`;
  expect(parseRange(`${range(2048)} || 1`)).not.toBeNull();
  expect(parseRange(`${range(2049)} || 1`)).toBeNull();
});

test("a name may have 1,024 characters", () => {
  expect(packageNameProblem("a".repeat(1024))).toBeNull();
  expect(packageNameProblem("a".repeat(1025))).toBe("has more than 1024 characters");
  expect(codeOf(() => parseSpec("a".repeat(1025), "1", "/p"))).toBe("EINVALIDPACKAGENAME");
});

test("an alias of an alias is not valid, however often it is repeated", () => {
  for (const text of ["npm:npm:a", "npm:a@npm:b", `${"npm:".repeat(1000)}a`, "npm:a@".repeat(600)]) {
    expect(codeOf(() => parseSpec("a", text, "/p"))).toBe("EINVALIDALIAS");
    expect(codeOf(() => parseArg(`a@${text}`, "/p"))).toBe("EINVALIDALIAS");
  }
});

test("`..` takes back an empty segment of a path, which may be repeated", () => {
  expect(parseSpec("a", `file:${"a//../".repeat(600)}b`, "/p")).toMatchObject({
    saveSpec: `file:${"a/".repeat(600)}b`,
  });
  expect(parseSpec("a", "file:a//..", "/p")).toMatchObject({ saveSpec: "file:a" });
  expect(parseSpec("a", "file://..", "/p")).toMatchObject({ saveSpec: "file:.." });
});
