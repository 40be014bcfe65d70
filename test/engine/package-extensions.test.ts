import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Manifest } from "../../src/api/manifest.ts";
import { PackageExtensions } from "../../src/project/package-extensions.ts";
import { createInstaller } from "../../web/index.ts";
import { fakeRegistry } from "../support/fake-registry.ts";

const RULE = { dependencies: { x: "1" } };

const code = (work: () => unknown): string => {
  try {
    work();
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test.each<[unknown, string]>([
  [{}, "none"],
  [{ a: {} }, "none"],
  [{ a: RULE, "@s/a@^1 || 2": RULE, "b@v1.0": RULE, "c@*": RULE, "Old~Name!": RULE }, "none"],
  [null, "EEXTENSIONROOT"],
  [[], "EEXTENSIONROOT"],
  ["a", "EEXTENSIONROOT"],
  [0, "EEXTENSIONROOT"],
  [{ "": {} }, "EEXTENSIONSELECTOR"],
  [{ "@": {} }, "EEXTENSIONSELECTOR"],
  [{ "@s": {} }, "EEXTENSIONSELECTOR"],
  [{ ".a": {} }, "EEXTENSIONSELECTOR"],
  [{ node_modules: {} }, "EEXTENSIONSELECTOR"],
  [{ "a@": RULE }, "EEXTENSIONSELECTOR"],
  [{ "a@ ": RULE }, "EEXTENSIONSELECTOR"],
  [{ "a@latest": RULE }, "EEXTENSIONSELECTOR"],
  [{ "a@npm:b@1": RULE }, "EEXTENSIONSELECTOR"],
  [{ "a@https://r/a.tgz": RULE }, "EEXTENSIONSELECTOR"],
  // the selector is checked before its rule
  [{ "a@": "x" }, "EEXTENSIONSELECTOR"],
  [{ a: "x" }, "EEXTENSIONVALUE"],
  [{ a: [] }, "EEXTENSIONVALUE"],
  [{ a: null }, "EEXTENSIONVALUE"],
  [{ a: { dependencies: null } }, "EEXTENSIONVALUE"],
  [{ a: { peerDependencies: ["x"] } }, "EEXTENSIONVALUE"],
  [{ a: { peerDependenciesMeta: { x: true } } }, "EEXTENSIONVALUE"],
  [{ a: { devDependencies: {} } }, "EEXTENSIONFIELD"],
  [{ a: { bundleDependencies: null } }, "EEXTENSIONFIELD"],
  [{ a: { dependencies: { x: null } } }, "EEXTENSIONDELETE"],
  [{ a: { optionalDependencies: { x: false } } }, "EEXTENSIONDELETE"],
  [{ a: { peerDependencies: { x: "-" } } }, "EEXTENSIONDELETE"],
  [Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`a${i}`, {}])), "ELIMIT"],
  [{ a: { dependencies: { x: "1".repeat(1 << 20) } } }, "ELIMIT"],
])("the rules %j: %s", (rules, expected) => {
  expect(code(() => new PackageExtensions(rules))).toBe(expected);
});

