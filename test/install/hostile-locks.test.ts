import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InstallError } from "../../src/errors/failure.ts";
import { hiddenLock } from "../../src/install/hidden-lock.ts";
import type { InstallPlan } from "../../src/install/plan.ts";
import { registryConfig } from "../../src/registry/registry-config.ts";
import { planFromLock } from "../support/plan-from-lock.ts";
import { codeOf, LINUX, lockOf, planLike } from "./plan-answers.ts";

const HASH = `sha512-${"A".repeat(86)}==`;
const URL_OF_A = "http://registry.local/a/-/a-1.0.0.tgz";
const A = { version: "1.0.0", resolved: URL_OF_A, integrity: HASH };
const planOf = (packages: Record<string, unknown>): InstallPlan => planLike({}, lockOf(packages));
const codeFor = (packages: Record<string, unknown>): string => codeOf(() => planOf(packages));

describe("locations that no package can have", () => {
  test.each([
    "/etc/passwd",
    "node_modules/../../a",
    "node_modules/..",
    "../node_modules/../a\u0000",
    "node_modules//a",
    "node_modules/a/",
    "./node_modules/a",
    "node_modules",
    "node_modules/.bin",
    "node_modules/.bin/a",
    "node_modules/.package-lock.json",
    "node_modules/@a",
    "node_modules/@a/..",
    "node_modules/@a/.b",
    "node_modules/node_modules",
    "node_modules/a/node_modules/node_modules/b",
    "node_modules/@a/node_modules/b",
    "Node_Modules/a/node_modules/b",
    "node_modules\\a",
    "node_modules/a\\..\\..\\b",
    "C:/node_modules/a",
    "packages/c:/node_modules/a",
    "node_modules/a\nb",
    "node_modules/%2e%2e",
    "node_modules/a b",
    "x\u0000/node_modules/a",
  ])("%j", (location) => {
    expect(codeFor({ "node_modules/a": A, "node_modules/@a/b": A, packages: {}, [location]: A })).toBe("EINVALIDLOCK");
  });

  test("a package below a link, also in another case", () => {
    const links = { "node_modules/l": { link: true, resolved: "lib" }, lib: {} };
    expect(codeFor({ ...links, "node_modules/l/node_modules/a": A })).toBe("EINVALIDLOCK");
    expect(codeFor({ ...links, "node_modules/L": A, "node_modules/L/node_modules/a": A })).toBe("EINVALIDLOCK");
    expect(codeFor({ ...links, "node_modules/l/x": {}, "node_modules/l/x/node_modules/a": A })).toBe("EINVALIDLOCK");
  });
});

describe("invalid entries", () => {
  test.each([
    ["a name that is none", { ...A, name: "../a" }],
    ["a name that is no text", { ...A, name: {} }],
    ["a version that is no text", { ...A, version: 1 }],
    ["a source that is no text", { ...A, resolved: ["x"] }],
    ["a hash that is no text", { ...A, integrity: { sha512: "x" } }],
    ["a hash of an unknown algorithm", { ...A, integrity: "sha999-AAAA" }],
    ["a hash that is none", { ...A, integrity: "unchecked" }],
    ["a program for a source", { ...A, resolved: "javascript:alert(1)" }],
    ["inline data", { ...A, resolved: "data:text/plain,x" }],
    ["another protocol", { ...A, resolved: "ftp://registry.local/a.tgz" }],
    ["neither version nor source", { integrity: HASH }],
    ["a version that is none, where the URL is to be made of it", { version: "1/../../x" }],
    ["no object", "a"],
    ["a link without a target", { link: true }],
  ])("%s", (_, entry) => {
    const lock = lockOf({ "node_modules/a": entry }, { dependencies: { a: "1" } });
    expect(codeOf(() => planLike({}, lock))).toBe("EINVALIDLOCK");
  });

  test("a link without a target, to a link, or with an invalid target", () => {
    const dead = { link: true, resolved: "gone" };
    expect(codeFor({ "node_modules/a": dead })).toBe("EMISSINGTARGET");
    expect(
      codeFor({ "node_modules/a": { link: true, resolved: "node_modules/b" }, "node_modules/b": dead, gone: {} }),
    ).toBe("EMISSINGTARGET");
    expect(codeFor({ lib: { link: true, resolved: "other" }, other: {} })).toBe("EINVALIDLOCK");
  });

  test("credentials in a URL are not sent", () => {
    const plan = planOf({ "node_modules/a": { ...A, resolved: "http://me:secret@registry.local/a/-/a-1.0.0.tgz#x" } });
    expect(plan.packages[0]?.resolved).toBe(URL_OF_A);
  });

  test("commands stay inside their package and inside `.bin`", () => {
    const bin = {
      "../../../up": "../../../../x.js",
      "..": "y.js",
      "a\u0000b": "z.js",
      nul: "a\u0000.js",
      ok: "/etc/passwd",
    };
    const plan = planOf({ "node_modules/a": { ...A, bin } });
    expect(plan.links).toEqual([
      { path: "node_modules/.bin/ok", to: "node_modules/a/etc/passwd", bin: "node_modules/a" },
      { path: "node_modules/.bin/up", to: "node_modules/a/x.js", bin: "node_modules/a" },
    ]);
  });

  test("names of Object.prototype are ordinary names", () => {
    const packages = JSON.parse(`{
      "node_modules/constructor": ${JSON.stringify({ ...A, bin: { toString: "x.js" }, dependencies: { valueOf: "1" } })},
      "node_modules/hasownproperty": ${JSON.stringify(A)}
    }`);
    const plan = planOf(packages);
    expect(plan.packages.map(({ name }) => name)).toEqual(["constructor", "hasownproperty"]);
    expect(Object.entries(plan.packages[0]?.bin ?? {})).toEqual([["toString", "x.js"]]);
  });

  test("sections of a wrong type are ignored", () => {
    const odd = {
      dependencies: [],
      optionalDependencies: 3,
      peerDependencies: "x",
      engines: null,
      bin: 7,
      os: {},
      cpu: [1],
    };
    const code = codeFor({ "node_modules/a": { ...A, ...odd, cpu: undefined } });
    expect(code).toBe("");
    expect(codeFor({ "node_modules/a": { ...A, cpu: [1] } })).toBe("EBADPLATFORM");
  });
});

