import { expect, test } from "vitest";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { drawTree } from "../support/draw-tree.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf } from "../support/outcome.ts";
import { resolveIn } from "../support/tree.ts";

const REGISTRY = fakeRegistry({ "a@1.0.0": { d: "1" }, "c@1.0.0": { d: "1" }, "d@1.0.0": {} });

const resolved = (npmrc: string, manifest: object, options?: ResolveOptions) =>
  resolveIn(REGISTRY, { "package.json": JSON.stringify(manifest), ".npmrc": npmrc }, options);

const BOTH = { dependencies: { a: "1", c: "1" } };
const HOISTED = "a@1.0.0 c@1.0.0 d@1.0.0";

test.each([
  ["", HOISTED],
  ["global-style=true", "nested"],
  ["global-style=false", HOISTED],
  ["legacy-bundling=true", "nested"],
  // The old keys win over the new one, and the last of the two old ones wins.
  ["global-style=true\ninstall-strategy=hoisted", "nested"],
  ["install-strategy=hoisted\nlegacy-bundling", "nested"],
])("%j", async (npmrc, expected) => {
  const { tree } = await resolved(npmrc, BOTH);
  if (expected === HOISTED) return expect(drawTree(tree).split("\n").join(" ")).toBe(expected);
  expect(tree.get("node_modules/a/node_modules/d")?.version).toBe("1.0.0");
  expect(tree.get("node_modules/d")).toBeUndefined();
});

test("an option wins over global-style", async () => {
  const { tree } = await resolved("global-style=true", BOTH, { installStrategy: "hoisted" });
  expect(tree.get("node_modules/d")?.version).toBe("1.0.0");
});

// npm 11.19.1's own answers.
test.each([
  ["save-dev=true", "devDependencies"],
  ["save-dev=false", "dependencies"],
  ["save-optional=true", "optionalDependencies"],
  ["save-peer=true", "peerDependencies"],
  ["save-prod=true", "dependencies"],
])("%s saves what is added in %s", async (npmrc, section) => {
  const { files } = await resolved(npmrc, { dependencies: {} }, { add: ["d@1"] });
  expect(JSON.parse(files["package.json"]!)[section]).toEqual({ d: "^1.0.0" });
});

test("saveType wins over save-dev", async () => {
  const { files } = await resolved("save-dev=true", {}, { add: ["d@1"], saveType: "optional" });
  expect(JSON.parse(files["package.json"]!)).toEqual({ optionalDependencies: { d: "^1.0.0" } });
});

test("format-package-lock=false writes one line without a line break", async () => {
  const indented = (await resolved("", BOTH)).files["package-lock.json"]!;
  const { files } = await resolved("format-package-lock=false", BOTH);
  expect(files["package-lock.json"]).toBe(JSON.stringify(JSON.parse(indented)));
  const option = await resolved("", BOTH, { formatPackageLock: false });
  expect(option.files["package-lock.json"]).toBe(files["package-lock.json"]);
});

test.each([1, 2, 3] as const)(
  "omit-lockfile-registry-resolved leaves out registry URLs in version %d",
  async (lockfileVersion) => {
    const manifest = { dependencies: { a: "1", alias: "npm:c@1" } };
    const plain = JSON.parse((await resolved("", manifest, { lockfileVersion })).files["package-lock.json"]!);
    const text = (await resolved("omit-lockfile-registry-resolved=true", manifest, { lockfileVersion })).files[
      "package-lock.json"
    ]!;
    const without = (key: string, value: unknown): unknown => (key === "resolved" ? undefined : value);
    expect(text).not.toContain("resolved");
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(plain, without)));
  },
);

test("a package that one dependent takes from a URL keeps its URL", async () => {
  const url = `${REGISTRY.url}d/-/d-1.0.0.tgz`;
  const lock = {
    lockfileVersion: 3,
    packages: {
      "": { dependencies: { a: "1", d: url } },
      "node_modules/a": { version: "1.0.0", dependencies: { d: "1" }, resolved: `${REGISTRY.url}a/-/a-1.0.0.tgz` },
      "node_modules/d": { version: "1.0.0", resolved: url },
    },
  };
  const files = {
    "package.json": JSON.stringify({ dependencies: { a: "1", d: url } }),
    "package-lock.json": JSON.stringify(lock),
  };
  const entries = entriesOf(await resolveIn(REGISTRY, files, { omitLockfileRegistryResolved: true }));
  expect(entries.get("node_modules/a")?.resolved).toBeUndefined();
  expect(entries.get("node_modules/d")?.resolved).toBe(url);
});
