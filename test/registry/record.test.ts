import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InstallError } from "../../src/errors/failure.ts";
import { condense } from "../../src/registry/condense.ts";
import { Packument } from "../../src/registry/packument.ts";
import { incompressibleStart, isRecord } from "../../src/registry/record-check.ts";
import { selectVersion } from "../../src/registry/select-version.ts";
import { RangeTable } from "../../src/spec/version-range.ts";

const encoder = new TextEncoder();
const RUNS = { numRuns: Number(process.env["LAW_RUNS"] ?? 600) };

interface Entry {
  integrity?: string;
  tarball?: string;
  [member: string]: unknown;
}

function sha512(seed: number): string {
  return `sha512-${btoa(String.fromCharCode(...Array.from({ length: 64 }, (_, at) => (seed * 31 + at * 7) & 255)))}`;
}

/** Returns a document as registries write it, with versions in this order. */
function documentOf(entries: Record<string, Entry>, more: object = {}): string {
  const versions = Object.entries(entries).map(([version, { integrity, tarball, ...rest }], at) => {
    const dist = {
      shasum: "0".repeat(40),
      tarball: tarball ?? `http://registry.local/@s/pkg/-/pkg-${version}.tgz`,
      fileCount: 3,
      integrity: integrity ?? sha512(at),
      signatures: [{ sig: "x".repeat(96), keyid: "k" }],
    };
    return [version, { name: "@s/pkg", version, description: `of ${version}`, ...rest, dist }];
  });
  return JSON.stringify({ name: "@s/pkg", versions: Object.fromEntries(versions), ...more });
}

function record(text: string): Uint8Array {
  return condense("@s/pkg", encoder.encode(text));
}

/** All reads that a run may do on a packument. */
function askAll(packument: Packument): unknown[] {
  const policy = { ranges: new RangeTable(), nodeVersion: "20.0.0", npmVersion: "11.0.0" };
  const specs = ["", "*", "^1", "<2", "1.1.0", "latest", "next", ">=1.0.0-0", "3.x", "9.9.9"];
  const asks = [
    () => packument.versionKeys().map((key) => packument.manifest(key)),
    () => [...packument.distTags],
    () => packument.sorted().length + packument.releases().length,
    () => [packument.hasTime, packument.mayHaveInvalidTime, packument.time("1.0.0")],
    () => [...packument.restrictedVersions, packument.restrictionMessage],
    ...specs.map((spec) => () => selectVersion(packument, spec, policy)),
    () => selectVersion(packument, "^1", { ...policy, before: 0 }),
  ];
  return asks.map((ask) => {
    try {
      return ask();
    } catch (error) {
      if (error instanceof InstallError && error.code === "EINVALIDPACKUMENT") return error.code;
      throw error;
    }
  });
}

const SAMPLE = documentOf(
  {
    "1.0.0": { dependencies: { a: "^1" } },
    "1.1.0": { dependencies: { a: "^1" }, bin: "cli.js", engines: { node: ">=4" } },
    "2.0.0-rc.1": { deprecated: "no" },
    "2.0.0": { dist: 1, integrity: "sha1-x" },
    "1.2.0": { license: "MIT" },
    "v3.0.0+b": {},
  },
  {
    "dist-tags": { latest: "2.0.0", next: "2.0.0-rc.1" },
    time: { "1.0.0": "2020-01-31T12:00:00.000Z", "1.1.0": "yesterday" },
    policyRestrictions: { message: "no", versions: { "1.2.0": {} } },
  },
);

