import { expect, test } from "vitest";
import { createInstaller } from "../../web/index.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";

const registry = fakeRegistry({
  "a@1.0.0": { b: "1" },
  "a@2.0.0": {},
  "b@1.0.0": {},
  "b@2.0.0": {},
});

async function resolve(packageExtensions: object, npm = "12.2.2", a = "*") {
  const files = { "package.json": JSON.stringify({ dependencies: { a }, packageExtensions }) };
  const { url, fetch } = registry;
  const installer = await createInstaller({ registry: url, fetch, mode: "inline", retries: 0, platform: { npm } });
  try {
    const { files: written, versions } = await installer.resolve({ files }, { strategy: "flat" });
    return { versions, packages: JSON.parse(written["package-lock.json"] ?? "{}").packages };
  } finally {
    installer.dispose();
  }
}

test("a flat tree has what packageExtensions adds, and its lock the marks", async () => {
  const { versions, packages } = await resolve({ "a@2": { dependencies: { b: "^1.0.0" } } });
  expect(versions).toEqual({ a: "2.0.0", b: "1.0.0" });
  expect(packages[""].packageExtensionsHash).toMatch(/^sha512-/);
  expect(packages["node_modules/a"]).toMatchObject({
    dependencies: { b: "^1.0.0" },
    packageExtensionsApplied: { selector: "a@2", dependencies: ["b"] },
  });
});

test("under the rules of npm 11 there are no rules", async () => {
  const { versions } = await resolve({ a: { dependencies: { b: "1" } } }, "11.19.1");
  expect(versions).toEqual({ a: "2.0.0" });
});

test("a rule that does not fit fails for the chosen version only", async () => {
  const rules = { a: { dependencies: { b: "^1.0.0" } } };
  expect((await resolve(rules)).versions).toEqual({ a: "2.0.0", b: "1.0.0" });
  expect((await failureOf(resolve(rules, "12.2.2", "1"))).code).toBe("EEXTENSIONDUPDEP");
});
