import fc from "fast-check";

import { describe, expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import { withWaysOut } from "../../src/explain/way-out.ts";
import { indexPackument } from "../../src/registry/condense.ts";
import type { Packument } from "../../src/registry/packument.ts";
import { type PickPolicy, pickVersion, selectVersion } from "../../src/registry/select-version.ts";
import { RangeTable } from "../../src/spec/version-range.ts";
import { npmPick } from "./npm-pick.ts";

interface Document {
  name: string;
  versions?: Record<string, Record<string, unknown>>;
  "dist-tags"?: Record<string, string>;
  time?: Record<string, string>;
  policyRestrictions?: { message: string; versions: Record<string, unknown> };
}

function open(document: Document): Packument {
  return indexPackument(document.name, new TextEncoder().encode(JSON.stringify(document)));
}

function policyOf(more: Partial<PickPolicy> = {}): PickPolicy {
  return { ranges: new RangeTable(), nodeVersion: "20.20.2", npmVersion: "11.19.1", ...more };
}

/** Returns the picked version's key, which is stored in its license, or the code of the failure. */
function ours(packument: Packument, wanted: string, policy: PickPolicy): string {
  const outcome = selectVersion(packument, wanted, policy);
  return outcome.ok ? String(outcome.value.license) : outcome.failure.code;
}

function npms(document: Document, wanted: string, { ranges: _, ...policy }: PickPolicy): string {
  try {
    // it changes its argument
    return String((npmPick(structuredClone(document), wanted, policy) as { license?: string }).license);
  } catch (error) {
    const { code = String(error) } = error as { code?: string };
    // a too new tag on an invalid version: npm reports a tag called `<=nonsense`
    return code === "EINVALIDTAGNAME" ? "ETARGET" : code;
  }
}

const number = fc.integer({ min: 0, max: 3 });
const key = fc
  .tuple(
    number,
    number,
    number,
    fc.constantFrom("", "", "", "-rc.1", "-rc.2", "-0", "+one", "+two", "-rc.1+one", "beta"),
  )
  .map(([major, minor, patch, rest]) => `${major}.${minor}.${patch}${rest}`);
const oddKey = fc.oneof(
  { weight: 15, arbitrary: key },
  key.map((text) => `v${text}`),
  fc.constantFrom("latest", "1.0", ""),
);
const engine = fc.constantFrom(
  ">=18",
  ">=22",
  "^20.1.0 || >=22",
  "*",
  "",
  "nonsense",
  "< 20",
  ">=20.20.2-0",
  "=20.20.2",
);
const manifest = fc.record(
  {
    deprecated: fc.constantFrom<unknown[]>("old", "", true, false, "old"),
    engines: fc.oneof(
      fc.record({ node: engine, npm: engine }, { requiredKeys: [] }),
      fc.constantFrom<unknown[]>(null, ["node >=22"], ">=22", { node: 22 }),
    ),
  },
  { requiredKeys: [] },
);
const day = fc.integer({ min: 1, max: 28 }).map((date) => `2020-01-${String(date).padStart(2, "0")}T00:00:00.000Z`);
const time = fc.oneof(
  { weight: 9, arbitrary: day },
  fc.constantFrom("", "yesterday", "2020", "2020-01-05T00:00:00.000000+00:00"),
);
const tag = fc.constantFrom("latest", "next", "beta", "constructor", "__proto__");
const document: fc.Arbitrary<Document> = fc
  .record({
    versions: fc.dictionary(oddKey, manifest, { maxKeys: 9 }),
    tags: fc.dictionary(tag, oddKey, { maxKeys: 3 }),
    latest: fc.option(fc.nat()),
    times: fc.option(fc.array(fc.option(time, { freq: 8 }), { minLength: 9, maxLength: 9 })),
    restricted: fc.option(fc.dictionary(key, fc.constant({}), { maxKeys: 3 }), { freq: 4 }),
    bare: fc.integer({ max: 20, min: 0 }),
  })
  .map(({ versions, tags, latest, times, restricted, bare }) => {
    const keys = Object.keys(versions);
    for (const each of keys) Object.assign(versions[each] as object, { name: "pkg", version: each, license: each });
    if (latest !== null && keys.length > 0) tags["latest"] = keys[latest % keys.length] as string;
    const published = (times ?? []).flatMap((when, at) =>
      when !== null && keys[at] !== undefined ? [[keys[at], when]] : [],
    );
    for (const [each, raw] of Object.entries(restricted ?? {})) Object.assign(raw, { version: each, license: each });
    return {
      name: "pkg",
      ...(bare > 0 && { versions: versions as Record<string, Record<string, unknown>>, "dist-tags": tags }),
      ...(times && { time: Object.fromEntries(published) as Record<string, string> }),
      ...(restricted && { policyRestrictions: { message: "no", versions: restricted } }),
    };
  });

const partial = fc.oneof(key, fc.constantFrom("1", "0", "2.x", "1.2", "0.1", "3", "x", "*"));
const simple = fc
  .tuple(fc.constantFrom("", "^", "~", ">", ">=", "<", "<="), partial)
  .map(([sign, text]) => sign + text);
const wanted = fc.oneof(
  { weight: 4, arbitrary: simple },
  fc.tuple(simple, simple).map(([a, b]) => `${a} || ${b}`),
  fc.tuple(simple, simple).map(([a, b]) => `${a} ${b}`),
  key.map((text) => `= v${text}`),
  fc.constantFrom("", "*", "latest", "next", "beta", "lates", "constructor", "1.0.0-rc.1 - 3", ">=0.0.0-0", "x"),
);
const before = fc.option(fc.integer({ min: 1, max: 28 }).map((date) => Date.UTC(2020, 0, date)));
const RUNS = { numRuns: Number(process.env["LAW_RUNS"] ?? 1200) };

describe("against npm's own choice", () => {
  test("every spec picks the same version of every packument, or fails with the same code", () => {
    const options = fc.record({
      before,
      defaultTag: fc.constantFrom("latest", "latest", "next"),
      nodeVersion: fc.constantFrom("20.20.2", "v20.20.2", "22.0.0-nightly", "16.0.0", null),
      npmVersion: fc.constantFrom("11.19.1", null),
    });
    const law = fc.property(
      document,
      fc.array(wanted, { minLength: 1, maxLength: 4 }),
      options,
      (value, specs, more) => {
        const packument = open(value);
        const policy = policyOf(more);
        for (const spec of specs)
          expect([spec, ours(packument, spec, policy)]).toEqual([spec, npms(value, spec, policy)]);
      },
    );
    fc.assert(law, RUNS);
  });
});

describe("many versions that do not suit", () => {
  const LONG = { minLength: 66, maxLength: 200 };
  /** Mostly versions that are deprecated, unfit or both, so that a scan passes many of them. */
  const flawed = fc
    .tuple(
      fc.uniqueArray(
        fc
          .tuple(
            fc.integer({ max: 3, min: 0 }),
            fc.integer({ max: 6, min: 0 }),
            fc.integer({ max: 9, min: 0 }),
            fc.constantFrom("", "", "", "-rc.1", "-rc.2", "+one", "+two"),
          )
          .map(([major, minor, patch, rest]) => `${major}.${minor}.${patch}${rest}`),
        LONG,
      ),
      fc.array(fc.constantFrom(0, 0, 0, 1, 1, 2, 2, 3), LONG),
      fc.nat(),
    )
    .map(([keys, grades, latest]): Document => {
      const entries = keys.map((each, at) => {
        const grade = (grades[at % grades.length] as number) === 3 && at % 11 ? 0 : grades[at % grades.length];
        const raw: Record<string, unknown> = { name: "pkg", version: each, license: each };
        if (grade === 0 || grade === 2) raw["deprecated"] = "old";
        if (grade === 0 || grade === 1) raw["engines"] = { node: ">=99" };
        return [each, raw] as const;
      });
      return {
        name: "pkg",
        versions: Object.fromEntries(entries),
        "dist-tags": { latest: keys[latest % keys.length] as string },
      };
    });

  test("every spec picks the same version as npm's picker", () => {
    const law = fc.property(flawed, fc.array(wanted, { minLength: 1, maxLength: 8 }), (value, specs) => {
      const [packument, policy] = [open(value), policyOf()];
      for (const spec of specs)
        expect([spec, ours(packument, spec, policy)]).toEqual([spec, npms(value, spec, policy)]);
    });
    fc.assert(law, { numRuns: 60 });
  });

  const many = (count: number): Document => {
    const entries = Array.from({ length: count }, (_, at): [string, object] => [`1.0.${at}`, { deprecated: "old" }]);
    for (const [each, raw] of entries) Object.assign(raw, { name: "pkg", license: undefined, version: each });
    return versions(...entries);
  };

  test("one manifest of each shape is read, and the picked ones", () => {
    const packument = open(many(5_000));
    const policy = policyOf();
    for (let at = 0; at < 50; at++) selectVersion(packument, `<1.0.${4_000 - at}`, policy);
    // A scan reads 64 manifests at most before all versions are graded.
    expect(packument.manifestsParsed).toBeLessThan(64 + 50 + 3);
  });

  test("versions that are too young are passed, and their manifests not read", () => {
    const keys = Array.from({ length: 300 }, (_, at) => `1.0.${at}`);
    const time = Object.fromEntries(keys.map((key, at) => [key, new Date(Date.UTC(2020, 0, 1 + at)).toISOString()]));
    const packument = open({ ...versions(...keys), "dist-tags": {}, time });
    expect(ours(packument, "^1", policyOf({ before: Date.UTC(2020, 0, 1 + 99) }))).toBe("1.0.99");
    expect(packument.manifestsParsed).toBe(1);
  });

  test("grading pauses in proportion to the versions", () => {
    const pauses = [10_000, 20_000].map((count) => {
      let paused = 0;
      for (const _ of pickVersion(open(many(count)), "<=1", policyOf())) paused++;
      return paused;
    });
    expect(pauses[0]).toBeGreaterThan(30);
    expect(pauses[1]).toBeLessThan(3 * (pauses[0] as number));
  });

  test("a version that cannot be read fails a pick only where the scan would meet it", () => {
    const old = Array.from({ length: 100 }, (_, at) => `"1.0.${at}":{"version":"1.0.${at}","deprecated":"old"}`);
    const text = `{"dist-tags":{},"versions":{"0.9.0":{"version":nope},${old.join()},"2.0.0":{"version":nope},"2.1.0":{"version":"2.1.0"}}}`;
    const packument = indexPackument("pkg", new TextEncoder().encode(text));
    const codes = ["^1", "<=1", ">=1", "2.0.x", "^2"].map((spec) => {
      const outcome = selectVersion(packument, spec, policyOf());
      return outcome.ok ? outcome.value.version : outcome.failure.code;
    });
    expect(codes).toEqual(["1.0.99", "EINVALIDPACKUMENT", "2.1.0", "EINVALIDPACKUMENT", "2.1.0"]);
  });
});

function versions(...all: (string | [string, object])[]): Document {
  const entries = all.map((each) => (typeof each === "string" ? ([each, {}] as const) : each));
  return {
    name: "pkg",
    versions: Object.fromEntries(entries.map(([each, raw]) => [each, { version: each, license: each, ...raw }])),
    "dist-tags": { latest: entries.at(-1)?.[0] ?? "" },
  };
}

function failureOf(document: Document, spec: string, more: Partial<PickPolicy> = {}): Failure {
  const outcome = selectVersion(open(document), spec, policyOf(more));
  if (outcome.ok) throw new Error(`picked ${outcome.value.version}`);
  return withWaysOut(outcome.failure);
}

describe("a pick", () => {
  test("parses only the manifests that it has to examine", () => {
    const packument = open(versions("1.0.0", "1.1.0", "1.2.0", "2.0.0", "2.1.0-rc.1", "3.0.0"));
    expect(ours(packument, "^1.0.0", policyOf())).toBe("1.2.0");
    expect(packument.manifestsParsed).toBe(1);
    expect(ours(packument, "*", policyOf())).toBe("3.0.0");
    expect(packument.manifestsParsed).toBe(2);
  });

  test("is remembered only for its policy", () => {
    const packument = open(versions("1.0.0", ["1.1.0", { engines: { node: ">=22" } }]));
    const policy = policyOf();
    expect(selectVersion(packument, "^1", policy)).toBe(selectVersion(packument, "^1", policy));
    expect(ours(packument, "^1", policy)).toBe("1.0.0");
    expect(ours(packument, "^1", policyOf({ nodeVersion: "22.1.0" }))).toBe("1.1.0");
  });

  test("skips deprecated versions and unfit engines, and takes the best of flawed ones", () => {
    const old = { deprecated: "old" };
    const young = { engines: { node: ">=99" } };
    const packument = open(
      versions("1.0.0", ["1.1.0", old], ["1.2.0", young], ["2.0.0", old], ["2.1.0", young], "3.0.0"),
    );
    expect(ours(packument, "^1", policyOf())).toBe("1.0.0");
    expect(ours(packument, "^2", policyOf())).toBe("2.0.0");
    expect(ours(packument, "^1.1.0", policyOf())).toBe("1.1.0");
  });

  test("fails for a broken manifest, and not for others", () => {
    const text = '{"dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"version":"1.0.0"},"2.0.0":{"version":nope}}}';
    const packument = indexPackument("pkg", new TextEncoder().encode(text));
    expect(selectVersion(packument, "*", policyOf())).toMatchObject({ ok: true });
    expect(selectVersion(packument, "^2", policyOf())).toMatchObject({
      failure: { code: "EINVALIDPACKUMENT", package: "pkg" },
    });
  });
});

describe("a failed pick", () => {
  test("lists the available versions and what to request instead", () => {
    const failure = failureOf(versions("5.11.0", "5.11.1", "5.12.0", "6.0.0"), "5.11.2");
    expect(failure).toMatchObject({
      code: "ETARGET",
      message:
        "No version of pkg matches 5.11.2. The newest is 6.0.0. Use ^5.11.1, or ^5.12.0, or ^6.0.0, or a dist-tag (latest).",
      package: "pkg",
      spec: "5.11.2",
      found: "latest: 6.0.0, 5.11.1, 5.12.0",
    });
    expect(failure.wayOut.map((way) => way.kind === "spec" && way.spec)).toEqual(["^5.11.1", "^5.12.0", "^6.0.0"]);
  });

  test("suggests a tag that differs in one letter", () => {
    const document = { ...versions("1.0.0"), "dist-tags": { latest: "1.0.0", next: "1.0.0" } };
    for (const typo of ["lates", "latests", "katest", "latezt"]) {
      expect(failureOf(document, typo).wayOut[0]).toMatchObject({ kind: "spec", spec: "latest" });
    }
    expect(failureOf(document, "canary").wayOut).toHaveLength(1);
  });

  test("names the date if the date is the obstacle", () => {
    const document = { ...versions("1.0.0"), time: { "1.0.0": "2020-02-01T00:00:00.000Z" } };
    const failure = failureOf(document, "^1", { before: Date.UTC(2020, 0, 1) });
    expect(failure.code).toBe("ENOVERSIONS");
    expect(failure.wayOut).toContainEqual(expect.objectContaining({ kind: "option", option: "before" }));
  });

  test("suggests a way out for a package without versions", () => {
    expect(failureOf({ name: "pkg" }, "^1")).toMatchObject({ code: "ENOVERSIONS", wayOut: [{ kind: "other" }] });
  });

  test("repeats the registry's message for a restricted version", () => {
    const document = { ...versions("1.0.0"), policyRestrictions: { message: "too risky", versions: { "2.0.0": {} } } };
    const failure = failureOf(document, "2.0.0");
    expect(failure.code).toBe("E403");
    expect(failure.message).toContain("too risky");
  });
});
