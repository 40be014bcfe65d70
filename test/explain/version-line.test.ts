import fc from "fast-check";
import { minVersion, subset, validRange } from "semver";
import { expect, test } from "vitest";
import { isWholeLine, lineOfRange, sortByLowestVersion, touchesLine } from "../../src/explain/version-line.ts";

const number = fc.nat(3);
const version = fc.tuple(number, number, number).map((parts) => parts.join("."));
const comparator = fc
  .tuple(fc.constantFrom("^", "~", ">=", "<=", ">", "<", "", "="), version)
  .map((parts) => parts.join(""));
const range = fc
  .array(
    fc.array(comparator, { minLength: 1, maxLength: 2 }).map((set) => set.join(" ")),
    { minLength: 1, maxLength: 2 },
  )
  .map((sets) => sets.join(" || "));

const caretOf = (line: string): string => `^${[...line.split("."), "0", "0"].slice(0, 3).join(".")}`;

test.each([
  ["^18.2.0", "18", false],
  ["^18.0.0", "18", true],
  ["18.x", "18", true],
  ["18", "18", true],
  ["~18.2.0 || 18.3.1", "18", false],
  ["^0.2.3", "0.2", false],
  ["0.2.x", "0.2", true],
  ["0.0.3", "0.0.3", false],
  ["^1.0.0 || ^2.0.0", null, false],
  [">=1.0.0", null, false],
  ["*", null, false],
  ["latest", null, false],
  ["npm:b@^1.0.0", null, false],
])("%s lies in the line %s; it is the whole line: %s", (spec, line, whole) => {
  expect([lineOfRange(spec), isWholeLine(spec)]).toEqual([line, whole]);
});

test("law: a range with a line allows no version outside of it, and touches it", () => {
  let found = 0;
  fc.assert(
    fc.property(range, (spec) => {
      const line = lineOfRange(spec);
      if (line === null || spec.split(" || ").some((part) => minVersion(part) === null)) return;
      found++;
      expect(subset(spec, caretOf(line))).toBe(true);
      expect(isWholeLine(spec) && !subset(caretOf(line), spec)).toBe(false);
      expect(touchesLine(spec, line)).toBe(true);
    }),
    { numRuns: 500 },
  );
  expect(found).toBeGreaterThan(50);
});

test("law: specs are sorted the same in any order", () => {
  const specs = fc.uniqueArray(fc.oneof(range, fc.constantFrom("latest", "next", "*")), { maxLength: 8 });
  fc.assert(
    fc.property(specs, (list) => {
      const sorted = sortByLowestVersion(list);
      expect(sortByLowestVersion([...list].reverse())).toEqual(sorted);
      const firstTag = sorted.findIndex((spec) => validRange(spec) === null);
      if (firstTag >= 0) expect(sorted.slice(firstTag).every((spec) => validRange(spec) === null)).toBe(true);
    }),
  );
});