test.each<[string, Manifest, object, object | string | null]>([
  ["another package", { name: "b", version: "1.0.0" }, { a: RULE }, null],
  ["a version outside the range", { name: "a", version: "2.0.0" }, { "a@^1": RULE }, null],
  ["a prerelease outside the range", { name: "a", version: "1.1.0-rc.1" }, { "a@^1": RULE }, null],
  ["no version", { name: "a" }, { "a@*": RULE }, null],
  ["no name", { version: "1.0.0" }, { a: RULE }, null],
  ["a bare name without a version", { name: "a" }, { a: RULE }, { dependencies: { x: "1" } }],
  [
    "names at the end",
    { name: "a", version: "1.0.0", dependencies: { y: "2" } },
    { "a@1": { dependencies: { x: "1", b: "1" }, optionalDependencies: { o: "3" } } },
    { dependencies: { y: "2", x: "1", b: "1" }, optionalDependencies: { o: "3" } },
  ],
  [
    "a peer's range is replaced, its metadata merged",
    { name: "a", version: "1.0.0", peerDependencies: { p: "1" }, peerDependenciesMeta: { p: { optional: true } } },
    { a: { peerDependencies: { p: "2" }, peerDependenciesMeta: { p: { more: 1 } } } },
    { peerDependencies: { p: "2" }, peerDependenciesMeta: { p: { optional: true, more: 1 } } },
  ],
  ["two rules", { name: "a", version: "1.0.0" }, { a: RULE, "a@1": RULE }, "EEXTENSIONCONFLICT"],
  ["a name that is there", { name: "a", version: "1.0.0", dependencies: { x: "2" } }, { a: RULE }, "EEXTENSIONDUPDEP"],
  [
    "a name that is there as optional",
    { name: "a", version: "1.0.0", optionalDependencies: { x: "2" } },
    { a: RULE },
    "EEXTENSIONDUPDEP",
  ],
  [
    "a name in both fields of one rule",
    { name: "a", version: "1.0.0" },
    { a: { ...RULE, optionalDependencies: { x: "1" } } },
    "EEXTENSIONDUPDEP",
  ],
  [
    "metadata without a peer",
    { name: "a", version: "1.0.0" },
    { a: { peerDependenciesMeta: { p: { optional: true } } } },
    "EEXTENSIONORPHANMETA",
  ],
  ["a number as a spec", { name: "a", version: "1.0.0" }, { a: { dependencies: { x: 1 } } }, "EEXTENSIONVALUE"],
])("%s", (_, manifest, rules, expected) => {
  const before = structuredClone(manifest);
  const extensions = new PackageExtensions(rules);
  if (typeof expected === "string") expect(code(() => extensions.extend(manifest))).toBe(expected);
  else expect(extensions.extend(manifest)?.manifest ?? null).toEqual(expected && { ...manifest, ...expected });
  expect(manifest, "the registry's manifest does not change").toEqual(before);
});

test("the mark lists the names of a rule in its order", () => {
  const rule = { peerDependencies: { z: "1", b: "1" }, dependencies: { y: "1" } };
  const extended = new PackageExtensions({ "a@>=1": rule }).extend({ name: "a", version: "1.5.0" });
  expect(extended?.applied).toEqual({ selector: "a@>=1", dependencies: ["y"], peerDependencies: ["z", "b"] });
});

test("the hash is that of the rules as JSON with sorted keys", () => {
  const { hash } = new PackageExtensions({ b: { dependencies: { z: "1", a: "ü" } }, a: {} });
  const text = '{"a":{},"b":{"dependencies":{"a":"ü","z":"1"}}}';
  expect(hash).toBe(`sha512-${createHash("sha512").update(text).digest("base64")}`);
});

test("a name such as __proto__ changes no other object", () => {
  const rules = JSON.parse(
    '{"a": {"peerDependencies": {"__proto__": "1"}, "peerDependenciesMeta": {"__proto__": {"polluted": true}}}}',
  );
  code(() => new PackageExtensions(rules).extend({ name: "a", version: "1.0.0" }));
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

const registry = fakeRegistry({ "a@1.0.0": {}, "b@1.0.0": {} });

test.each<[string, object, object, number]>([
  ["a workspace with rules", {}, { packageExtensions: {} }, 1],
  ["a rule that matches a workspace", { packageExtensions: { "w@1": RULE } }, {}, 1],
  ["both", { packageExtensions: { w: RULE } }, { packageExtensions: 5 }, 2],
  ["neither", { packageExtensions: { a: {}, "w@2": RULE } }, {}, 0],
])("warns of workspaces: %s", async (_, project, workspace, count) => {
  const { url, fetch } = registry;
  const installer = await createInstaller({ registry: url, fetch, mode: "inline", platform: { npm: "12.2.2" } });
  const files = {
    "package.json": JSON.stringify({ workspaces: ["x"], dependencies: { a: "1" }, ...project }),
    "x/package.json": JSON.stringify({ name: "w", version: "1.0.0", dependencies: { b: "1" }, ...workspace }),
  };
  const { warnings } = await installer.resolve({ files });
  installer.dispose();
  const codes = warnings.map(({ code }) => code).filter((code) => code !== "ELOCKRAISED");
  expect(codes).toEqual(Array(count).fill("EEXTENSIONWORKSPACE"));
});