describe("a record", () => {
  test("stores common parts of versions once, and only the bytes of a hash", () => {
    const all = Array.from({ length: 500 }, (_, at) => [`1.0.${at}`, { dependencies: { a: "^1.0.0", b: "^2.0.0" } }]);
    const bytes = record(documentOf(Object.fromEntries(all)));
    // each version adds twelve bytes of words and a key
    expect(incompressibleStart(bytes)).toBeLessThan(500 * 20 + 300);
    expect(bytes.length - incompressibleStart(bytes)).toBe(500 * 64);
    const { dist, name, version } = new Packument("@s/pkg", bytes).manifest("1.0.499") ?? {};
    expect({ dist, name, version }).toEqual({
      dist: { integrity: sha512(499), tarball: "http://registry.local/@s/pkg/-/pkg-1.0.499.tgz" },
      name: "@s/pkg",
      version: "1.0.499",
    });
  });

  test("lists releases in order, the last of equal ones first, and prereleases on request", () => {
    const keys = ["2.0.0", "1.0.0+a", "1.0.0-rc.1", "nonsense", "1.0.0+b", "v0.1.0", "10.0.0"];
    const packument = new Packument("@s/pkg", record(documentOf(Object.fromEntries(keys.map((key) => [key, {}])))));
    const names = (entries: ArrayLike<number>): string[] => Array.from(entries, (entry) => packument.keyOf(entry));
    expect(names(packument.releases())).toEqual(["v0.1.0", "1.0.0+b", "1.0.0+a", "2.0.0", "10.0.0"]);
    expect(names(packument.sorted())).toEqual(["v0.1.0", "1.0.0-rc.1", "1.0.0+b", "1.0.0+a", "2.0.0", "10.0.0"]);
  });

  test.each([
    ["a tarball at another URL", { tarball: "http://elsewhere.local/x.tgz" }],
    ["two hashes", { integrity: `sha1-x ${sha512(1)}` }],
    ["a hash with unused bits set", { integrity: sha512(1).replace(/.==$/, "B==") }],
    ["a character outside base64", { integrity: sha512(1).replace(/A/, "-") }],
    ["a shorter hash", { integrity: sha512(1).replace(/.==$/, "===") }],
  ])("keeps a dist with %s, except for unused members", (_, odd) => {
    const packument = new Packument("@s/pkg", record(documentOf({ "1.0.0": {}, "1.1.0": odd, "1.2.0": {} })));
    const usual = { integrity: sha512(1), tarball: "http://registry.local/@s/pkg/-/pkg-1.1.0.tgz" };
    expect(packument.manifest("1.1.0")?.dist).toEqual({ ...usual, ...odd, shasum: "0".repeat(40) });
    expect(packument.manifest("1.2.0")?.dist).toEqual({
      integrity: sha512(2),
      tarball: "http://registry.local/@s/pkg/-/pkg-1.2.0.tgz",
    });
  });

  test("keeps only the scripts that npm runs when it installs", () => {
    const scripts = { test: "t", install: "i", build: "b", postinstall: "p" };
    const packument = new Packument(
      "@s/pkg",
      record(documentOf({ "1.0.0": { scripts }, "1.1.0": { scripts: { a: "b" } } })),
    );
    expect(packument.manifest("1.0.0")?.scripts).toEqual({ install: "i", postinstall: "p" });
    expect(packument.manifest("1.1.0")?.scripts).toBeUndefined();
  });

  test("does not depend on earlier documents, nor on its position in memory", () => {
    const once = record(SAMPLE);
    record(documentOf(Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`5.0.${at}`, { os: `${at}` }]))));
    expect(record(SAMPLE)).toEqual(once);
    expect(isRecord(once)).toBe(true);
    expect(isRecord(record("{}"))).toBe(true);
  });
});

describe("a damaged record", () => {
  const whole = record(SAMPLE);

  test("is refused if it was cut off or has extra bytes", () => {
    for (let end = 0; end < whole.length; end++) expect(isRecord(whole.slice(0, end))).toBe(false);
    expect(isRecord(new Uint8Array([...whole, 0, 0, 0, 0]))).toBe(false);
    expect(isRecord(encoder.encode(SAMPLE))).toBe(false);
  });

  test("is refused if it has another format", () => {
    const other = whole.slice();
    other[0] = 0;
    expect(isRecord(other)).toBe(false);
  });

  test("is refused, can be read, or fails with a code", () => {
    let read = 0;
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const head = fc.array(fc.tuple(fc.nat(4 * 40), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const law = fc.property(fc.oneof(damage, head), (changes) => {
      const bytes = whole.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      if (!isRecord(bytes)) return;
      read++;
      askAll(new Packument("@s/pkg", bytes));
    });
    fc.assert(law, RUNS);
    expect(read).toBeGreaterThan(RUNS.numRuns / 10);
  });

  test("is refused or can be read, with any words", () => {
    const law = fc.property(fc.array(fc.nat(), { minLength: 6, maxLength: 60 }), (words) => {
      const bytes = new Uint8Array(new Uint32Array([0x31504857, 0, ...words]).buffer);
      new DataView(bytes.buffer).setUint32(4, bytes.length, true);
      if (isRecord(bytes)) askAll(new Packument("@s/pkg", bytes));
    });
    fc.assert(law, RUNS);
  });
});
