import { expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import { withWaysOut } from "../../src/explain/way-out.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";
import { resolveIn, tree } from "../support/tree.ts";

/** Checks that no way out is a change that a button makes. */
function expectNoChange({ wayOut }: Failure): void {
  expect(wayOut.length).toBeGreaterThan(0);
  for (const { kind } of wayOut) expect(["other", "option"]).toContain(kind);
}

const workspaces = (spec: string, version: string | undefined = "0.2.0"): Record<string, string> => ({
  "package.json": JSON.stringify({ name: "root", workspaces: ["p/*"] }),
  "p/a/package.json": JSON.stringify({ name: "wa", version: "1.0.0", dependencies: { wb: spec } }),
  "p/b/package.json": JSON.stringify({ name: "wb", ...(version && { version }) }),
});

test.each([
  ["the registry has no such package", {}, "E404"],
  ["the registry has other versions", { "wb@3.0.0": {} }, "ETARGET"],
])("a workspace that is out of range: %s", async (_, packages, code) => {
  const failure = await failureOf(resolveIn(fakeRegistry(packages), workspaces("^0.1.0")));
  expect(failure).toMatchObject({ code, package: "wb", spec: "^0.1.0", found: "0.2.0", requiredBy: ["p/a"] });
  expect(failure.message).toContain("wa@1.0.0 requires wb@^0.1.0, and the workspace wb@0.2.0 in p/b does not match.");
  expect(failure.wayOut[0]?.text).toBe(
    "Write ^0.2.0 for wb in p/a/package.json, or change the version in p/b/package.json.",
  );
  expectNoChange(withWaysOut(failure));
});

test("a dependency of a package on a workspace that is out of range", async () => {
  const registry = fakeRegistry({ "x@1.0.0": { wb: "^0.1.0" } });
  const files = { ...workspaces("*"), "p/a/package.json": '{"name":"wa","dependencies":{"x":"1"}}' };
  const failure = await failureOf(resolveIn(registry, files));
  expect(failure.wayOut[0]?.text).toContain("Use a version of x that accepts ^0.2.0");
});

test("a workspace that is out of range, in a flat tree", async () => {
  const failure = await failureOf(resolveIn(fakeRegistry({}), workspaces("^0.1.0"), { strategy: "flat" }));
  expect(failure.message).toContain("which the workspace of that name does not match (its version is 0.2.0)");
  expect(failure.wayOut[0]?.text).toBe(
    "Write ^0.2.0 for wb in the package.json of wa, or change the version of the workspace wb.",
  );
  expectNoChange(failure);
});

test("the registry's package instead of a workspace gives a warning", async () => {
  const registry = fakeRegistry({ "wb@0.1.5": {} });
  const { warnings } = await resolveIn(registry, workspaces("^0.1.0"));
  expect(warnings).toMatchObject([{ code: "ENOTWORKSPACE", package: "wb", found: "0.1.5", requiredBy: ["p/a"] }]);
  expect((await resolveIn(registry, workspaces("^0.2.0"))).warnings).toEqual([]);
});

const KNOWN = fakeRegistry({ "express@4.0.0": { "body-parser": "1" }, "body-parser@1.0.0": {}, "ms@2.0.0": {} });

test.each([
  ["expres", { express: "4" }, "express"],
  ["exrpess", { express: "4" }, "express"],
  ["expresss-", { express: "4" }, "express"],
  ["body_parsr", { express: "4" }, "body-parser"],
  ["expr", { express: "4" }, null],
  ["ns", { ms: "2" }, "ms"],
  ["nn", { ms: "2" }, null],
  ["expres", {}, null],
])("E404 of %s beside %j suggests %s", async (name, others, suggested) => {
  const failure = await failureOf(tree(KNOWN, { ...others, [name]: "1" }));
  expect(failure).toMatchObject({ code: "E404", package: name });
  expect(/Did you mean (.*)\?/.exec(failure.message)?.[1] ?? null).toBe(suggested);
  expectNoChange(failure);
  if (suggested) expect(failure.wayOut[0]?.text).toBe(`If you mean ${suggested}, correct the name.`);
});

test.each([
  ["workspace:^", "the same repository", 'Write "*", and list the folder of x'],
  ["workspace:^1.2.0", "the same repository", 'Write "^1.2.0"'],
  ["catalog:", "a catalog", "the version that the catalog has for x"],
  ["catalog:react18", "a catalog", 'the catalog "react18" has'],
  ["jsr:@std/path@^1.0.0", "JSR", '"npm:@jsr/std__path@^1.0.0"'],
  ["jsr:^1.0.0", "JSR", '"npm:@jsr/<scope>__<name>"'],
  ["link:../x", "link to a folder", 'Write "file:../x"'],
  ["portal:../x", "Yarn's link", 'Write "file:../x"'],
  ["patch:x@npm%3A4.17.21#./x.patch", "a patch that Yarn applies", 'Write "4.17.21"'],
  ["patch:x@npm:^4.0.0#~/x.patch", "a patch that Yarn applies", 'Write "^4.0.0"'],
  ["patch:%", "a patch that Yarn applies", "Write a version of x"],
  ["exec:./x.js", "does not support", "Write a range"],
])("%s is explained in its own words, and no way out installs a package", async (spec, means, instead) => {
  const registry = fakeRegistry({ "x@1.0.0": {}, "b@1.0.0": { x: spec } });
  for (const strategy of ["npm", "flat"] as const) {
    const own = await failureOf(tree(registry, { x: spec }, { strategy }));
    expect(own).toMatchObject({ code: "EUNSUPPORTEDPROTOCOL", package: "x" });
    expect(own.message).toContain(means);
    expect(own.message).toContain(spec);
    expect(own.wayOut).toMatchObject([{ kind: "other", text: expect.stringContaining(instead) }]);
    expect(withWaysOut(own)).toEqual(own);
  }
  const inner = await failureOf(tree(registry, { b: "1" }));
  expect(inner.wayOut).toMatchObject([{ kind: "other", text: expect.stringContaining("Use another version of b") }]);
});

test("jsr: with a scoped name of its own names the alias", async () => {
  const failure = await failureOf(tree(KNOWN, { "@std/path": "jsr:^1" }));
  expect(failure.wayOut[0]?.text).toContain('"npm:@jsr/std__path@^1"');
});

test.each([
  ["1.2.3", ["0.9.0", "1.2.4", "3.0.0"], "^1.2.4"],
  ["1.2.3", ["1.2.2", "1.3.0"], "^1.2.2"],
  ["^5.0.0", ["1.0.0", "4.9.0"], "^4.9.0"],
  ["^0.15.0", ["0.14.0", "0.17.0"], "^0.14.0"],
  ["^0.15.0", ["0.12.0", "0.16.0"], "^0.16.0"],
  ["^2.0.0", ["1.0.0", "2.0.0-rc.1", "3.0.0"], "^1.0.0"],
  ["~2.5.0", ["1.0.0", "2.9.0", "9.0.0"], "^2.9.0"],
])("the first advice for a@%s among %j is the nearest version", async (spec, versions, first) => {
  const registry = fakeRegistry(Object.fromEntries(versions.map((version) => [`a@${version}`, {}])));
  const failure = await failureOf(tree(registry, { a: spec }));
  expect(failure.code).toBe("ETARGET");
  expect(failure.wayOut[0]).toMatchObject({ kind: "spec", package: "a", spec: first });
});

test("a package without versions, in both strategies", async () => {
  const document = { name: "a", "dist-tags": { latest: "0.1.0" }, versions: {} };
  const registry = { ...fakeRegistry({}), fetch: async () => new Response(JSON.stringify(document)) };
  const npm = await failureOf(tree(registry as never, { a: "^0.1.0" }));
  expect(npm).toMatchObject({ code: "ENOVERSIONS", message: expect.stringContaining("a has no versions") });
  expectNoChange(npm);
  const flat = await failureOf(tree(registry as never, { a: "^0.1.0" }, { strategy: "flat" }));
  expect(flat.message).toContain("which has no versions");
  expect(flat.message).not.toContain("0.1.0)");
  expect(flat.wayOut.map(({ text }) => text)).toEqual(["Remove a, or use a registry that has versions of it."]);
});
