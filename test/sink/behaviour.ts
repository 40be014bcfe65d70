import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Place } from "./places.ts";
import { filesOf, install, type Listing, listingOf, pack, stateOf, type TestTree } from "./trees.ts";

const react = pack("19.0.0", { "cjs/react.js": "react", "cjs/deep/er/x.js": "x" });
const vite = pack("6.0.0", { "bin/vite.js": "#!/usr/bin/env node" });
const before: TestTree = {
  packages: {
    "node_modules/@s/scoped": pack("1.0.0"),
    "node_modules/react": react,
    "node_modules/react/node_modules/dep": pack("1.0.0"),
    "node_modules/vite": vite,
  },
  links: { "node_modules/.bin/vite": "node_modules/vite/bin/vite.js" },
};

interface Step {
  name: string;
  trees: readonly TestTree[];
  /** Locations that the last step keeps. Files of other packages are written again. */
  kept: readonly string[];
}

const only = (...locations: string[]): TestTree["packages"] =>
  Object.fromEntries(locations.map((at) => [at, before.packages[at] ?? {}]));

const bundling = pack("1.0.0", {
  "node_modules/inner/package.json": '{"version":"7.0.0"}',
  "node_modules/inner/lib/a.js": "inner",
});

const steps: readonly Step[] = [
  { name: "a first install", trees: [before], kept: [] },
  { name: "the same once more", trees: [before, before], kept: Object.keys(before.packages) },
  {
    name: "an added package, and one more inside a kept one",
    trees: [
      before,
      {
        packages: {
          ...before.packages,
          "node_modules/new": pack("1.0.0"),
          "node_modules/react/node_modules/dep/node_modules/deeper": pack("3.0.0"),
        },
        links: before.links!,
      },
    ],
    kept: Object.keys(before.packages),
  },
  {
    name: "removed packages, the last of a scope and of a folder among them",
    trees: [before, { packages: only("node_modules/react") }],
    kept: ["node_modules/react"],
  },
  {
    name: "a changed package around a kept one: files that it no longer has are gone",
    trees: [
      before,
      { packages: { ...before.packages, "node_modules/react": pack("19.1.0", { "cjs/deep": "now a file" }) } },
    ],
    kept: ["node_modules/@s/scoped", "node_modules/react/node_modules/dep", "node_modules/vite"],
  },
  {
    name: "a moved package",
    trees: [
      before,
      {
        packages: {
          ...only("node_modules/@s/scoped", "node_modules/react", "node_modules/vite"),
          "node_modules/dep": pack("1.0.0"),
        },
      },
    ],
    kept: ["node_modules/@s/scoped", "node_modules/react", "node_modules/vite"],
  },
  {
    name: "bundled packages of a tarball stay with it, and packages installed into its node_modules are removed",
    trees: [
      {
        packages: { "node_modules/a": bundling, "node_modules/a/node_modules/@x/other": pack("2.0.0") },
        links: { "node_modules/a/node_modules/.bin/inner": "node_modules/a/node_modules/inner/lib/a.js" },
      },
      { packages: { "node_modules/a": bundling, "node_modules/b": pack("1.0.0") } },
    ],
    kept: ["node_modules/a"],
  },
  {
    name: "a package where another one's tarball brings files",
    trees: [{ packages: { "node_modules/a": bundling, "node_modules/a/node_modules/inner": pack("8.0.0") } }],
    kept: [],
  },
  {
    name: "workspaces: links to folders, and node_modules of their own that come and go",
    trees: [
      {
        packages: {
          "node_modules/a": pack("1.0.0"),
          "packages/w/node_modules/a": pack("2.0.0"),
          "packages/v/node_modules/a": pack("3.0.0"),
        },
        links: {
          "node_modules/w": "packages/w",
          "packages/w/node_modules/.bin/a": "packages/w/node_modules/a/index.js",
        },
      },
      {
        packages: { "node_modules/a": pack("1.0.0"), "packages/w/node_modules/a": pack("2.0.0") },
        links: { "node_modules/w": "packages/w", "node_modules/shared": "../shared" },
      },
    ],
    kept: ["node_modules/a", "packages/w/node_modules/a"],
  },
  {
    name: "a link where a package was, and the other way round",
    trees: [
      { packages: { "node_modules/a": pack("1.0.0") }, links: { "node_modules/b": "packages/b" } },
      { packages: { "node_modules/b": pack("1.0.0") }, links: { "node_modules/a": "packages/a" } },
    ],
    kept: [],
  },
  { name: "all of it removed", trees: [before, { packages: {} }], kept: [] },
  {
    name: "names that objects have already",
    trees: [
      { packages: { "node_modules/constructor": pack("1.0.0", { ["__proto__"]: "p", "toString/valueOf": "v" }) } },
    ],
    kept: [],
  },
];

