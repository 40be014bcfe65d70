import fc from "fast-check";
import { satisfies } from "semver";
import { describe, expect, test } from "vitest";
import type { PrereleaseMode } from "../../src/api/flat.ts";
import type { Steps } from "../../src/engine/need.ts";
import { ok } from "../../src/errors/failure.ts";
import { InstallableVersions } from "../../src/flat/installable-versions.ts";
import { PackumentVersions } from "../../src/flat/packument-versions.ts";
import { indexPackument } from "../../src/registry/condense.ts";
import { type PickPolicy, selectVersion } from "../../src/registry/select-version.ts";
import { NOTHING, VersionSets } from "../../src/solver/version-sets.ts";
import { RangeTable } from "../../src/spec/version-range.ts";

const number = fc.nat(3);
const release = fc.tuple(number, number, number).map((parts) => parts.join("."));
const version = fc
  .tuple(release, fc.option(fc.constantFrom("alpha", "rc.1", "rc.2", "0")))
  .map(([text, pre]) => (pre ? `${text}-${pre}` : text));
const comparator = fc
  .tuple(fc.constantFrom("^", "~", ">=", "<=", ">", "<", "", "="), version)
  .map((parts) => parts.join(""));
const range = fc
  .array(
    fc.array(comparator, { minLength: 1, maxLength: 3 }).map((set) => set.join(" ")),
    { minLength: 1, maxLength: 3 },
  )
  .map((sets) => sets.join(" || "));

interface PackageCase {
  versions: string[];
  deprecated?: readonly string[];
  engines?: Readonly<Record<string, string>>;
  latest?: string | undefined;
}

function packument({ versions, deprecated = [], engines = {}, latest }: PackageCase) {
  const entry = (one: string): object => ({
    ...{ name: "a", version: one },
    ...(deprecated.includes(one) && { deprecated: "old" }),
    ...(engines[one] && { engines: { node: engines[one] } }),
  });
  const document = {
    name: "a",
    "dist-tags": { latest: latest ?? versions[0] },
    versions: Object.fromEntries(versions.map((one) => [one, entry(one)])),
  };
  return indexPackument("a", new TextEncoder().encode(JSON.stringify(document)));
}

function policyOf(): PickPolicy {
  return { ranges: new RangeTable(), nodeVersion: "20.0.0" };
}

/** Runs steps that need nothing but pauses. */
function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next(ok(undefined));
    if (done) return value;
  }
}

function taken(versionsCase: PackageCase, text: string, mode: PrereleaseMode = "as-written"): string[] {
  const versions = new PackumentVersions(packument(versionsCase), policyOf(), mode);
  const { bounds } = versions.evaluate(text, "range");
  const keys: string[] = [];
  for (let at = 0; at < bounds.length; at += 2) {
    for (let place = bounds[at] as number; place < (bounds[at + 1] as number); place++) keys.push(versions.key(place));
  }
  return keys.sort();
}

describe("a range", () => {
  test("law: allows the same versions as semver, in every mode for prereleases", () => {
    fc.assert(
      fc.property(fc.uniqueArray(version, { minLength: 1, maxLength: 30 }), range, (versions, text) => {
        const written = versions.filter((one) => satisfies(one, text)).sort();
        const open = versions.filter((one) => satisfies(one, text, { includePrerelease: true })).sort();
        expect(taken({ versions }, text)).toEqual(written);
        expect(taken({ versions }, text, "allow")).toEqual(open);
        expect(taken({ versions }, text, "if-necessary")).toEqual(written.length > 0 ? written : open);
        expect(taken({ versions }, text, "never")).toEqual(written.filter((one) => !one.includes("-")));
      }),
      { numRuns: 200 },
    );
  });

  test("is one interval if it is a caret, however many prereleases lie in it", () => {
    const versions = Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? `1.${at}.0` : `1.${at}.0-rc.${at}`));
    const all = new PackumentVersions(packument({ versions }), policyOf(), "as-written");
    expect(all.evaluate("^1.0.0", "range").bounds).toHaveLength(2);
  });
});

describe("the version to try first", () => {
  test("law: is the one that npm picks", () => {
    const cases = fc.record({
      versions: fc.uniqueArray(version, { minLength: 1, maxLength: 12 }),
      deprecated: fc.array(version),
      engines: fc.dictionary(version, fc.constantFrom(">=18", ">=22")),
      latest: fc.option(version, { nil: undefined }),
    });
    fc.assert(
      fc.property(cases, range, (given, text) => {
        const tagged = given.versions.includes(given.latest ?? "") ? given : { ...given, latest: undefined };
        const policy = policyOf();
        const document = packument(tagged);
        const sets = new VersionSets();
        const installable = new InstallableVersions("a", sets);
        const versions = new PackumentVersions(document, policy, "as-written");
        installable.add("a", versions);
        const set = installable.setOf("a", versions.evaluate(text, "range").bounds);
        const npm = selectVersion(document, text, policy);
        expect(set !== NOTHING).toBe(npm.ok);
        if (!npm.ok) return;
        const index = runSteps(installable.pick(set, { policy, lowest: false, locked: [] }));
        expect(installable.version(index)).toBe(npm.value.version);
      }),
      { numRuns: 200 },
    );
  });

  const example = { versions: ["1.3.0", "1.2.0", "1.1.0", "1.0.0"], deprecated: ["1.0.0"] };

  function installable(): InstallableVersions {
    const one = new InstallableVersions("a", new VersionSets());
    one.add("a", new PackumentVersions(packument(example), policyOf(), "as-written"));
    return one;
  }

  test.each([
    [false, "1.1.0", 4, "1.1.0"],
    [false, "0.9.0", 4, "1.3.0"],
    [true, undefined, 4, "1.1.0"],
    [true, undefined, 1, "1.0.0"],
  ] as const)("lowest %s, locked %s, of the first %i: %s", (...[lowest, locked, many, picked]) => {
    const one = installable();
    const preference = { policy: policyOf(), lowest, locked: locked === undefined ? [] : [locked] };
    const index = runSteps(one.pick(one.setOf("a", [0, many]), preference));
    expect(one.version(index)).toBe(picked);
  });

  test.each([
    [[0, 4], "*"],
    [[1, 3], "1.1.0 - 1.2.0"],
    [[0, 2], "<=1.1.0"],
    [[2, 4], ">=1.2.0"],
    [[0, 1, 3, 4], "1.0.0 || 1.3.0"],
  ])("positions %j are described as %s", (bounds, text) => {
    const one = installable();
    expect(one.describe(one.setOf("a", bounds))).toBe(text);
  });
});
