import { expect, test } from "vitest";
import { fakeRegistry } from "./fake-registry.ts";
import { tree } from "./tree.ts";

test("a second version nests below its dependent", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { b: "^1.0.0" }, "b@1.4.0": {}, "b@2.0.0": {} });
  expect(await tree(registry, { a: "^1.0.0", b: "^2.0.0" })).toBe("a@1.0.0\n  b@1.4.0\nb@2.0.0");
});

test("an alias shows its package", async () => {
  const registry = fakeRegistry({ "a@1.0.0": {}, "a@2.0.0": {} });
  expect(await tree(registry, { a: "^2.0.0", old: "npm:a@^1.0.0" })).toBe("a@2.0.0\nold@1.0.0 (a)");
});

test("a value that is not a string gives fields of the manifest", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { peerDependencies: { b: "1" } }, "b@1.0.0": {}, "b@2.0.0": {} });
  expect(await tree(registry, { devDependencies: { a: "1.0.0" } })).toBe("a@1.0.0\nb@1.0.0");
});

test("latest is the highest release, unless a tag is given", async () => {
  const packages = { "a@1.0.0": {}, "a@1.10.0": {}, "a@1.9.0": {}, "a@2.0.0-rc.1": {} };
  expect(await tree(fakeRegistry(packages), { a: "latest" })).toBe("a@1.10.0");
  expect(await tree(fakeRegistry(packages, { tags: { a: { latest: "1.0.0" } } }), { a: "latest" })).toBe("a@1.0.0");
});
