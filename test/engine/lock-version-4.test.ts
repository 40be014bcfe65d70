import { expect, test } from "vitest";
import { createInstaller } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { failureOf, warned } from "../support/outcome.ts";
import { resolveIn } from "../support/tree.ts";

const MARK = { npmExtensionApplied: { extensionPoint: "transformManifest", dependencies: ["b"] } };

/** Resolves a project with a lock of version 4 by the rules of an npm. */
async function resolveWith(
  npm: string,
  options = {},
  version = 4,
): ReturnType<Awaited<ReturnType<typeof createInstaller>>["resolve"]> {
  const registry = fakeRegistry({ "a@1.0.0": {}, "b@1.0.0": {} });
  const manifest = { name: "p", version: "2.0.0", dependencies: { a: "1" } };
  const lock = {
    name: "old",
    version: "1.0.0",
    lockfileVersion: version,
    requires: true,
    packages: {
      "": { ...manifest, npmExtensionHash: "sha512-x" },
      "node_modules/a": { version: "1.0.0", resolved: `${registry.url}a/-/a-1.0.0.tgz`, ...MARK },
    },
  };
  const files = { "package.json": JSON.stringify(manifest), "package-lock.json": JSON.stringify(lock) };
  const { url, fetch } = registry;
  const installer = await createInstaller({ registry: url, fetch, mode: "inline", platform: { ...PLATFORM, npm } });
  try {
    return await installer.resolve({ files, name: "p" }, options);
  } finally {
    installer.dispose();
  }
}

const lockOf = ({ files }: Awaited<ReturnType<typeof resolveWith>>): Record<string, never> =>
  JSON.parse(files["package-lock.json"] as string);

test("npm 12 keeps the marks, the hash and the old name of a version 4 lock", async () => {
  const resolution = await resolveWith("12.2.2");
  expect(lockOf(resolution)).toMatchObject({
    name: "old",
    version: "1.0.0",
    lockfileVersion: 4,
    packages: { "": { npmExtensionHash: "sha512-x" }, "node_modules/a": MARK },
  });
  expect(warned(resolution)).toEqual([]);
});

test("npm 11 drops them, and a warning names what is lost", async () => {
  const resolution = await resolveWith("11.19.1");
  const lock = lockOf(resolution);
  expect(lock).toMatchObject({ name: "old", lockfileVersion: 4 });
  expect(JSON.stringify(lock)).not.toMatch(/npmExtension/);
  expect(warned(resolution)).toEqual(["ELOCKFEATURES"]);
  expect(resolution.warnings[0]?.details).toEqual({ lost: ["npmExtensionHash", "npmExtensionApplied"] });
});

test("npm 12 raises an older version that is asked for to 4 while a mark is there", async () => {
  const resolution = await resolveWith("12.2.2", { lockfileVersion: 2 });
  expect(lockOf(resolution)).toMatchObject({ lockfileVersion: 4 });
  expect(warned(resolution)).toEqual(["ELOCKRAISED"]);
  expect(warned(await resolveWith("12.2.2", { lockfileVersion: 2, packageLock: false }))).toEqual([]);
});

test.each([
  [{ packageExtensions: { a: { dependencies: { b: "1" } } } }, {}, "3 to 4, because of packageExtensions"],
  [{ patchedDependencies: { a: "a.patch" } }, {}, "3 to 4, because of patchedDependencies"],
  [
    { patchedDependencies: { a: "a.patch" }, packageExtensions: {} },
    { lockfileVersion: 1 },
    "1 to 4, because of patched",
  ],
] as const)("npm 12 says why it raises the version: %j", async (fields, options, text) => {
  const registry = fakeRegistry({ "a@1.0.0": {}, "b@1.0.0": {} });
  const files = { "package.json": JSON.stringify({ dependencies: { a: "1" }, ...fields }), "a.patch": "" };
  for (const strategy of ["npm", "flat"] as const) {
    const { warnings } = await resolveIn(registry, files, { ...options, strategy }, { npm: "12.2.2" });
    expect(warnings.map(({ code }) => code)).toEqual(["ELOCKRAISED"]);
    expect(warnings[0]?.message).toContain(`raised from ${text}`);
  }
});

test.each([
  ["12.2.2", "ELOCKFILEVERSION"],
  ["11.19.1", undefined],
])("npm %s answers a version 5 lock with %s", async (npm, code) => {
  const resolving = resolveWith(npm, {}, 5);
  if (code) expect((await failureOf(resolving)).code).toBe(code);
  else expect(lockOf(await resolving)).toMatchObject({ lockfileVersion: 5 });
});

test.each([
  ["12.2.2", "a@1", "ERMARGS"],
  ["12.2.2", "a@^1.0.0", "ERMARGS"],
  ["12.2.2", "a", undefined],
  ["12.2.2", "@s/a", undefined],
  ["11.19.1", "a@1", undefined],
])("with npm %s, rm of %s gives %s", async (npm, name, code) => {
  const removing = resolveWith(npm, { rm: [name] });
  if (code) expect((await failureOf(removing)).code).toBe(code);
  else expect(lockOf(await removing)).toHaveProperty("packages");
});

test.each([
  ["13.0.0", ["ENPMVERSION"]],
  ["12.2.9", []],
])("npm %s warns %j", async (npm, codes) => {
  expect(warned(await resolveWith(npm))).toEqual(codes);
});
