// Full tier: resolves thousands of projects, one for each member and wrong value.
import { expect, test } from "vitest";
import type { FileMap } from "../../src/api/common.ts";
import type { Resolution, ResolveOptions } from "../../src/api/resolve.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { explain } from "../../src/explain/explain.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { resolveIn } from "../support/tree.ts";

/** `String` throws on it. */
const NO_TEXT = { toString: 1, valueOf: 1 };
const VALUES: readonly unknown[] = [
  null,
  0,
  7,
  true,
  false,
  "",
  "text",
  "1.0.0",
  [],
  [null],
  [7, "b"],
  [NO_TEXT],
  {},
  { b: null },
  { b: 7 },
  { b: NO_TEXT },
  { b: { b: [NO_TEXT] } },
  { node: NO_TEXT, npm: 1 },
  { url: NO_TEXT, type: NO_TEXT, install: 1, packages: 7 },
  NO_TEXT,
  [[["b"]]],
];

const MEMBERS = (
  "name version dependencies devDependencies optionalDependencies peerDependencies peerDependenciesMeta acceptDependencies " +
  "bundleDependencies bundledDependencies bin directories engines os cpu libc license funding workspaces overrides deprecated " +
  "scripts hasInstallScript _hasShrinkwrap _integrity _id dist devEngines"
).split(" ");

const dist = { tarball: "http://registry.local/b/-/b-1.0.0.tgz", integrity: "sha512-AAAA" };

/** Resolves, reads all parts of the answer, and returns the code of the failure or "ok". An uncoded error is thrown. */
async function outcome(
  files: FileMap,
  manifest: Record<string, unknown>,
  options: ResolveOptions = {},
): Promise<string> {
  const registry = fakeRegistry({
    "a@1.0.0": { ...manifest },
    "b@1.0.0": { dependencies: { c: "1" }, peerDependencies: { a: "1" } },
    "c@1.0.0": {},
  });
  let resolution: Resolution;
  try {
    resolution = await resolveIn(registry, files, options);
    resolution.why("a");
    resolution.diff(String(files["package-lock.json"] ?? ""));
    for (const warning of resolution.warnings) explain(warning);
    await resolution.importMap({ provider: "esm.sh" });
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    explain(error.failure);
    return error.code;
  }
  return "ok";
}

const text = (value: unknown): string => JSON.stringify(value);
const PROJECT = text({ dependencies: { a: "1", b: "1" } });
const wrong = (member: string): Record<string, unknown>[] => VALUES.map((value) => ({ [member]: value }));

test.each(MEMBERS)("a registry's %s of any type: an answer, or a failure with a code", async (member) => {
  for (const one of wrong(member)) {
    const code = await outcome({ "package.json": PROJECT }, { dist, ...one });
    expect(code, text(one)).not.toMatch(/EINTERNAL|ENPMCRASH/);
  }
});

test.each(["tarball", "integrity", "shasum"])("a dist's %s of any type: the same", async (member) => {
  for (const one of wrong(member)) {
    for (const more of [{}, { bundleDependencies: ["c"], dependencies: { c: "1" } }, { _hasShrinkwrap: true }]) {
      const code = await outcome({ "package.json": PROJECT }, { ...more, dist: { ...dist, ...one } });
      expect(code, text(one)).not.toMatch(/EINTERNAL|ENPMCRASH/);
    }
  }
});

const EDITS: readonly ResolveOptions[] = [
  {},
  { add: ["c"] },
  { add: ["c"], saveType: "peerOptional", saveBundle: true },
  { add: ["a"], saveType: "optional" },
  { rm: ["a"] },
  { update: true },
  { update: ["a"] },
  { lockfileVersion: 1 },
];

test.each(MEMBERS)("a project's %s of any type, with every edit: the same", async (member) => {
  for (const one of wrong(member)) {
    for (const options of EDITS) {
      for (const base of [
        { dependencies: { a: "1" } },
        { devDependencies: { b: "1" }, optionalDependencies: { a: "1" } },
      ]) {
        const code = await outcome({ "package.json": text({ ...base, ...one }) }, { dist }, options);
        expect(code, text([one, options])).not.toMatch(/EINTERNAL|ENPMCRASH/);
      }
    }
  }
});

test.each(MEMBERS)("a workspace's %s of any type: the same", async (member) => {
  for (const one of wrong(member)) {
    const files = {
      "package.json": text({ workspaces: ["w"], overrides: { b: "1" } }),
      "w/package.json": text({ name: "w", version: "1.0.0", dependencies: { a: "1" }, ...one }),
    };
    for (const options of [{}, { add: ["c"], workspaces: ["w"] }]) {
      const code = await outcome(files, { dist }, options);
      expect(code, text(one)).not.toMatch(/EINTERNAL|ENPMCRASH/);
    }
  }
});

const LOCK_MEMBERS = [
  ...MEMBERS,
  ..."resolved integrity link inBundle bundled dev optional devOptional peer extraneous requires from".split(" "),
];

test.each(LOCK_MEMBERS)("a lock entry's %s of any type, in every version: the same", async (member) => {
  const entry = { version: "1.0.0", resolved: dist.tarball, integrity: dist.integrity, dependencies: { b: "1" } };
  for (const one of wrong(member)) {
    const packages = {
      "": { dependencies: { a: "1" } },
      "node_modules/a": { ...entry, ...one },
      "node_modules/b": entry,
    };
    const nested = { a: { ...entry, requires: { b: "1" }, dependencies: { b: entry }, ...one } };
    const locks = [
      { lockfileVersion: 3, packages },
      { lockfileVersion: 1, requires: true, dependencies: nested },
    ];
    for (const lock of locks) {
      for (const options of [{}, { update: true, lockfileVersion: 1 }, { add: ["c"] }] as const) {
        const code = await outcome({ "package.json": PROJECT, "package-lock.json": text(lock) }, { dist }, options);
        expect(code, text([one, lock.lockfileVersion])).not.toMatch(/EINTERNAL|ENPMCRASH/);
      }
    }
  }
});

test.each(["lockfileVersion", "packages", "dependencies", "requires", "name", "version", "extra"])(
  "a lock's %s of any type: the same",
  async (member) => {
    for (const one of [
      ...wrong(member),
      ...VALUES.map((value) => ({ [member]: { "node_modules/a": value, a: value } })),
    ]) {
      for (const base of [{}, { lockfileVersion: 3, packages: {} }, { lockfileVersion: 1, dependencies: {} }]) {
        const lock = text({ ...base, ...one });
        const code = await outcome({ "package.json": PROJECT, "package-lock.json": lock }, { dist });
        expect(code, lock).not.toMatch(/EINTERNAL|ENPMCRASH/);
      }
    }
  },
);

test("a whole file of any type: the same", async () => {
  for (const value of [...VALUES, undefined]) {
    const any = text(value) ?? "";
    for (const name of ["package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", ".npmrc"]) {
      const code = await outcome({ "package.json": PROJECT, [name]: any }, { dist }, { add: ["c"] });
      expect(code, `${name}: ${any}`).not.toMatch(/EINTERNAL|ENPMCRASH/);
    }
  }
});
