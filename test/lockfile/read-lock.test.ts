import fc from "fast-check";
import { expect, test } from "vitest";
import type { Manifest } from "../../src/api/manifest.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { type LockData, lockWithoutEntries, readLock } from "../../src/lockfile/read-lock.ts";
import { ProjectFiles } from "../../src/project/files.ts";
import { npmRules } from "../../src/spec/npm-rules.ts";

const RULES = npmRules("11.19.1");

const ROOT = "/project";

function read(files: Record<string, string>, manifest: Manifest = {}): Promise<LockData | null> {
  return readLock({ files: new ProjectFiles(files, ROOT), root: ROOT, manifest, rules: RULES });
}

function lock(packages: Record<string, unknown>, more: object = {}): Record<string, string> {
  return { "package-lock.json": JSON.stringify({ lockfileVersion: 3, requires: true, packages, ...more }, null, 2) };
}

async function codeOf(files: Record<string, string>): Promise<string> {
  try {
    await read(files);
    return "none";
  } catch (error) {
    return error instanceof InstallError ? error.code : `uncoded ${error}`;
  }
}

test("npm-shrinkwrap.json wins over package-lock.json, unless it is empty", async () => {
  const both = { ...lock({ "node_modules/a": { version: "1.0.0" } }), "npm-shrinkwrap.json": '{"packages":{}}' };
  expect(await read(both)).toMatchObject({ filename: "npm-shrinkwrap.json", loaded: true, packages: new Map() });
  expect(await read({ ...both, "npm-shrinkwrap.json": "" })).toMatchObject({
    filename: "package-lock.json",
    loaded: true,
  });
});

test("no lock is null, and an unreadable one counts as absent but keeps its file name", async () => {
  expect(await read({})).toBeNull();
  expect(await read({ "npm-shrinkwrap.json": "{," })).toMatchObject({ filename: "npm-shrinkwrap.json", loaded: false });
  expect(await read({ "package-lock.json": "null" })).toMatchObject({ loaded: false, packages: new Map() });
  expect(await read({ "yarn.lock": "a@1:\n" })).toMatchObject({ loaded: false, yarn: "a@1:\n" });
});

test("entries keep the lock's order, `file:` paths become absolute, flags become booleans", async () => {
  const found = await read(
    lock({
      "": { name: "project" },
      "node_modules/z": { resolved: "packages/z", link: true },
      "packages/z": { version: "1.0.0", dependencies: { a: "^1" } },
      "node_modules/a": { version: "1.2.0", resolved: "file:t/a.tgz", integrity: "sha512-x", dev: true },
    }),
  );
  expect([...(found?.packages.keys() ?? [])]).toEqual(["node_modules/z", "packages/z", "node_modules/a"]);
  expect(found?.packages.get("node_modules/z")).toMatchObject({ target: "packages/z", resolved: null });
  expect(found?.packages.get("packages/z")?.manifest).toMatchObject({ name: "z", dependencies: { a: "^1" } });
  const a = {
    resolved: "file:/project/t/a.tgz",
    integrity: "sha512-x",
    dev: true,
    devOptional: true,
    peer: false,
    inBundle: false,
  };
  expect(found?.packages.get("node_modules/a")).toMatchObject(a);
});

test("keeps unknown keys in order, and distinguishes versions", async () => {
  const files = lock(
    {},
    { lockfileVersion: 2, zeta: 1, version: "3.0.0", alpha: { b: 1 }, name: "x", dependencies: {} },
  );
  const found = await read(files);
  expect([...(found?.extra ?? [])]).toEqual([
    ["zeta", 1],
    ["version", "3.0.0"],
    ["alpha", { b: 1 }],
    ["name", "x"],
  ]);
  expect(found).toMatchObject({ lockfileVersion: 2, originalLockfileVersion: 2, ancient: false });
  expect(await read(lock({}, { lockfileVersion: 1 }))).toMatchObject({
    lockfileVersion: 3,
    originalLockfileVersion: 1,
  });
  const ancient = JSON.stringify({ dependencies: { a: { version: "1.0.0" } } });
  expect(await read({ "package-lock.json": ancient })).toMatchObject({
    ancient: true,
    originalLockfileVersion: undefined,
  });
});

test("an update of everything keeps only the lock's file name and format", () => {
  const files = new ProjectFiles(lock({ "node_modules/a": { version: "1.0.0" } }, { lockfileVersion: 2 }), ROOT);
  const place = { filename: "package-lock.json", loaded: true, lockfileVersion: 3, packages: new Map() };
  expect(lockWithoutEntries({ files, root: ROOT, rules: RULES })).toMatchObject(place);
});

