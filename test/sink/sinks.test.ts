// Full tier: random trees through every sink.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMapSink } from "../../src/sink/map-sink.ts";
import { createTreeSink, type DirectoryNode, type FileSystemTree } from "../../src/sink/tree-sink.ts";
import { describeSink } from "./behaviour.ts";
import { diskPlace, mapPlace, memPlace, showTree, treePlace } from "./places.ts";
import { treesArbitrary } from "./random-trees.ts";
import { install, listingOf, pack } from "./trees.ts";

describeSink("a Map", mapPlace);
describeSink("a tree", treePlace);
describeSink("memfs", memPlace);
describeSink("a disk", diskPlace);

describe("any tree after any other", () => {
  const creators = { mapPlace, treePlace, memPlace };
  test.each(Object.entries(creators))("%s", async (_, create) => {
    const property = fc.asyncProperty(fc.array(treesArbitrary, { minLength: 2, maxLength: 4 }), async (trees) => {
      const place = await create();
      for (const tree of trees) {
        await install(place.sink, tree);
        const shown = Object.entries(await place.show()).filter(([path]) => !path.endsWith("/"));
        expect(Object.fromEntries(shown)).toEqual(listingOf(tree, place));
      }
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

test("a Map is remembered, also by another sink", async () => {
  const map = new Map();
  const tree = { packages: { "node_modules/a": pack("1.0.0") } };
  await install(createMapSink(map), tree);
  const bytes = map.get("node_modules/a/index.js");
  expect(await install(createMapSink(map), tree)).toEqual(["node_modules/a"]);
  expect(map.get("node_modules/a/index.js")).toBe(bytes);
  // A patched package is written again.
  map.set("node_modules/a/index.js", new Uint8Array(1));
  expect(await install(createMapSink(map), tree)).toEqual([]);
  const open = await createMapSink(map).open();
  await expect(createMapSink(map).open()).rejects.toMatchObject({ code: "ESINKBUSY" });
  await open.abort();
});

test("a new tree shares unchanged folders with the old one, which does not change", async () => {
  const own = { directory: { "main.js": { file: { contents: "mine" } } } };
  const sink = createTreeSink({ src: own });
  const packages = { "node_modules/a": pack("1.0.0", { "lib/x.js": "x" }), "node_modules/b": pack("1.0.0") };
  await install(sink, { packages });
  const first = sink.tree;
  const shown = showTree(first);
  await install(sink, { packages });
  expect(sink.tree).toBe(first);
  await install(sink, { packages: { ...packages, "node_modules/a/node_modules/c": pack("1.0.0") } });
  const at = (tree: FileSystemTree, ...names: string[]): unknown =>
    names.reduce<DirectoryNode>((node, name) => node.directory[name] as DirectoryNode, { directory: tree });
  expect(sink.tree).not.toBe(first);
  expect(sink.tree["src"]).toBe(own);
  expect(at(sink.tree, "node_modules", "b")).toBe(at(first, "node_modules", "b"));
  expect(at(sink.tree, "node_modules", "a", "lib")).toBe(at(first, "node_modules", "a", "lib"));
  expect(at(sink.tree, "node_modules", "a")).not.toBe(at(first, "node_modules", "a"));
  expect(showTree(first)).toEqual(shown);
});

test("the shape that WebContainers mount", async () => {
  const sink = createTreeSink();
  await install(sink, {
    packages: { "node_modules/vite": { "bin/vite.js": "#!x" } },
    links: { "node_modules/.bin/vite": "node_modules/vite/bin/vite.js", "node_modules/w": "packages/w" },
  });
  const bin = { directory: { vite: { file: { symlink: "../vite/bin/vite.js" } } } };
  const vite = {
    directory: { bin: { directory: { "vite.js": { file: { contents: new TextEncoder().encode("#!x") } } } } },
  };
  const w = { file: { symlink: "../packages/w" } };
  expect(sink.tree).toEqual({ node_modules: { directory: { ".bin": bin, vite, w } } });
});