/** Returns `expected` without bundled files in the folder of another package. */
function withoutCovered(tree: TestTree, listing: Listing): Listing {
  const covered = tree.packages["node_modules/a"] === bundling && "node_modules/a/node_modules/inner" in tree.packages;
  if (covered) delete listing["node_modules/a/node_modules/inner/lib/a.js"];
  return listing;
}

export function describeSink(name: string, create: () => Place | Promise<Place>): void {
  describe(name, () => {
    let place: Place;
    beforeEach(async () => {
      place = await create();
    });
    afterEach(() => place.dispose());

    const expectTree = async (tree: TestTree, more: Listing = {}): Promise<void> =>
      expect(dropEmpty(await place.show())).toEqual({ ...withoutCovered(tree, listingOf(tree, place)), ...more });

    for (const { name: title, trees, kept } of steps) {
      test(title, async () => {
        let last: string[] = [];
        for (const tree of trees) {
          last = await install(place.sink, tree);
          await expectTree(tree);
        }
        expect(last).toEqual(kept);
      });
    }

    test("nothing shows before the commit, and an aborted change leaves nothing", async () => {
      await install(place.sink, before);
      const session = await place.sink.open();
      await session.begin(new Set(["node_modules/vite"]));
      await session.write("node_modules/new", filesOf(pack("1.0.0")));
      await session.abort();
      await session.abort();
      await expectTree(before);
      await expect(session.write("node_modules/b", [])).rejects.toMatchObject({ code: "ESINK" });
      await expect(session.commit(stateOf(before))).rejects.toMatchObject({ code: "ESINK" });
      expect(await install(place.sink, before)).toEqual(Object.keys(before.packages));
    });

    test("if `files` throws, the write fails with that error, and the old tree stays", async () => {
      await install(place.sink, before);
      const failing = function* (): ReturnType<typeof filesOf> {
        yield* filesOf(react);
        throw new RangeError("no more");
      };
      const session = await place.sink.open();
      await session.begin(new Set());
      await expect(session.write("node_modules/react", failing())).rejects.toThrow(new RangeError("no more"));
      await expect(session.commit(stateOf({ packages: {} }))).rejects.toMatchObject({ code: "ESINK" });
      await session.abort();
      await expectTree(before);
    });

    test("only one change can be open at a time", async () => {
      const session = await place.sink.open();
      await expect(place.sink.open()).rejects.toMatchObject({ code: "ESINKBUSY" });
      await session.abort();
      expect(await install(place.sink, before)).toEqual([]);
    });

    test("an abort in the middle of a write leaves nothing of it", async () => {
      await install(place.sink, before);
      const session = await place.sink.open();
      await session.begin(new Set());
      const writing = session.write("node_modules/react", filesOf(react)).catch(() => {});
      await session.abort();
      await writing;
      await expectTree(before);
    });

    test("foreign files in node_modules are removed, and elsewhere they stay", async () => {
      await place.put("src/node_modules.ts", "mine");
      await place.put("lib/node_modules/x.js", "mine too");
      await install(place.sink, before);
      const own = { "src/node_modules.ts": "mine", "lib/node_modules/x.js": "mine too" };
      await expectTree(before, own);
      await place.put("node_modules/stray/index.js", "stray");
      await place.put("node_modules/@s/stray.js", "stray");
      await install(place.sink, before);
      await expectTree(before, own);
    });

    test("a package with a missing file is not held", async () => {
      await install(place.sink, before);
      await place.remove("node_modules/vite");
      await place.remove("node_modules/react/node_modules/dep/package.json");
      const session = await place.sink.open();
      expect(session.held.has("node_modules/@s/scoped")).toBe(true);
      expect(session.held.has("node_modules/vite")).toBe(false);
      expect(session.held.has("node_modules/react/node_modules/dep")).toBe(false);
      await session.abort();
      await install(place.sink, before);
      await expectTree(before);
    });

    test("without node_modules, nothing is held", async () => {
      await install(place.sink, before);
      await place.remove("node_modules");
      expect(await install(place.sink, before)).toEqual([]);
      await expectTree(before);
    });

    const hostile = ["../x", "/x", "a/../../x", "a//b", "./a", "", "a\0b", "C:/x", "c:x", "\\x", "a\\..\\..\\x", "a/"];
    test.each(hostile)("a file with the name %j is refused", async (path) => {
      const session = await place.sink.open();
      await session.begin(new Set());
      const file = { path, bytes: new Uint8Array(1), mode: 0o644 };
      await expect(session.write("node_modules/a", [file])).rejects.toMatchObject({ code: "ESINKPATH" });
      await session.abort();
      expect(dropEmpty(await place.show())).toEqual({});
    });

    test.each([
      ...["", "a", "node_modules", "../node_modules/a", "/node_modules/a", "node_modules/..", "node_modules/../a"],
      ...["node_modules/a/b", "node_modules/.bin", "node_modules/@s", "node_modules/a/../../../node_modules/b"],
    ])("a package at %j is refused", async (location) => {
      const session = await place.sink.open();
      await session.begin(new Set());
      await expect(session.write(location, filesOf(react))).rejects.toMatchObject({ code: "ESINKPATH" });
      await session.abort();
      expect(dropEmpty(await place.show())).toEqual({});
    });

    test.each([
      ["a", "packages/a"],
      ["node_modules/../a", "packages/a"],
      ["node_modules/.bin/../../a", "node_modules/a/index.js"],
      ["node_modules/.bin/a", "../a"],
      ["node_modules/.bin/a", "/bin/sh"],
      ["node_modules/x", "/etc"],
      ["node_modules/x", "packages/../../etc"],
      ["node_modules/a", "packages/a"],
    ])("a link at %j to %j is refused, and the tree from before stands", async (path, to) => {
      await install(place.sink, { packages: { "node_modules/a": pack("1.0.0") } });
      const next = { packages: { "node_modules/a": pack("2.0.0") }, links: { [path]: to } };
      await expect(install(place.sink, next)).rejects.toMatchObject({ code: "ESINKPATH" });
      await expectTree({ packages: { "node_modules/a": pack("1.0.0") } });
    });

    test("nothing is written behind a link", async () => {
      const next = { packages: { "node_modules/w/node_modules/a": react }, links: { "node_modules/w": "packages/w" } };
      await expect(install(place.sink, next)).rejects.toMatchObject({ code: "ESINKPATH" });
      expect(dropEmpty(await place.show())).toEqual({});
    });

    test("a path that is a file and a folder, or used twice, is refused", async () => {
      for (const names of [
        ["a", "a/b"],
        ["a/b", "a"],
        ["a", "a"],
      ]) {
        const session = await place.sink.open();
        await session.begin(new Set());
        const files = names.map((path) => ({ path, bytes: new Uint8Array(0), mode: 0o644 }));
        await expect(session.write("node_modules/p", files)).rejects.toMatchObject({ code: "ESINKPATH" });
        await session.abort();
      }
    });

    test("commit must name exactly the written packages", async () => {
      const session = await place.sink.open();
      await session.begin(new Set());
      await session.write("node_modules/react", filesOf(react));
      await expect(session.commit(stateOf(before))).rejects.toMatchObject({ code: "ESINKPATH" });
      const again = await place.sink.open();
      await expect(again.begin(new Set(["node_modules/react"]))).rejects.toMatchObject({ code: "ESINKPATH" });
      await again.abort();
    });
  });
}

/** Removes folders from a list: an empty node_modules may stay, as with npm. */
function dropEmpty(listing: Listing): Listing {
  return Object.fromEntries(
    Object.entries(listing).filter(([path]) => !/(?:^|\/)(?:node_modules|packages|w|v)\/$/.test(path)),
  );
}
