import { expect, test } from "vitest";
import type { FileMap } from "../../src/api/common.ts";
import { drawTree } from "../support/draw-tree.ts";
import { type FakeRegistry, fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf, failureOf, flagsOf, warned } from "../support/outcome.ts";
import { resolveIn } from "../support/tree.ts";

const PACKAGES = {
  "a@1.0.0": { b: "^1.0.0" },
  "a@1.1.0": { b: "^1.0.0" },
  "b@1.0.0": {},
  "b@1.5.0": {},
  "c@1.0.0": { b: "^1.5.0" },
};

const project = (manifest: object, indent: number | string = 2): FileMap => ({
  "package.json": `${JSON.stringify(manifest, null, indent)}\n`,
});

/** Returns the names that were requested since the last call. */
function asker({ log }: FakeRegistry): () => string[] {
  let seen = 0;
  return () => {
    const paths = log.slice(seen).map(({ path }) => path);
    seen = log.length;
    return paths;
  };
}

/** A version 3 lock with a@1.0.0 and b@1.0.0. The ranges allow newer versions of both. */
function oldLock(more: object = {}): string {
  const packages = {
    "": { dependencies: { a: "^1.0.0" } },
    "node_modules/a": { version: "1.0.0", dependencies: { b: "^1.0.0" }, resolved: "http://registry.local/a.tgz" },
    "node_modules/b": { version: "1.0.0", resolved: "http://registry.local/b.tgz" },
  };
  return `${JSON.stringify({ name: "project", lockfileVersion: 3, requires: true, packages, ...more }, null, 2)}\n`;
}

test("a valid lock needs no requests and is written again with the same bytes", async () => {
  const registry = fakeRegistry(PACKAGES);
  const asked = asker(registry);
  const files = project({ dependencies: { a: "1", c: "1" } });
  const first = await resolveIn(registry, files);
  expect(asked()).toEqual(["a", "c", "b"]);
  const second = await resolveIn(registry, { ...files, ...first.files });
  expect(asked()).toEqual([]);
  expect(second.files).toEqual(first.files);
  expect(second.stats.requests).toBe(0);
});

test("locked versions stay, even if newer ones exist", async () => {
  const registry = fakeRegistry(PACKAGES);
  const files = { ...project({ dependencies: { a: "^1.0.0" } }), "package-lock.json": oldLock() };
  expect(drawTree((await resolveIn(registry, files)).tree)).toBe("a@1.0.0\nb@1.0.0");
  expect(registry.log).toEqual([]);
});

test("only the missing package is requested", async () => {
  const registry = fakeRegistry({ ...PACKAGES, "d@1.0.0": { b: "1.0.0" } });
  const files = { ...project({ dependencies: { a: "^1.0.0", d: "1" } }), "package-lock.json": oldLock() };
  expect(drawTree((await resolveIn(registry, files)).tree)).toBe("a@1.0.0\nb@1.0.0\nd@1.0.0");
  expect(registry.log.map(({ path }) => path)).toEqual(["d"]);
});

test("a locked version that a new dependent rejects is raised for all dependents that accept the new one", async () => {
  const registry = fakeRegistry(PACKAGES);
  const files = { ...project({ dependencies: { a: "^1.0.0", c: "1" } }), "package-lock.json": oldLock() };
  expect(drawTree((await resolveIn(registry, files)).tree)).toBe("a@1.0.0\nb@1.5.0\nc@1.0.0");
});

test("an entry that the project's new range excludes is replaced", async () => {
  const registry = fakeRegistry(PACKAGES);
  const files = { ...project({ dependencies: { a: "^1.1.0" } }), "package-lock.json": oldLock() };
  expect(drawTree((await resolveIn(registry, files)).tree)).toBe("a@1.1.0\nb@1.0.0");
});

test("an entry that nothing needs is pruned", async () => {
  const files = { ...project({ dependencies: { b: "1" } }), "package-lock.json": oldLock() };
  const resolution = await resolveIn(fakeRegistry(PACKAGES), files);
  expect(flagsOf(resolution)).toEqual(["node_modules/b"]);
});

test("the flags change if a dependency moves to another section of package.json", async () => {
  const files = { ...project({ devDependencies: { a: "^1.0.0" } }), "package-lock.json": oldLock() };
  expect(flagsOf(await resolveIn(fakeRegistry({}), files))).toEqual(["node_modules/a dev", "node_modules/b dev"]);
});

