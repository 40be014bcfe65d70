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

describe("what is there already", () => {
  test("the hidden lock is as it was given, and newer than every folder of a package", async () => {
    const workspaces: TestTree = {
      packages: { ...tree.packages, "packages/w/node_modules/a": pack("2.0.0") },
      links: { ...tree.links, "node_modules/w": "packages/w" },
    };
    await install(createFsSink(fs, folder), workspaces);
    expect(await fs.readFile(at("node_modules/.package-lock.json"), "utf8")).toBe(lockOf(workspaces));
    const { mtime } = await fs.stat(at("node_modules/.package-lock.json"));
    const folders = ["node_modules", "packages/w", "packages/w/node_modules", ...Object.keys(workspaces.packages)];
    // npm compares dates, which count milliseconds.
    for (const path of folders)
      expect((await fs.stat(at(path))).mtime.getTime(), path).toBeLessThanOrEqual(mtime.getTime());
    expect(await held()).toEqual(Object.keys(workspaces.packages));
  });

  test("files that stay are the same files, and what runs stays so", async () => {
    await install(createFsSink(fs, folder), tree);
    const file = await inode("node_modules/a/lib/a.js");
    await install(createFsSink(fs, folder), {
      ...tree,
      packages: { ...tree.packages, "node_modules/b": pack("2.0.0") },
    });
    expect(await inode("node_modules/a/lib/a.js")).toBe(file);
    expect((await fs.stat(at("node_modules/a/bin.js"))).mode & 0o777).toBe(0o755);
  });

  test("where nothing changes nothing is exchanged", async () => {
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

  test("a bundled package that is gone takes the trust from the one that brings it", async () => {
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
  test("files that stay are copied", async () => {
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

describe("folders that lead elsewhere", () => {
  let outside: string;
  beforeEach(async () => {
    outside = await fs.mkdtemp(join(tmpdir(), "webhoist-outside-"));
    await fs.writeFile(join(outside, "precious"), "x");
  });
  afterEach(async () => {
    expect(await fs.readdir(outside)).toEqual(["precious"]);
    await fs.rm(outside, { recursive: true });
  });

  test("a node_modules that is a link is not followed", async () => {
    await fs.symlink(outside, at("node_modules"));
    await expect(install(createFsSink(fs, folder), tree)).rejects.toMatchObject({ code: "ESINKPATH" });
  });

  test("nor a workspace's, and nothing else changes then", async () => {
    await install(createFsSink(fs, folder), tree);
    await fs.symlink(outside, at("packages"));
    const next = { packages: { ...tree.packages, "packages/w/node_modules/a": pack("1.0.0") } };
    await expect(install(createFsSink(fs, folder), next)).rejects.toMatchObject({ code: "ESINKPATH" });
    await fs.rm(at("packages"));
    expect(await showFolder(fs, folder)).toEqual(listingOf(tree, knows));
  });

  test("nor the folder that a change works in", async () => {
    await fs.symlink(outside, at(".webhoist-install"));
    await expect(createFsSink(fs, folder).open()).rejects.toMatchObject({ code: "ESINKPATH" });
  });

  test.each(["../../node_modules", "/etc/node_modules", "src", "", "node_modules/../src", "x/node_modules/../../src"])(
    "a journal that names %j is not obeyed",
    async (root) => {
      await fs.mkdir(at(".webhoist-install/new/src"), { recursive: true });
      await fs.mkdir(at("src"));
      const journal = JSON.stringify({ swaps: [{ root, filled: true }] });
      await fs.writeFile(at(".webhoist-install/journal.json"), journal);
      await expect(createFsSink(fs, folder).open()).rejects.toMatchObject({ code: "ESINKPATH" });
    },
  );

  test("a journal does not reach through a link", async () => {
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

  test("the second one waits its turn; one that died is cleaned up after", async () => {
    const first = await owned("1", []).open();
    await first.begin(new Set());
    await first.write("node_modules/a", filesOf(tree.packages["node_modules/a"]!));
    await expect(owned("2", ["1"]).open()).rejects.toMatchObject({
      code: "ESINKBUSY",
      failure: { details: { owner: "1" } },
    });
    expect(await install(owned("2", []), tree)).toEqual([]);
    // What it does once it is thought dead comes to nothing.
    await expect(
      first.commit(stateOf({ packages: { "node_modules/a": tree.packages["node_modules/a"]! } })),
    ).rejects.toMatchObject({
      code: "ESINK",
    });
    expect(await showFolder(fs, folder)).toEqual(listingOf(tree, knows));
  });
});

test("a tree that somebody else made since a crash is left alone", async () => {
  await install(createFsSink(fs, folder), tree);
  // Cut off between its two renames; then npm was run.
  await fs.mkdir(at(".webhoist-install/new/node_modules"), { recursive: true });
  await fs.mkdir(at(".webhoist-install/old/0"), { recursive: true });
  await fs.writeFile(at(".webhoist-install/journal.json"), '{"swaps":[{"root":"node_modules","filled":true}]}');
  expect(await held()).toEqual(all);
  expect(await showFolder(fs, folder)).toEqual(listingOf(tree, knows));
});

test("what a change could not clear away is not taken for a change to come", async () => {
  await install(createFsSink(fs, folder), {
    packages: { ...tree.packages, "packages/w/node_modules/a": pack("1.0.0") },
  });
  const rm = async (path: string, options: { recursive: true; force: true }): Promise<void> => {
    if (!path.endsWith(".webhoist-install")) return fs.rm(path, options);
    await fs.rm(join(path, "old"), options);
    throw new Error("busy");
  };
  await install(createFsSink({ ...fs, rm }, folder), { packages: tree.packages });
  // A workspace's folder went; somebody makes it anew.
  await fs.mkdir(at("packages/w/node_modules/mine"), { recursive: true });
  expect(await held()).toEqual(all);
  expect(await fs.readdir(at("packages/w/node_modules"))).toEqual(["mine"]);
});

test("giving up waits for what is being written, and leaves nothing of it", async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const writeFile: SinkFs["writeFile"] = async (path, data) => {
    await gate;
    return fs.writeFile(path, data);
  };
  const session = await createFsSink({ ...fs, writeFile }, folder).open();
  await session.begin(new Set());
  const writing = session.write("node_modules/a", filesOf(tree.packages["node_modules/a"]!)).catch(() => {});
  // The folders are made, the first files wait.
  while ((await fs.readdir(at(".webhoist-install/new/node_modules")).catch(() => [])).length === 0);
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
