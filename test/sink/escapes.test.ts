// Full tier: hundreds of installs onto a disk.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SinkSession } from "../../src/api/sink.ts";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import type { SinkFs } from "../../src/sink/sink-fs.ts";
import { entryOf, type Scene, withScene } from "./escape-places.ts";
import { errorOf } from "./faults.ts";
import { filesOf, install, type Listing, listingOf, pack, stateOf, type TestTree } from "./trees.ts";

// A project from an untrusted source brings its own node_modules, and something else writes to the disk at the same time. The sink
// must never write, remove or use anything outside the project. `npm ci` is the measure: it removes node_modules first.

const before: TestTree = {
  packages: {
    "node_modules/a": pack("1.0.0", { "lib/a.js": "a", "bin.js": "#!a" }),
    "node_modules/a/node_modules/c": pack("1.0.0"),
    "node_modules/@s/b": pack("1.0.0", { "lib/b.js": "b" }),
    "node_modules/z": pack("1.0.0"),
    "packages/w/node_modules/d": pack("1.0.0"),
  },
  links: {
    "node_modules/.bin/a": "node_modules/a/bin.js",
    "node_modules/a/node_modules/.bin/c": "node_modules/a/node_modules/c/index.js",
    "node_modules/w": "packages/w",
  },
};
/** Adds packages inside, beside and around those of `before`. */
const after: TestTree = {
  packages: {
    ...before.packages,
    "node_modules/a/vendored/node_modules/x": pack("1.0.0"),
    "node_modules/a/lib/node_modules/x": pack("1.0.0"),
    "node_modules/a/node_modules/y": pack("1.0.0"),
    "node_modules/@s/new": pack("1.0.0"),
    "node_modules/z": pack("2.0.0"),
    "packages/w/node_modules/x": pack("1.0.0"),
  },
  links: before.links!,
};
const knows = { modes: true, links: true };
const own = { "package.json": "{}", "src/index.js": "mine" };

async function prepare(scene: Scene): Promise<void> {
  for (const [path, text] of Object.entries(own)) await scene.write(path, text);
  await install(scene.sink(), before);
}

const isOurs = ([path]: [string, string]): boolean =>
  path.startsWith("node_modules/") || path.includes("/node_modules/");
const ours = (all: Listing): Listing => Object.fromEntries(Object.entries(all).filter(isOurs));

type Outcome = "installs" | "refuses" | "either";

/** Installs `tree`: it must end as `outcome` says, in the exact tree or without a change, and leave the folder outside alone. */
async function expectSafe(scene: Scene, outcome: Outcome, tree = after): Promise<void> {
  const outside = await scene.showOutside();
  const project = await scene.show();
  const failed = await errorOf(install(scene.sink(), tree));
  expect(await scene.showOutside(), "outside").toEqual(outside);
  if (failed) expect(failed).toMatchObject({ code: "ESINKPATH" });
  if (outcome !== "either") expect(failed ? "refuses" : "installs", String(failed)).toBe(outcome);
  if (failed) expect(await scene.show(), "refused").toEqual(project);
  else expect(ours(await scene.show()), "installed").toEqual(listingOf(tree, knows));
}

/** Where a link is put, and whether the install replaces it or refuses to go on. */
const positions: Record<string, Outcome> = {
  "node_modules/a": "installs",
  "node_modules/a/vendored": "installs",
  "node_modules/a/lib": "installs",
  "node_modules/a/lib/a.js": "installs",
  "node_modules/a/package.json": "installs",
  "node_modules/a/node_modules": "installs",
  "node_modules/a/node_modules/c": "installs",
  "node_modules/a/node_modules/c/index.js": "installs",
  "node_modules/a/node_modules/y": "installs",
  "node_modules/a/node_modules/.bin": "installs",
  "node_modules/a/node_modules/.bin/c": "installs",
  "node_modules/@s": "installs",
  "node_modules/@s/b": "installs",
  "node_modules/@s/b/lib": "installs",
  "node_modules/@s/new": "installs",
  "node_modules/z": "installs",
  "node_modules/w": "installs",
  "node_modules/.bin": "installs",
  "node_modules/.bin/a": "installs",
  "node_modules/.bin/other": "installs",
  "node_modules/stray": "installs",
  "node_modules/.package-lock.json": "installs",
  "packages/w/node_modules/d": "installs",
  "packages/w/node_modules/d/index.js": "installs",
  "packages/w/node_modules": "refuses",
  "packages/w": "refuses",
  packages: "refuses",
  node_modules: "refuses",
  ".webhoist-install": "refuses",
};

