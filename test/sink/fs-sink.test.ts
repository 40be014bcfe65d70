import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import type { SinkFs } from "../../src/sink/sink-fs.ts";
import { showFolder } from "./places.ts";
import { filesOf, install, listingOf, lockOf, pack, stateOf, type TestTree } from "./trees.ts";

const tree: TestTree = {
  packages: {
    "node_modules/a": pack("1.0.0", { "lib/a.js": "a", "bin.js": "#!a" }),
    "node_modules/b": pack("1.0.0"),
  },
  links: { "node_modules/.bin/a": "node_modules/a/bin.js" },
};
const all = Object.keys(tree.packages);
const knows = { modes: true, links: true };

let folder: string;
const at = (...path: string[]): string => join(folder, ...path);
const inode = async (path: string): Promise<number> => (await fs.stat(at(path))).ino;

async function held(): Promise<string[]> {
  const session = await createFsSink(fs, folder).open();
  await session.abort();
  return [...session.held.keys()];
}

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "webhoist-fs-"));
});
afterEach(() => fs.rm(folder, { recursive: true }));

describe("the state on the disk", () => {
  test("the hidden lock is written as given, and is newer than every package folder", async () => {
    const workspaces: TestTree = {
      packages: { ...tree.packages, "packages/w/node_modules/a": pack("2.0.0") },
      links: { ...tree.links, "node_modules/w": "packages/w" },
    };
    await install(createFsSink(fs, folder), workspaces);
    expect(await fs.readFile(at("node_modules/.package-lock.json"), "utf8")).toBe(lockOf(workspaces));
    const { mtime } = await fs.stat(at("node_modules/.package-lock.json"));
    const folders = ["node_modules", "packages/w", "packages/w/node_modules", ...Object.keys(workspaces.packages)];
    // npm compares times in milliseconds.
    for (const path of folders)
      expect((await fs.stat(at(path))).mtime.getTime(), path).toBeLessThanOrEqual(mtime.getTime());
    expect(await held()).toEqual(Object.keys(workspaces.packages));
  });

  test("kept files are hard links of the old ones, and stay executable", async () => {
    await install(createFsSink(fs, folder), tree);
    const file = await inode("node_modules/a/lib/a.js");
    await install(createFsSink(fs, folder), {
      ...tree,
      packages: { ...tree.packages, "node_modules/b": pack("2.0.0") },
    });
    expect(await inode("node_modules/a/lib/a.js")).toBe(file);
    expect((await fs.stat(at("node_modules/a/bin.js"))).mode & 0o777).toBe(0o755);
  });

  test("if nothing changes, no folder is swapped", async () => {
    await install(createFsSink(fs, folder), tree);
    const before = await inode("node_modules");
    await install(createFsSink(fs, folder), tree);
    expect(await inode("node_modules")).toBe(before);
    await fs.rm(at("node_modules/.bin/a"));
    await install(createFsSink(fs, folder), tree);
    expect(await inode("node_modules")).not.toBe(before);
    expect(await showFolder(fs, folder)).toEqual(listingOf(tree, knows));
  });

  test.each<[string, () => Promise<unknown>, string[]]>([
    ["a folder that is newer", () => touch("node_modules/a"), ["node_modules/b"]],
    [
      "another version",
      () => fs.writeFile(at("node_modules/a/package.json"), '{"version":"9.0.0"}'),
      ["node_modules/b"],
    ],
    ["a package.json that is none", () => fs.writeFile(at("node_modules/a/package.json"), "["), ["node_modules/b"]],
    ["a link in its place", () => relink("node_modules/a"), ["node_modules/b"]],
    ["a stranger inside", () => fs.mkdir(at("node_modules/a/node_modules/x"), { recursive: true }), ["node_modules/b"]],
    ["no hidden lock", () => fs.rm(at("node_modules/.package-lock.json")), []],
    ["a hidden lock that is none", () => fs.writeFile(at("node_modules/.package-lock.json"), "{"), []],
    ["a stranger outside", () => fs.mkdir(at("node_modules/x")), all],
  ])("%s", async (_, change, trusted) => {
    await install(createFsSink(fs, folder), tree);
    await change();
    expect(await held()).toEqual(trusted);
    await install(createFsSink(fs, folder), tree);
    expect(await showFolder(fs, folder)).toEqual(listingOf(tree, knows));
  });

  const touch = (path: string): Promise<void> => fs.utimes(at(path), Date.now() / 1000 + 10, Date.now() / 1000 + 10);

  async function relink(path: string): Promise<void> {
    await fs.rename(at(path), at("node_modules/elsewhere"));
    await fs.symlink("elsewhere", at(path));
  }

  test("a package is not held if a package that it bundles is missing", async () => {
    const bundling: TestTree = {
      packages: {
        ...tree.packages,
        "node_modules/c": pack("1.0.0", {
          "node_modules/d/package.json": '{"version":"1.0.0"}',
          "node_modules/d/x.js": "",
        }),
      },
    };
    await install(createFsSink(fs, folder), bundling);
    expect(await held()).toContain("node_modules/c");
    await fs.rm(at("node_modules/c/node_modules/d/package.json"));
    expect(await held()).toEqual(all);
  });
});