describe("texts that are not usable locks", () => {
  test.each([
    ["{", "EJSONPARSE"],
    ["<<<<<<< ours\n=======\n>>>>>>> theirs", "EJSONPARSE"],
    ["[]", "EINVALIDLOCK"],
    ["null", "EINVALIDLOCK"],
    [`{"lockfileVersion":3,"packages":[]}`, "EINVALIDLOCK"],
    [`{"lockfileVersion":3,"packages":{"":1}}`, "EINVALIDLOCK"],
    [`{"lockfileVersion":1,"dependencies":{}}`, "EOLDLOCK"],
    [`{"lockfileVersion":1}`, "EOLDLOCK"],
  ])("%s is %s", (text, code) => {
    expect(codeOf(() => planLike({}, text))).toBe(code);
  });

  test("an old lock's failure says to resolve first", () => {
    try {
      planLike({}, `{"lockfileVersion":1,"dependencies":{}}`);
      expect.unreachable();
    } catch (error) {
      expect((error as InstallError).failure.wayOut[0]?.text).toMatch(/resolve/i);
    }
  });

  test("a long and deep location is refused quickly", () => {
    const link = {
      "node_modules/l": { link: true, resolved: `${"./".repeat(50_000)}lib${"/".repeat(50_000)}` },
      lib: {},
    };
    expect(codeFor(link)).toBe("");
    expect(codeFor({ ...link, [`${"a/".repeat(500_000)}b`]: {} })).toBe("EINVALIDLOCK");
    expect(codeFor({ ...link, [`${"../".repeat(500_000)}b`]: {} })).toBe("EINVALIDLOCK");
    expect(codeFor({ [`${"node_modules/a/".repeat(500_000)}node_modules/b`]: A })).toBe("EINVALIDLOCK");
  });
});

const segment = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("node_modules", "a", "@s", "b", "packages", "..", ".", "", ".bin", "C:", "A"),
  },
  fc.string({ maxLength: 4 }),
);
const place = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
const entry = fc.oneof(
  fc.record(
    {
      version: fc.constantFrom("1.0.0", "", "x"),
      resolved: fc.oneof(
        fc.constantFrom(URL_OF_A, "file:x.tgz", "file:../../x.tgz", "git+ssh://git@h/r.git#1"),
        fc.string(),
      ),
      link: fc.boolean(),
      optional: fc.boolean(),
      dev: fc.boolean(),
      inBundle: fc.boolean(),
      extraneous: fc.boolean(),
      os: fc.constantFrom(["darwin"], ["linux"], "any"),
      bin: fc.dictionary(place, place, { maxKeys: 2 }),
      dependencies: fc.constantFrom({ a: "1" }, { b: "1", "@s/b": "1" }),
    },
    { requiredKeys: [] },
  ),
  fc.record({ link: fc.constant(true), resolved: place }),
);

/** Checks that every file system reads a path as the same location. */
function isPlain(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  return path.split("/").every((part) => !/^\.{0,2}$|[\u0000-\u001f\\]|^[a-z]:/i.test(part));
}

test("any lock gives a plan with safe paths, or a failure with a code", () => {
  let plans = 0;
  const registry = registryConfig({});
  fc.assert(
    fc.property(fc.dictionary(place, entry, { maxKeys: 5 }), (packages) => {
      const lock = lockOf(packages, { workspaces: ["packages/*"] });
      let plan: InstallPlan;
      try {
        plan = planFromLock(lock, { platform: LINUX, registry, omit: ["dev"] });
      } catch (error) {
        expect(error).toBeInstanceOf(InstallError);
        return;
      }
      plans++;
      for (const { location, resolved } of plan.packages) {
        expect(location).toMatch(/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/.@][^/]*$/);
        expect(isPlain(location)).toBe(true);
        expect(resolved).toMatch(/^(?:https?:\/\/|file:)/);
      }
      for (const { path, to, bin } of plan.links) {
        expect(isPlain(path)).toBe(true);
        if (bin !== undefined) expect(path).toMatch(/(?:^|\/)node_modules\/\.bin\/[^/]+$/);
        if (bin !== undefined) expect(isPlain(to) && to.startsWith(`${bin}/`)).toBe(true);
      }
      expect(() => hiddenLock(lock, plan)).not.toThrow();
    }),
    { numRuns: 3000, seed: 7 },
  );
  expect(plans).toBeGreaterThan(300);
});