/** Where a link leads. `moved` is the content that was in its place. */
const targets: Record<string, (scene: Scene, moved: string) => string> = {
  "to what was there, moved outside": (_, moved) => moved,
  "up to a folder outside": () => "../../../../../../outside",
  "to a folder outside by its absolute path": ({ outside }) => outside,
  "to a file outside": ({ outside }) => join(outside, "precious"),
  "to nothing outside": ({ outside }) => join(outside, "none"),
  "to the project's own files": (scene) => scene.at("src"),
};

describe.each(["disk", "memfs"] as const)("links in a project on %s", (kind) => {
  for (const [position, outcome] of Object.entries(positions))
    test.each(Object.entries(targets))(`${position} %s`, (_, target) =>
      withScene(kind, async (scene) => {
        await prepare(scene);
        await scene.moveOut(position, (moved) => target(scene, moved));
        await scene.renewLock();
        await expectSafe(scene, outcome);
      }),
    );

  test.each(Object.keys(positions))("%s, if nothing else changes", (position) =>
    withScene(kind, async (scene) => {
      await prepare(scene);
      await scene.moveOut(position, (moved) => moved);
      await scene.renewLock();
      await expectSafe(scene, positions[position]!, before);
    }),
  );
});

describe("a hidden lock that lies", () => {
  const x = pack("1.0.0");
  const lies: Record<
    string,
    [change: (packages: Record<string, object>) => void, more?: (s: Scene) => Promise<unknown>]
  > = {
    "lists a package behind a link in a package": [
      (all) => Object.assign(all, { "node_modules/a/vendored/node_modules/x": entryOf(x) }),
      (s) => s.moveOut("node_modules/a/vendored", () => s.outside),
    ],
    "calls a package behind a link bundled": [
      (all) => Object.assign(all, { "node_modules/a/node_modules/y": { version: "1.0.0", inBundle: true } }),
      (s) => s.moveOut("node_modules/a/node_modules/y", () => join(s.outside, "node_modules/x")),
    ],
    "calls a package that is a link a package": [
      (all) => Object.assign(all, { "node_modules/w": entryOf(x) }),
      (s) => s.moveOut("node_modules/w", () => join(s.outside, "node_modules/x")),
    ],
    "calls a folder a link": [(all) => Object.assign(all, { "node_modules/z": { link: true, resolved: "src" } })],
    "lists a link inside a package": [
      (all) => Object.assign(all, { "node_modules/a/node_modules/l": { link: true, resolved: "../outside" } }),
      (s) => s.moveOut("node_modules/a/node_modules/l", () => s.outside),
    ],
    "lists a folder of the project behind a link": [
      (all) => Object.assign(all, { "linked/node_modules/x": entryOf(x) }),
      (s) => s.moveOut("linked", () => s.outside),
    ],
    "lists the folder above": [(all) => Object.assign(all, { "../outside/node_modules/x": entryOf(x) })],
    "climbs out of a package": [
      (all) => Object.assign(all, { "node_modules/a/../../../outside/node_modules/x": entryOf(x) }),
    ],
    "lists an absolute path": [(all) => Object.assign(all, { "/outside/node_modules/x": entryOf(x) })],
    "lists a drive": [(all) => Object.assign(all, { "C:/outside/node_modules/x": entryOf(x) })],
    "climbs with backslashes": [(all) => Object.assign(all, { "..\\outside/node_modules/x": entryOf(x) })],
    "lists the work folder": [(all) => Object.assign(all, { ".webhoist-install/new/node_modules/x": entryOf(x) })],
    "lists the work folder in capitals": [
      (all) => Object.assign(all, { ".WEBHOIST-INSTALL/node_modules/x": entryOf(x) }),
    ],
    "lists a package in .bin": [
      (all) => Object.assign(all, { "node_modules/.bin/node_modules/x": entryOf(x) }),
      (s) => s.moveOut("node_modules/.bin", () => s.outside),
    ],
    "spells a name in capitals": [(all) => Object.assign(all, { "node_modules/A": all["node_modules/a"]! })],
    "lists a package that is a file": [
      (all) => Object.assign(all, { "node_modules/file": entryOf(x) }),
      (s) => s.write("node_modules/file", "x"),
    ],
    "lists a package whose node_modules is a file": [
      (all) => Object.assign(all, { "node_modules/z/node_modules/x": entryOf(x) }),
      (s) => s.write("node_modules/z/node_modules", "x"),
    ],
    "lists a package that is not there": [(all) => Object.assign(all, { "node_modules/none": entryOf(x) })],
    "lists names of objects": [
      (all) => Object.assign(all, { "node_modules/constructor": entryOf(x), "__proto__/node_modules/x": entryOf(x) }),
    ],
    "lists a scope as a package": [
      (all) => Object.assign(all, { "node_modules/@s": entryOf(x) }),
      (s) => s.moveOut("node_modules/@s", () => s.outside),
    ],
  };
  test.each(Object.entries(lies))("it %s", (_, [change, more]) =>
    withScene("disk", async (scene) => {
      await prepare(scene);
      await more?.(scene);
      await scene.hiddenLock(change, before);
      await scene.renewLock();
      await expectSafe(scene, "installs");
    }),
  );
});