describe("a disk without hard links", () => {
  test("kept files are copied", async () => {
    await install(createFsSink(fs, folder), tree);
    const file = await inode("node_modules/a/lib/a.js");
    const refused = Object.assign(new Error("not permitted"), { code: "EPERM" });
    const without: SinkFs = { ...fs, link: () => Promise.reject(refused) };
    const next = { ...tree, packages: { ...tree.packages, "node_modules/b": pack("2.0.0") } };
    expect(await install(createFsSink(without, folder), next)).toEqual(["node_modules/a"]);
    expect(await inode("node_modules/a/lib/a.js")).not.toBe(file);
    expect(await showFolder(fs, folder)).toEqual(listingOf(next, knows));
  });
});

describe("symbolic links", () => {
  let outside: string;
  beforeEach(async () => {
    outside = await fs.mkdtemp(join(tmpdir(), "webhoist-outside-"));
    await fs.writeFile(join(outside, "precious"), "x");
  });
  afterEach(async () => {
    expect(await fs.readdir(outside)).toEqual(["precious"]);
    await fs.rm(outside, { recursive: true });
  });

  test("a link as node_modules is not followed", async () => {
    await fs.symlink(outside, at("node_modules"));
    await expect(install(createFsSink(fs, folder), tree)).rejects.toMatchObject({ code: "ESINKPATH" });
  });

  test("a link as a workspace's node_modules is not followed, and nothing changes", async () => {
    await install(createFsSink(fs, folder), tree);
    await fs.symlink(outside, at("packages"));
    const next = { packages: { ...tree.packages, "packages/w/node_modules/a": pack("1.0.0") } };
    await expect(install(createFsSink(fs, folder), next)).rejects.toMatchObject({ code: "ESINKPATH" });
    await fs.rm(at("packages"));
    expect(await showFolder(fs, folder)).toEqual(listingOf(tree, knows));
  });

  test("a link as the work folder is not followed", async () => {
    await fs.symlink(outside, at(".webhoist-install"));
    await expect(createFsSink(fs, folder).open()).rejects.toMatchObject({ code: "ESINKPATH" });
  });

  test.each(["../../node_modules", "/etc/node_modules", "src", "", "node_modules/../src", "x/node_modules/../../src"])(
    "a journal with the root %j is refused",
    async (root) => {
      await fs.mkdir(at(".webhoist-install/new/src"), { recursive: true });
      await fs.mkdir(at("src"));
      const journal = JSON.stringify({ swaps: [{ root, filled: true }] });
      await fs.writeFile(at(".webhoist-install/journal.json"), journal);
      await expect(createFsSink(fs, folder).open()).rejects.toMatchObject({ code: "ESINKPATH" });
    },
  );

  test("a journal is not applied through a link", async () => {
    await fs.mkdir(at(".webhoist-install/new/packages/node_modules"), { recursive: true });
    await fs.symlink(outside, at("packages"));
    const journal = JSON.stringify({ swaps: [{ root: "packages/node_modules", filled: true }] });
    await fs.writeFile(at(".webhoist-install/journal.json"), journal);
    await expect(createFsSink(fs, folder).open()).rejects.toMatchObject({ code: "ESINKPATH" });
  });
});