test("converts version 1: nesting to locations, and `requires` to dependencies by the flags of their targets", async () => {
  const old = {
    name: "project",
    lockfileVersion: 1,
    requires: true,
    dependencies: {
      a: {
        version: "1.0.0",
        resolved: "http://registry.local/a/-/a-1.0.0.tgz",
        integrity: "sha512-a",
        requires: { b: "^2", c: "*", o: "1" },
        dependencies: { b: { version: "2.0.0", integrity: "sha512-b", bundled: true } },
      },
      c: { version: "npm:cc@3.0.0", integrity: "sha512-c", dev: true },
      l: { version: "file:packages/l", dependencies: { m: { version: "1.0.0", integrity: "sha512-m" } } },
      o: { version: "http://h.example/o-4.1.0.tgz", integrity: "sha512-o", optional: true },
    },
  };
  const found = await read({ "package-lock.json": JSON.stringify(old) });
  const shown = [...(found?.packages ?? [])].map(([location, { manifest, target }]) => [
    location,
    target ?? manifest.version,
  ]);
  expect(shown).toEqual([
    ["node_modules/a", "1.0.0"],
    ["node_modules/a/node_modules/b", "2.0.0"],
    ["node_modules/c", "3.0.0"],
    ["node_modules/l", "packages/l"],
    ["packages/l", undefined],
    ["packages/l/node_modules/m", "1.0.0"],
    ["node_modules/o", "4.1.0"],
  ]);
  const a = found?.packages.get("node_modules/a")?.manifest;
  expect(a).toMatchObject({ dependencies: { b: "^2" }, devDependencies: { c: "*" }, optionalDependencies: { o: "1" } });
  expect(found?.packages.get("node_modules/a/node_modules/b")?.inBundle).toBe(true);
  expect(found?.packages.get("node_modules/c")?.manifest.name).toBe("cc");
});

test("resolves merge conflicts by applying our changes to theirs", async () => {
  const entry = (version: string): string => `{ "version": "${version}" }`;
  const text = `{ "lockfileVersion": 3, "packages": {
<<<<<<< ours
"node_modules/a": ${entry("2.0.0")}, "node_modules/b": ${entry("1.0.0")}
||||||| base
"node_modules/a": ${entry("1.0.0")}, "node_modules/b": ${entry("1.0.0")}, "node_modules/d": ${entry("1.0.0")}
=======
"node_modules/a": ${entry("1.1.0")}, "node_modules/b": ${entry("1.5.0")}, "node_modules/d": ${entry("1.0.0")}
>>>>>>> theirs
} }`;
  const found = await read({ "package-lock.json": text });
  const versions = [...(found?.packages ?? [])].map(([location, { manifest }]) => `${location}@${manifest.version}`);
  expect(versions).toEqual(["node_modules/a@2.0.0", "node_modules/b@1.5.0"]);
});

test("a damaged lock on which npm crashes is a coded failure", async () => {
  expect(await codeOf(lock({ "node_modules/a": { resolved: "nowhere", link: true } }))).toBe("EMISSINGTARGET");
  expect(await codeOf(lock({ "node_modules/a": { link: true } }))).toBe("EINVALIDLOCK");
  expect(await codeOf(lock({ "node_modules/a": null }))).toBe("EINVALIDLOCK");
  expect(await codeOf({ "package-lock.json": '{"packages":[1]}' })).toBe("EINVALIDLOCK");
  expect(await codeOf(lock({ "node_modules/a": { resolved: "", link: true } }))).toBe("none");
});

test("a hostile lock gives valid locations, changes no prototype, and causes only coded failures", async () => {
  const text = `{"lockfileVersion":3,"__proto__":{"polluted":1},"packages":{"__proto__":{"version":"1.0.0"},
    "node_modules/../..":{"version":"1.0.0"},"a/../node_modules/b":{"version":"2.0.0","dependencies":[1],"bin":{"../../x":"../../y"}},
    "/etc/passwd":{"version":"1.0.0"},"node_modules/__proto__":{"version":7,"dependencies":{"__proto__":"1"}}}}`;
  const found = await read({ "package-lock.json": text });
  expect([...(found?.packages.keys() ?? [])]).toEqual([
    "__proto__",
    "..",
    "node_modules/b",
    "../etc/passwd",
    "node_modules/__proto__",
  ]);
  expect(found?.packages.get("node_modules/b")?.manifest.bin).toEqual({ x: "y" });
  expect(found?.packages.get("node_modules/__proto__")?.manifest.version).toBeUndefined();
  expect(({} as { polluted?: number }).polluted).toBeUndefined();

  const key = fc.constantFrom(
    "node_modules/a",
    "",
    "..",
    "version",
    "dependencies",
    "link",
    "resolved",
    "requires",
    "packages",
    "lockfileVersion",
    "__proto__",
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(
        null,
        true,
        1,
        2,
        "",
        "1.0.0",
        "file:..",
        "npm:a@1",
        "git+ssh://git@h.example/a",
        "x y",
        "http://[",
      ),
      fc.array(tie("json"), { maxLength: 2 }),
      fc.dictionary(key, tie("json"), { maxKeys: 5 }),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(json, json, async (packages, dependencies) => {
      const files = { "package-lock.json": JSON.stringify({ packages, dependencies }) };
      expect(await codeOf(files)).toMatch(/^(?:none|E[A-Z]+)$/);
      const v1 = { "package-lock.json": JSON.stringify({ dependencies }) };
      expect(await codeOf(v1)).toMatch(/^(?:none|E[A-Z]+)$/);
    }),
    { numRuns: 500 },
  );
});