describe("a work folder that the project brings", () => {
  const journal = (root: string): string => JSON.stringify({ swaps: [{ root, filled: true }] });
  const arrangements: Record<string, [Outcome, (scene: Scene) => Promise<unknown>]> = {
    "its new folder is a link": ["refuses", (s) => s.moveOut(".webhoist-install/new", () => s.outside)],
    "its old folder is a link": [
      "refuses",
      async (s) => {
        await s.write(".webhoist-install/new/node_modules/x/index.js", "x");
        await s.moveOut(".webhoist-install/old", () => s.outside);
      },
    ],
    "its new node_modules is a link": [
      "refuses",
      (s) => s.moveOut(".webhoist-install/new/node_modules", () => s.outside),
    ],
    "its owner is a link": ["installs", (s) => s.moveOut(".webhoist-install/owner", () => join(s.outside, "precious"))],
  };
  test.each(Object.entries(arrangements))("%s", (_, [outcome, arrange]) =>
    withScene("disk", async (scene) => {
      await prepare(scene);
      await arrange(scene);
      if (outcome === "refuses") await scene.write(".webhoist-install/journal.json", journal("node_modules"));
      await expectSafe(scene, outcome);
    }),
  );

  test("its journal is a link: it is not read", () =>
    withScene("disk", async (scene) => {
      await prepare(scene);
      await scene.write(".webhoist-install/new/node_modules/x/index.js", "x");
      await scene.fs.writeFile(join(scene.outside, "journal"), journal("node_modules"));
      await scene.moveOut(".webhoist-install/journal.json", () => join(scene.outside, "journal"));
      await expectSafe(scene, "installs");
    }));
});

describe.each(["disk", "memfs"] as const)("a path that is swapped for a link during an install, on %s", (kind) => {
  const swapped = [
    ...["node_modules", "node_modules/a", "node_modules/a/lib", "node_modules/@s", "node_modules/.bin"],
    ...["packages", "packages/w", "packages/w/node_modules", ".webhoist-install", ".webhoist-install/new"],
    ...[".webhoist-install/new/node_modules", ".webhoist-install/new/node_modules/a"],
    ...[".webhoist-install/new/node_modules/@s", ".webhoist-install/new/node_modules/@s/new"],
    ...[".webhoist-install/new/packages", ".webhoist-install/new/packages/w/node_modules"],
    ".webhoist-install/old",
  ];
  const moments = ["open", "begin", "first write", "writes"] as const;

  /** Installs `after`, and calls `swap` at a moment. */
  async function installWith(session: SinkSession, moment: string, swap: () => Promise<void>): Promise<void> {
    const state = stateOf(after);
    const keep = [...state.packages.keys()].filter((at) => session.held.get(at) === state.packages.get(at));
    const passed = async (now: string): Promise<void> => (now === moment ? swap() : undefined);
    await passed("open");
    await session.begin(new Set(keep));
    await passed("begin");
    const rest = Object.entries(after.packages).filter(([at]) => !keep.includes(at));
    for (const [index, [at, files]] of rest.entries()) {
      await session.write(at, filesOf(files));
      if (index === 0) await passed("first write");
    }
    await passed("writes");
    await session.commit(state);
  }

  for (const moment of moments)
    test.each(swapped)(`after ${moment}: %s`, (path) =>
      withScene(kind, async (scene) => {
        await prepare(scene);
        await scene.renewLock();
        const session = await scene.sink().open();
        let outside: Listing = {};
        const swap = async (): Promise<void> => {
          await scene.moveOut(path, (moved) => moved);
          outside = await scene.showOutside();
        };
        const failed = await errorOf(installWith(session, moment, swap));
        await session.abort();
        expect(await scene.showOutside()).toEqual(outside);
        if (failed) expect(["ESINKPATH", "ESINK"]).toContain(failed.code);
        else expect(ours(await scene.show())).toEqual(listingOf(after, knows));
      }),
    );
});