describe("two processes", () => {
  const owned = (id: string, living: string[]): ReturnType<typeof createFsSink> =>
    createFsSink(fs, folder, { owner: { id, alive: (other) => living.includes(other) } });

  test("the second process fails with ESINKBUSY, and the work folder of a dead process is removed", async () => {
    const first = await owned("1", []).open();
    await first.begin(new Set());
    await first.write("node_modules/a", filesOf(tree.packages["node_modules/a"]!));
    await expect(owned("2", ["1"]).open()).rejects.toMatchObject({
      code: "ESINKBUSY",
      failure: { details: { owner: "1" } },
    });
    expect(await install(owned("2", []), tree)).toEqual([]);
    // A process that was taken for dead changes nothing any more.
    await expect(
      first.commit(stateOf({ packages: { "node_modules/a": tree.packages["node_modules/a"]! } })),
    ).rejects.toMatchObject({
      code: "ESINK",
    });
    expect(await showFolder(fs, folder)).toEqual(listingOf(tree, knows));
  });
});

test("a tree that another program made after a crash stays", async () => {
  await install(createFsSink(fs, folder), tree);
  // The change is cut off between its two renames, and then npm runs.
  await fs.mkdir(at(".webhoist-install/new/node_modules"), { recursive: true });
  await fs.mkdir(at(".webhoist-install/old/0"), { recursive: true });
  await fs.writeFile(at(".webhoist-install/journal.json"), '{"swaps":[{"root":"node_modules","filled":true}]}');
  expect(await held()).toEqual(all);
  expect(await showFolder(fs, folder)).toEqual(listingOf(tree, knows));
});

test("leftovers of a finished change are not applied again", async () => {
  await install(createFsSink(fs, folder), {
    packages: { ...tree.packages, "packages/w/node_modules/a": pack("1.0.0") },
  });
  const rm = async (path: string, options: { recursive: true; force: true }): Promise<void> => {
    if (!path.endsWith(".webhoist-install")) return fs.rm(path, options);
    await fs.rm(join(path, "old"), options);
    throw new Error("busy");
  };
  await install(createFsSink({ ...fs, rm }, folder), { packages: tree.packages });
  // A workspace's folder was removed, and is made again.
  await fs.mkdir(at("packages/w/node_modules/mine"), { recursive: true });
  expect(await held()).toEqual(all);
  expect(await fs.readdir(at("packages/w/node_modules"))).toEqual(["mine"]);
});

test("abort waits for running writes, and leaves nothing of them", async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let waiting = 0;
  const writeFile: SinkFs["writeFile"] = async (path, data) => {
    waiting++;
    await gate;
    return fs.writeFile(path, data);
  };
  const session = await createFsSink({ ...fs, writeFile }, folder).open();
  await session.begin(new Set());
  const writing = session.write("node_modules/a", filesOf(tree.packages["node_modules/a"]!)).catch(() => {});
  while (waiting === 0) await fs.readdir(folder);
  let ended = false;
  const aborting = session.abort().then(() => {
    ended = true;
  });
  for (let i = 0; i < 50; i++) await fs.readdir(folder);
  expect(ended).toBe(false);
  release();
  await aborting;
  await writing;
  expect(await fs.readdir(folder)).toEqual([]);
});
