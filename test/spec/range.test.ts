import fc from "fast-check";
import semver from "semver";
import { expect, test } from "vitest";
import {
  ENGINES,
  LOOSE as MODE,
  parseRange,
  rangesIntersect,
  STRICT,
  testRange,
  validRange,
} from "../../src/spec/range.ts";
import { rangeWithin } from "../../src/spec/range-within.ts";
import { cleanVersion, compare, parseVersion, readRelease, validVersion } from "../../src/spec/version.ts";
import { RangeTable } from "../../src/spec/version-range.ts";

const LOOSE = { loose: true };

const number = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 3 }).map(String) },
  fc.constantFrom(
    "00",
    "01",
    "10",
    "9007199254740991",
    "9007199254740992",
    "999999999999999",
    "1".repeat(22),
    "1".repeat(300),
  ),
);
const identifier = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("0", "1", "2", "10", "alpha", "beta", "rc", "x", "X", "-", "a-b", "0a") },
  fc.constantFrom(
    "01",
    "00",
    "",
    "é",
    "9007199254740991",
    "99999999999999999999",
    "99999999999999999998",
    "b".repeat(260),
  ),
);
const dotted = fc.array(identifier, { minLength: 1, maxLength: 3 }).map((ids) => ids.join("."));
const prerelease = fc.oneof(
  { weight: 5, arbitrary: fc.constant("") },
  { weight: 4, arbitrary: dotted.map((ids) => `-${ids}`) },
  fc.constantFrom("beta", "beta1", "-", "--", "-+"),
);
const build = fc.oneof(
  { weight: 8, arbitrary: fc.constant("") },
  dotted.map((ids) => `+${ids}`),
  fc.constant("+"),
);
const prefix = fc.oneof({ weight: 9, arbitrary: fc.constant("") }, fc.constantFrom("v", "=", " ", "= v", "\tv ", "V"));
const version = fc
  .tuple(prefix, number, number, number, prerelease, build)
  .map(([v, major, minor, patch, pre, meta]) => `${v}${major}.${minor}.${patch}${pre}${meta}`);

const part = fc.oneof({ weight: 5, arbitrary: number }, fc.constantFrom("x", "X", "*", ""));
const partial = fc
  .tuple(prefix, part, part, part, fc.integer({ min: 1, max: 3 }), prerelease, build)
  .map(
    ([v, major, minor, patch, size, pre, meta]) => `${v}${[major, minor, patch].slice(0, size).join(".")}${pre}${meta}`,
  );
const operator = fc.constantFrom("", "", "^", "^", "~", "~", ">", ">=", "<", "<=", "=", "~>", "==", "><", "!", "<>");
const space = fc.constantFrom("", "", "", " ", "  ", "\t", "\u00a0", "\n");
const comparator = fc
  .tuple(operator, space, fc.oneof(version, partial))
  .map(([sign, gap, text]) => `${sign}${gap}${text}`);
const set = fc.oneof(
  { weight: 6, arbitrary: comparator },
  fc.array(comparator, { minLength: 2, maxLength: 3 }).map((all) => all.join(" ")),
  fc.tuple(partial, fc.constantFrom(" - ", " -", "  -  ", "-"), partial).map((all) => all.join("")),
  fc.constantFrom(
    "",
    "*",
    "x",
    "latest",
    "foo bar",
    "1.2.3 foo",
    ">",
    ">=0.0.0",
    "<0.0.0-0",
    ">=0.0.0-0",
    "* 1.0.0-rc",
  ),
);
const range = fc
  .array(
    fc.tuple(space, set, space).map((all) => all.join("")),
    { minLength: 1, maxLength: 3 },
  )
  .chain((sets) => fc.constantFrom("||", " || ", "|| ", " | ").map((or) => sets.join(or)));

/** The number of random cases. `LAW_RUNS=200000` tries more. */
const RUNS = { numRuns: Number(process.env["LAW_RUNS"] ?? 3000) };

test("a version satisfies a range exactly if semver in loose mode says so", () => {
  const law = fc.property(version, range, (v, r) => {
    expect(new RangeTable().satisfies(v, r)).toBe(semver.satisfies(v, r, LOOSE));
    expect(validRange(r)).toBe(semver.validRange(r, LOOSE) !== null);
  });
  fc.assert(law, RUNS);
});

test("versions near the ends of a range are judged as by semver", () => {
  const law = fc.property(range, (r) => {
    const table = new RangeTable();
    const ends = r.match(/\d+\.\d+\.\d+(-[\w.-]+)?/g) ?? [];
    for (const end of ends) {
      const at = semver.parse(end, LOOSE);
      if (!at) continue;
      for (const release of ["patch", "minor", "major", "prerelease", "prepatch", "premajor"] as const) {
        const v = semver.inc(at.version, release, LOOSE) ?? at.version;
        expect([r, v, table.satisfies(v, r)]).toEqual([r, v, semver.satisfies(v, r, LOOSE)]);
      }
      expect([r, end, table.satisfies(end, r)]).toEqual([r, end, semver.satisfies(end, r, LOOSE)]);
    }
  });
  fc.assert(law, RUNS);
});