test("fields that a lock entry lacks stay missing, and unknown top-level keys are kept", async () => {
  const lock = oldLock({ generator: { name: "x", "z.first": 1 } });
  const files = { ...project({ dependencies: { a: "^1.0.0" } }), "package-lock.json": lock };
  const written = JSON.parse((await resolveIn(fakeRegistry(PACKAGES), files)).files["package-lock.json"] ?? "");
  expect(written.generator).toEqual({ name: "x", "z.first": 1 });
  expect(written.packages["node_modules/b"]).toEqual({ version: "1.0.0", resolved: "http://registry.local/b.tgz" });
});

test.each([
  ["a tab", "\t", "\n"],
  ["four blanks", 4, "\n"],
  ["two blanks and CRLF", 2, "\r\n"],
])("the lock is written with package.json's %s", async (_, indent, newline) => {
  const text = (value: unknown): string => `${JSON.stringify(value, null, indent)}\n`.replaceAll("\n", newline);
  const files = { "package.json": text({ dependencies: { b: "1" } }) };
  const lock = (await resolveIn(fakeRegistry(PACKAGES), files)).files["package-lock.json"] ?? "";
  expect(lock).toBe(text(JSON.parse(lock)));
});

test("npm-shrinkwrap.json is read instead of package-lock.json, and is the file that is written", async () => {
  const files = {
    ...project({ dependencies: { a: "^1.0.0" } }),
    "npm-shrinkwrap.json": oldLock(),
    "package-lock.json": "{}",
  };
  const { files: written, tree } = await resolveIn(fakeRegistry(PACKAGES), files);
  expect(drawTree(tree)).toBe("a@1.0.0\nb@1.0.0");
  expect(Object.keys(written)).toEqual(["npm-shrinkwrap.json"]);
});

test("a version 1 lock: manifests are fetched, versions stay, and version 3 is written", async () => {
  const registry = fakeRegistry(PACKAGES);
  const dependencies = { a: { version: "1.0.0", requires: { b: "^1.0.0" } }, b: { version: "1.0.0" } };
  const lock = JSON.stringify({ name: "project", lockfileVersion: 1, requires: true, dependencies }, null, 2);
  const files = { ...project({ dependencies: { a: "^1.0.0" } }), "package-lock.json": lock };
  const resolution = await resolveIn(registry, files);
  expect(drawTree(resolution.tree)).toBe("a@1.0.0\nb@1.0.0");
  expect(registry.log.map(({ path }) => path).sort()).toEqual(["a", "b"]);
  expect(JSON.parse(resolution.files["package-lock.json"] ?? "")).toMatchObject({
    lockfileVersion: 3,
    packages: { "node_modules/a": { dependencies: { b: "^1.0.0" } } },
  });
});

test("a version 1 lock whose packages no longer exist is used unchanged, with a warning for each package", async () => {
  const lock = JSON.stringify({ lockfileVersion: 1, requires: true, dependencies: { b: { version: "1.0.0" } } });
  const files = { ...project({ dependencies: { b: "^1.0.0" } }), "package-lock.json": lock };
  const resolution = await resolveIn(fakeRegistry({}), files);
  expect(drawTree(resolution.tree)).toBe("b@1.0.0");
  expect(resolution.warnings).toMatchObject([{ code: "EOLDLOCK", package: "b", requiredBy: ["node_modules/b"] }]);
});

test.each([1, 2, 3] as const)(
  "lockfileVersion %i can be requested; by default, versions 2 and 3 are kept",
  async (version) => {
    const registry = fakeRegistry(PACKAGES);
    const files = project({ dependencies: { a: "^1.0.0" } });
    const first = await resolveIn(registry, files, { lockfileVersion: version });
    const written = JSON.parse(first.files["package-lock.json"] ?? "");
    expect([written.lockfileVersion, "packages" in written, "dependencies" in written]).toEqual([
      version,
      version > 1,
      version < 3,
    ]);
    const second = await resolveIn(registry, { ...files, ...first.files });
    if (version > 1) expect(second.files).toEqual(first.files);
    else expect(JSON.parse(second.files["package-lock.json"] ?? "").lockfileVersion).toBe(3);
  },
);

test("packageLock: false resolves as if there were no lock", async () => {
  const files = { ...project({ dependencies: { a: "^1.0.0" } }), "package-lock.json": oldLock() };
  const { tree } = await resolveIn(fakeRegistry(PACKAGES), files, { packageLock: false });
  expect(drawTree(tree)).toBe("a@1.1.0\nb@1.5.0");
});

test("a lock that is not JSON is ignored", async () => {
  const files = { ...project({ dependencies: { b: "1" } }), "package-lock.json": "{ oops" };
  expect(drawTree((await resolveIn(fakeRegistry(PACKAGES), files)).tree)).toBe("b@1.5.0");
});