test("a file is never written through a link that is put at its path just before", () =>
  withScene("disk", async (scene) => {
    await prepare(scene);
    const outside = await scene.showOutside();
    const { fs } = scene;
    const writeFile: SinkFs["writeFile"] = async (path, data, options) => {
      if (path.endsWith("z/index.js") || path.endsWith(".package-lock.json"))
        await fs.symlink(join(scene.outside, "precious"), path).catch(() => {});
      return fs.writeFile(path, data, options);
    };
    const failed = await errorOf(install(createFsSink({ ...fs, writeFile }, scene.project), after));
    expect(failed).toMatchObject({ code: "ESINKPATH" });
    expect(await scene.showOutside()).toEqual(outside);
    expect(ours(await scene.show())).toEqual(listingOf(before, knows));
  }));

describe("a disk that ignores case", () => {
  /** Makes all paths below the project lower case, as such a disk compares them. */
  function folding(scene: Scene): SinkFs {
    const fold = (path: unknown): unknown =>
      typeof path === "string" && path.startsWith(scene.project)
        ? scene.project + path.slice(scene.project.length).toLowerCase()
        : path;
    return new Proxy(scene.fs as SinkFs, {
      get:
        (fs, name: keyof SinkFs) =>
        (...args: unknown[]) =>
          (fs[name] as (...all: unknown[]) => Promise<unknown>)(...args.map(fold)),
    });
  }

  const trees: Record<string, TestTree> = {
    "two packages": { packages: { "node_modules/j": pack("1.0.0"), "node_modules/J": pack("2.0.0") } },
    "two scopes": { packages: { "node_modules/@s/j": pack("1.0.0"), "node_modules/@S/j": pack("2.0.0") } },
    "a package and a link": {
      packages: { "node_modules/j": pack("1.0.0") },
      links: { "node_modules/J": "../outside" },
    },
    "a package behind a link": {
      packages: { "node_modules/j/node_modules/x": pack("1.0.0") },
      links: { "node_modules/J": "../outside" },
    },
    "a file and a folder": { packages: { "node_modules/j": pack("1.0.0", { "LIB/x": "x", lib: "x" }) } },
  };
  test.each(Object.entries(trees))("%s with one name are refused", (_, tree) =>
    withScene("disk", async (scene) => {
      const outside = await scene.showOutside();
      const failed = await errorOf(install(createFsSink(folding(scene), scene.project), tree));
      expect(failed).toMatchObject({ code: "ESINKPATH" });
      expect(await scene.show()).toEqual({});
      expect(await scene.showOutside()).toEqual(outside);
    }),
  );

  test.each([0, 1])("the later of two files with one name stays, even if call %i of writeFile takes long", (slow) =>
    withScene("disk", async (scene) => {
      const tree = { packages: { "node_modules/j": { "A.js": "1", "a.js": "2", "package.json": "{}" } } };
      const fs = folding(scene);
      let calls = 0;
      const late: SinkFs = Object.assign(Object.create(fs), {
        writeFile: async (path: string, data: Uint8Array | string, options?: { mode?: number; flag?: "wx" }) => {
          if (/a\.js$/i.test(path) && calls++ === slow) await new Promise((done) => setTimeout(done, 20));
          return await fs.writeFile(path, data, options);
        },
      });
      await install(createFsSink(late, scene.project), tree);
      expect(await scene.show()).toEqual({ "node_modules/j/package.json": "{}", "node_modules/j/a.js": "2" });
    }),
  );
});