test("versions are checked, cleaned and compared as by semver in loose mode", () => {
  const law = fc.property(version, version, (a, b) => {
    expect(validVersion(a)).toBe(semver.valid(a, LOOSE) !== null);
    expect(cleanVersion(a)).toBe(semver.clean(a, LOOSE));
    const both = validVersion(a) && validVersion(b);
    expect(Math.sign(compare(a, b))).toBe(both ? semver.compare(a, b, LOOSE) : Number.NaN);
  });
  fc.assert(law, RUNS);
});

test("any text is judged as by semver", () => {
  const text = fc.string({ unit: fc.constantFrom(..."0123 .-+vx*^~<>=|a\t") });
  const law = fc.property(text, text, (a, b) => {
    expect(new RangeTable().satisfies(a, b)).toBe(semver.satisfies(a, b, LOOSE));
    expect(validRange(b)).toBe(semver.validRange(b, LOOSE) !== null);
    expect(validVersion(a)).toBe(semver.valid(a, LOOSE) !== null);
  });
  fc.assert(law, RUNS);
});

test("random mixtures of the parts of ranges are judged as by semver", () => {
  const bits = [
    "1.2.3",
    "1.2",
    "0",
    "1.x",
    "*",
    "x",
    "1.2.3-rc.1",
    "-",
    "-0",
    "^",
    "~",
    "~>",
    ">",
    "<",
    "=",
    ">=",
    "v",
    " ",
    " ",
    " ",
    "||",
  ];
  const soup = fc.array(fc.constantFrom(...bits), { maxLength: 9 }).map((all) => all.join(""));
  const versions = ["0.0.0", "0.0.5", "1.0.0", "1.2.3-rc.1", "1.2.3", "1.2.9", "1.9.0", "2.0.0-0", "2.0.0"];
  const law = fc.property(soup, (r) => {
    const table = new RangeTable();
    const answers = versions.map((v) => table.satisfies(v, r));
    expect([r, ...answers]).toEqual([r, ...versions.map((v) => semver.satisfies(v, r, LOOSE))]);
    const strict = parseRange(r, STRICT);
    expect([r, strict !== null]).toEqual([r, semver.validRange(r) !== null]);
  });
  fc.assert(law, RUNS);
});

test.each([
  ["1.0.0-rc.1", "* || 1.0.0-rc.1", false],
  ["1.0.0-rc.1", ">=0 || 1.0.0-rc.1", false],
  ["1.2.3-rc.2", "^1.2.3-rc.1", true],
  ["1.2.4-rc.2", "^1.2.3-rc.1", false],
  ["2.0.0-alpha", "^1.2.3", false],
  ["0.0.4", "^0.0.3", false],
  ["0.1.9", "^0.1", true],
  ["3.4.9", "1.2 - 3.4", true],
  ["2.0.0", ">1", true],
  ["1.9.9", ">1", false],
  ["1.2.3+build", "1.2.3", true],
  ["", "*", false],
])("%s satisfies %s: %s", (v, r, answer) => {
  expect(semver.satisfies(v, r, LOOSE)).toBe(answer);
  expect(new RangeTable().satisfies(v, r)).toBe(answer);
});

test.each([
  ["strictly", STRICT, {}],
  ["as engines are", ENGINES, { includePrerelease: true }],
])("a range parsed %s contains the same versions as in semver", (_, reading, options) => {
  const law = fc.property(version, range, (v, r) => {
    const parsed = parseRange(r, reading);
    expect(parsed !== null).toBe(semver.validRange(r, options) !== null);
    const exact = semver.valid(v) === null ? null : parseVersion(v);
    if (exact && parsed) expect(testRange(parsed, exact, reading)).toBe(semver.satisfies(v, r, options));
  });
  fc.assert(law, RUNS);
});

test("intersections and subsets of ranges are those of semver, and undefined for texts that are not ranges", () => {
  const simple = fc.oneof({ weight: 8, arbitrary: range }, fc.constantFrom("^1.0.0", "latest"));
  const law = fc.property(simple, simple, (a, b) => {
    expect(rangesIntersect(a, b)).toBe(attempt(() => semver.intersects(a, b)));
    expect(new RangeTable().intersects(a, b)).toBe(attempt(() => semver.intersects(a, b)));
    expect(rangeWithin(a, b, MODE)).toBe(attempt(() => semver.subset(a, b, LOOSE)));
    expect(rangeWithin(a, b)).toBe(attempt(() => semver.subset(a, b)));
  });
  fc.assert(law, RUNS);
});

test("reading a release from bytes gives the same version as parsing its text", () => {
  const law = fc.property(version, (text) => {
    const bytes = new TextEncoder().encode(`"${text}"`);
    const read = readRelease(bytes, 1, bytes.length - 1);
    const parsed = parseVersion(text);
    if (read) expect(read).toEqual(parsed);
    // null means that it is not a release
    if (read === null) expect(parsed === null || parsed.pre !== null).toBe(true);
  });
  fc.assert(law, RUNS);
});

test("parses common ranges without semver", () => {
  expect(parseRange("^1.2.3 || ~2.0 || >=3.1 <4 || 5.x")).toHaveLength(4);
});

function attempt(ask: () => boolean): boolean | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