test.each([
  ["EMISSINGTARGET", { "node_modules/w": { resolved: "packages/w", link: true } }],
  ["EINVALIDLOCK", { "node_modules/a": "1.0.0" }],
  ["EINVALIDLOCK", { "node_modules/a": { link: true } }],
])("a damaged lock is %s: %j", async (code, packages) => {
  const lock = JSON.stringify({ lockfileVersion: 3, packages });
  const failure = await failureOf(resolveIn(fakeRegistry({}), { ...project({}), "package-lock.json": lock }));
  expect(failure.code).toBe(code);
  expect(failure.wayOut.length).toBeGreaterThan(0);
});

test("hostile keys and values in a lock have no effect", async () => {
  const lock = `{ "lockfileVersion": 3, "__proto__": { "polluted": 1 }, "packages": {
    "node_modules/__proto__": { "version": "1.0.0" },
    "node_modules/constructor": { "version": 7, "dependencies": [1], "engines": "any", "os": 3 } } }`;
  const resolution = await resolveIn(fakeRegistry(PACKAGES), {
    ...project({ dependencies: { b: "1" } }),
    "package-lock.json": lock,
  });
  expect(drawTree(resolution.tree)).toBe("b@1.5.0");
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("package.json is in the files only if it changed", async () => {
  const { files } = await resolveIn(fakeRegistry(PACKAGES), project({ dependencies: { b: "1" } }));
  expect(Object.keys(files)).toEqual(["package-lock.json"]);
});

test("diff lists the changes of a new lock", async () => {
  const files = { ...project({ dependencies: { c: "1", b: "^1.5.0" } }), "package-lock.json": oldLock() };
  const resolution = await resolveIn(fakeRegistry(PACKAGES), files);
  expect(resolution.diff(oldLock()).map(({ name, kind, before, after }) => [kind, name, before, after])).toEqual([
    ["removed", "a", "1.0.0", undefined],
    ["changed", "b", "1.0.0", "1.5.0"],
    ["added", "c", undefined, "1.0.0"],
  ]);
});

test("an alias in a version 1 lock does not take the manifest of the package that has its name", async () => {
  const registry = fakeRegistry({
    "a@1.0.0": { c: "npm:d@1.1.0" },
    "c@1.1.0": { x: "1" },
    "d@1.1.0": { e: "1" },
    "e@1.0.0": {},
    "x@1.0.0": {},
  });
  const files = { "package.json": JSON.stringify({ dependencies: { a: "1" } }) };
  const first = await resolveIn(registry, files, { lockfileVersion: 1 });
  const again = await resolveIn(registry, { ...files, ...first.files }, { lockfileVersion: 3 });
  expect(drawTree(again.tree)).toBe(drawTree(first.tree));
  expect(warned(again)).toEqual(["EOLDLOCK c"]);
  expect(entriesOf(again).get("node_modules/c")).toMatchObject({
    name: "d",
    version: "1.1.0",
    dependencies: { e: "1" },
  });
});

test("a package that is placed anew gets nothing from the lock's entry at its path, as in npm", async () => {
  const registry = fakeRegistry({ "a@1.0.0": { dist: { tarball: "http://registry.local/a/-/a-1.0.0.tgz" } } });
  const lock = oldLock().replace(
    '"http://registry.local/a.tgz"',
    '"http://registry.local/a.tgz", "integrity": "sha512-x"',
  );
  const files = { ...project({ dependencies: { a: "^1.0.0" } }), "package-lock.json": lock };
  expect(entriesOf(await resolveIn(registry, files)).get("node_modules/a")).toMatchObject({ integrity: "sha512-x" });
  const { files: written } = await resolveIn(registry, files, { add: ["a@1.0.0"] });
  expect(JSON.parse(written["package-lock.json"] as string).packages["node_modules/a"]).toEqual({
    version: "1.0.0",
    resolved: "http://registry.local/a/-/a-1.0.0.tgz",
  });
});

test("packages below a workspace that the lock lacks are used again when the workspace comes back", async () => {
  const files = {
    ...project({ workspaces: ["w"], dependencies: { a: "1.1.0" } }),
    "w/package.json": JSON.stringify({ name: "w", version: "1.0.0", dependencies: { a: "^1.0.0" } }),
  };
  const packages = {
    "node_modules/a": { version: "1.1.0", dependencies: { b: "^1.0.0" } },
    "node_modules/b": { version: "1.5.0" },
    "w/node_modules/a": { version: "1.0.0", dependencies: { b: "^1.0.0" } },
  };
  const lock = JSON.stringify({ lockfileVersion: 3, requires: true, packages });
  const { tree } = await resolveIn(fakeRegistry(PACKAGES), { ...files, "package-lock.json": lock });
  expect(drawTree(tree)).toBe("a@1.1.0\nb@1.5.0\nw -> w\nw@1.0.0\n  a@1.0.0");
});
