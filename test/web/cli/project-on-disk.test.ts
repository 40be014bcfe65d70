import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readProjectOnDisk } from "../../../web/cli/project-on-disk.ts";
import { writeFiles } from "../../../web/cli/write-files.ts";
import { contents, folder } from "./harness.ts";

const names = (files: object): string[] => Object.keys(files).sort();

test("reads package.json, the lockfiles and .npmrc, and nothing below node_modules", async () => {
  const dir = folder({
    "package.json": {},
    "package-lock.json": "{}",
    "npm-shrinkwrap.json": "{}",
    "yarn.lock": "",
    ".npmrc": "force=true",
    "src/package.json": {},
    "node_modules/a/package.json": {},
  });
  const { base, files, root, name } = await readProjectOnDisk(dir);
  expect({ base, root, name }).toEqual({ base: dir, root: "", name: dir.slice(dir.lastIndexOf("/") + 1) });
  expect(names(files)).toEqual([".npmrc", "npm-shrinkwrap.json", "package-lock.json", "package.json", "yarn.lock"]);
});

test("finds workspaces by their patterns, at any depth that a pattern allows", async () => {
  const dir = folder({
    "package.json": { workspaces: ["./packages/*", "tools/**", "@s/one", "x/{a,b/c}", "!packages/b", 7, "gone/*"] },
    "packages/a/package.json": {},
    "packages/a/inner/package.json": {},
    "packages/node_modules/package.json": {},
    "tools/deep/er/package.json": {},
    "tools/deep/node_modules/z/package.json": {},
    "@s/one/package.json": {},
    "@s/two/package.json": {},
    "x/b/c/package.json": {},
    "other/package.json": {},
  });
  expect(names((await readProjectOnDisk(dir)).files)).toEqual([
    "@s/one/package.json",
    "package.json",
    "packages/a/package.json",
    "tools/deep/er/package.json",
    "x/b/c/package.json",
  ]);
  const yarnForm = folder({ "package.json": { workspaces: { packages: ["p"] } }, "p/package.json": {} });
  expect(names((await readProjectOnDisk(yarnForm)).files)).toEqual(["p/package.json", "package.json"]);
});

test("follows file: specs outside the folder, in overrides, in lockfiles and in --add", async () => {
  const dir = folder({
    "app/package.json": {
      dependencies: {
        lib: "file:../lib",
        gone: "file:../gone",
        git: "user/repo",
        alias: "npm:ms@1",
        url: "http://registry.local/a.tgz",
      },
      overrides: { deep: { er: "./vendor/er" } },
    },
    "app/package-lock.json": { packages: { "": {}, "linked/here": {}, "node_modules/no": {} } },
    "app/linked/here/package.json": {},
    "app/node_modules/no/package.json": {},
    "app/vendor/er/package.json": {},
    "lib/package.json": { devDependencies: { round: "file:../app", tar: "file:./x.tgz" } },
    "lib/x.tgz": "bytes",
    "new/package.json": {},
    "new2/package.json": {},
  });
  const { base, root, name, files } = await readProjectOnDisk(join(dir, "app"), ["../new", "n@file:../new2", "react"]);
  expect({ base, root, name }).toEqual({ base: dir, root: "app", name: "app" });
  expect(names(files)).toEqual([
    "app/linked/here/package.json",
    "app/package-lock.json",
    "app/package.json",
    "app/vendor/er/package.json",
    "lib/package.json",
    "lib/x.tgz",
    "new/package.json",
    "new2/package.json",
  ]);
  expect(files["lib/x.tgz"]).toEqual(new TextEncoder().encode("bytes"));
});

test("reads the patches that patchedDependencies names inside the project, and no other file", async () => {
  const patchedDependencies = {
    a: "patches/a.patch",
    b: "../secret",
    c: "none.patch",
    d: 5,
    e: "patches",
    f: "/etc/hosts",
  };
  const dir = folder({
    "app/package.json": { patchedDependencies },
    "app/patches/a.patch": "bytes",
    "app/patches/unnamed.patch": "bytes",
    secret: "bytes",
  });
  const { base, files } = await readProjectOnDisk(join(dir, "app"));
  expect(base).toBe(join(dir, "app"));
  expect(names(files)).toEqual(["package.json", "patches/a.patch"]);
});

test("reads a broken package.json, so that the library can report the error's place", async () => {
  const dir = folder({ "package.json": "{ not json" });
  expect((await readProjectOnDisk(dir)).files).toMatchObject({ "package.json": "{ not json" });
});

test("writing keeps permissions and links, and leaves no temporary file", () => {
  const dir = folder({ "real/package.json": "old", "other.json": "old" });
  symlinkSync(join("real", "package.json"), join(dir, "package.json"));
  chmodSync(join(dir, "real/package.json"), 0o640);
  writeFiles(
    dir,
    new Map([
      ["package.json", "new"],
      ["package-lock.json", "lock"],
    ]),
    { "package.json": "old" },
  );
  expect(contents(dir)).toEqual({ "real/package.json": "new", "other.json": "old", "package-lock.json": "lock" });
  expect(statSync(join(dir, "real/package.json")).mode & 0o777).toBe(0o640);
  expect(readFileSync(join(dir, "package.json"), "utf8")).toBe("new");
});

test("restores the other files if one cannot be written", () => {
  const dir = folder({ "package.json": "old" });
  mkdirSync(join(dir, "package-lock.json"));
  writeFileSync(join(dir, "package-lock.json", "in the way"), "");
  const files = new Map([
    ["package.json", "new"],
    ["added.json", "new"],
    ["package-lock.json", "lock"],
  ]);
  expect(() => writeFiles(dir, files, { "package.json": "old" })).toThrow(/EISDIR|ENOTEMPTY|EPERM/);
  expect(contents(dir)).toEqual({ "package.json": "old", "package-lock.json/in the way": "" });
});

test("writes nothing if a temporary file cannot be written", () => {
  const dir = folder({ "package.json": "old" });
  const files = new Map([
    ["package.json", "new"],
    ["gone/package.json", "new"],
  ]);
  expect(() => writeFiles(dir, files, { "package.json": "old" })).toThrow(/ENOENT/);
  expect(contents(dir)).toEqual({ "package.json": "old" });
});
