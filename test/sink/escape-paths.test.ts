import { describe, expect, test } from "vitest";
import type { FileSink, SinkLink, SinkSession } from "../../src/api/sink.ts";
import { createMapSink } from "../../src/sink/map-sink.ts";
import { createTreeSink, type FileSystemTree } from "../../src/sink/tree-sink.ts";
import { createOpfsSink } from "../../web/sinks/opfs-sink.ts";
import { anySinks } from "./escape-places.ts";
import { fakeFolder, type Store, showStore } from "./fake-opfs.ts";
import { errorOf } from "./faults.ts";
import { filesOf, install, pack, stateOf, type TestTree } from "./trees.ts";

// Paths that lead out of a tree, or into each other. Every kind of sink decides alike.

const one = pack("1.0.0");

/** Trees that every sink refuses with ESINKPATH. */
const refused: Record<string, TestTree> = {
  "a package in the work folder": { packages: { ".webhoist-install/new/node_modules/x": one } },
  "a package in the work folder, in capitals": { packages: { ".Webhoist-Install/node_modules/x": one } },
  "a package that is the work folder's": { packages: { ".webhoist-install/node_modules/x": one } },
  "a link in the work folder": { packages: {}, links: { ".webhoist-install/node_modules/x": "src" } },
  "a package behind a link to a folder": {
    packages: { "node_modules/w/node_modules/x": one },
    links: { "node_modules/w": "packages/w" },
  },
  "a package behind a link out of the project": {
    packages: { "node_modules/w/lib/node_modules/x": one },
    links: { "node_modules/w": "../w" },
  },
  "a package behind a link in a scope": {
    packages: { "node_modules/@s/w/node_modules/x": one },
    links: { "node_modules/@s/w": "../w" },
  },
  "a package behind a link that differs in case": {
    packages: { "node_modules/w/node_modules/x": one },
    links: { "node_modules/W": "../w" },
  },
  "a package behind a link that differs in composition": {
    packages: { "node_modules/\u00e9/node_modules/x": one },
    links: { "node_modules/e\u0301": "../w" },
  },
  "a package behind a command": {
    packages: { "node_modules/a": one, "node_modules/.bin/a/node_modules/x": one },
    links: { "node_modules/.bin/a": "node_modules/a/index.js" },
  },
  "a link behind a link": {
    packages: {},
    links: { "node_modules/w": "../w", "node_modules/w/node_modules/v": "../v" },
  },
  "a command behind a link": {
    packages: {},
    links: { "node_modules/w": "../w", "node_modules/w/node_modules/.bin/v": "src/v.js" },
  },
  "a command that leads out": { packages: {}, links: { "node_modules/.bin/a": "../../bin/sh" } },
  "a command with an absolute target": { packages: {}, links: { "node_modules/.bin/a": "/bin/sh" } },
  "a link that climbs in the middle": { packages: {}, links: { "node_modules/a": "packages/../../etc" } },
  "a link to an absolute path": { packages: {}, links: { "node_modules/a": "/etc" } },
  "a link to a drive": { packages: {}, links: { "node_modules/a": "C:/Windows" } },
  "a link to a share": { packages: {}, links: { "node_modules/a": "\\\\server\\share" } },
  "a link as node_modules": { packages: {}, links: { node_modules: "../x" } },
  "a link as a scope": { packages: {}, links: { "node_modules/@s": "../x" } },
  "a link as .bin": { packages: {}, links: { "node_modules/.bin": "../x" } },
  "a link as the hidden lock": { packages: {}, links: { "node_modules/.package-lock.json": "../x" } },
  "a link outside node_modules": { packages: {}, links: { src: "../x" } },
  "a package as the hidden lock": { packages: { "node_modules/.package-lock.json": one } },
  "a package as .bin": { packages: { "node_modules/.bin": one } },
  "a package beside the project": { packages: { "../node_modules/a": one } },
  "a package with dots and a blank for a folder": { packages: { ".. /node_modules/a": one } },
  "a package with three dots for a folder": { packages: { ".../node_modules/a": one } },
  "a package in a folder with a backslash": { packages: { "a\\..\\..\\b/node_modules/a": one } },
  "a file with dots and a blank for a folder": { packages: { "node_modules/a": { ".. /x": "x" } } },
  "a file with dots and blanks for a name": { packages: { "node_modules/a": { "lib/. .": "x" } } },
  "a file that climbs": { packages: { "node_modules/a": { "lib/../../x": "x" } } },
  "a file that climbs with backslashes": { packages: { "node_modules/a": { "lib\\..\\..\\x": "x" } } },
  "a file on a drive": { packages: { "node_modules/a": { "D:x": "x" } } },
  "a file with a NUL": { packages: { "node_modules/a": { "a\0b": "x" } } },
  "a file where a package goes": {
    packages: { "node_modules/a": { "node_modules/b": "x" }, "node_modules/a/node_modules/b": one },
  },
  "a file where a scope goes": {
    packages: { "node_modules/a": { "node_modules/@s": "x" }, "node_modules/a/node_modules/@s/b": one },
  },
  "a file where a node_modules goes": {
    packages: { "node_modules/a": { node_modules: "x" }, "node_modules/a/node_modules/b": one },
  },
  "a file where a folder of another package goes": {
    packages: { "node_modules/a": { vendored: "x" }, "node_modules/a/vendored/node_modules/b": one },
  },
  "a file where a link goes": {
    packages: { "node_modules/a": { "node_modules/b": "x" } },
    links: { "node_modules/a/node_modules/b": "../b" },
  },
  "a folder where a link goes": {
    packages: { "node_modules/a": { "node_modules/b/x.js": "x" } },
    links: { "node_modules/a/node_modules/b": "../b" },
  },
  "a file where the folder of a link goes": {
    packages: { "node_modules/a": { "node_modules/@s": "x" } },
    links: { "node_modules/a/node_modules/@s/b": "../b" },
  },
  "a folder where a command goes": {
    packages: { "node_modules/a": { "node_modules/.bin/c/x.js": "x" } },
    links: { "node_modules/a/node_modules/.bin/c": "node_modules/a/index.js" },
  },
};

/** Trees that every sink installs: `files` lists what is left of the tarballs if `begin` names all locations. */
const installed: Record<string, [tree: TestTree, files: readonly string[]]> = {
  "a file where a package goes": [
    refused["a file where a package goes"]!,
    ["node_modules/a/node_modules/b/index.js", "node_modules/a/node_modules/b/package.json"],
  ],
  "a file where a scope goes": [
    refused["a file where a scope goes"]!,
    ["node_modules/a/node_modules/@s/b/index.js", "node_modules/a/node_modules/@s/b/package.json"],
  ],
  "a file where a node_modules goes": [
    refused["a file where a node_modules goes"]!,
    ["node_modules/a/node_modules/b/index.js", "node_modules/a/node_modules/b/package.json"],
  ],
  "a file where a folder of another package goes": [
    refused["a file where a folder of another package goes"]!,
    ["node_modules/a/vendored/node_modules/b/index.js", "node_modules/a/vendored/node_modules/b/package.json"],
  ],
  "a folder where a package goes": [
    {
      packages: {
        "node_modules/a": { "node_modules/b/lib/x.js": "x", "lib/x.js": "x" },
        "node_modules/a/node_modules/b": { "package.json": "{}" },
      },
    },
    ["node_modules/a/lib/x.js", "node_modules/a/node_modules/b/package.json"],
  ],
  "names that Windows reserves, and names of objects": [
    {
      packages: { "node_modules/con": { "nul.js": "x", "aux/com1": "x", "__proto__/x": "x", "a.": "x", "bb:c": "x" } },
    },
    ["a.", "aux/com1", "bb:c", "nul.js", "__proto__/x"].map((path) => `node_modules/con/${path}`),
  ],
  "files named like those of the sinks": [
    {
      packages: {
        "node_modules/a": {
          ".webhoist-install/journal.json": "x",
          "node_modules/.package-lock.json": "x",
          "node_modules/.webhoist.json": "x",
        },
      },
    },
    [".webhoist-install/journal.json", "node_modules/.package-lock.json", "node_modules/.webhoist.json"].map(
      (path) => `node_modules/a/${path}`,
    ),
  ],
};

/** Installs a tree as the library does: `begin` names all locations. */
async function installNamed(sink: FileSink, tree: TestTree): Promise<void> {
  const state = stateOf(tree);
  const session: SinkSession = await sink.open();
  await session.begin(new Set(), [...state.packages.keys(), ...state.links.map(({ path }) => path)]);
  for (const [at, files] of Object.entries(tree.packages)) await session.write(at, filesOf(files));
  await session.commit(state);
}

describe.each(Object.entries(anySinks))("%s", (_, create) => {
  test.each(Object.entries(refused))("%s is refused", async (_, tree) => {
    const { sink, show } = create();
    expect(await errorOf(install(sink, tree))).toMatchObject({ code: "ESINKPATH" });
    expect(await show()).toEqual({});
  });

  test.each(Object.entries(installed))("%s", async (_, [tree, files]) => {
    const { sink, show } = create();
    await installNamed(sink, tree);
    const shown = await show();
    expect(Object.keys(shown).sort()).toEqual([...files].sort());
    expect(Object.values(shown)).not.toContain("twice");
  });
});

describe("what a kept package has gives way to a new package", () => {
  const files = { "package.json": '{"version":"1.0.0"}', vendored: "x", "node_modules/b": "x", lib: "x" };
  const next: TestTree = {
    packages: {
      "node_modules/a": files,
      "node_modules/a/vendored/node_modules/c": one,
      "node_modules/a/vendored/node_modules/d": one,
      "node_modules/a/node_modules/b": one,
    },
  };
  const { tar: _tar, zip: _zip, ...lasting } = anySinks;
  test.each(Object.entries(lasting))("%s", async (_, create) => {
    const { sink, show } = create();
    // A bare file in node_modules would make the disk write the package again.
    const { "node_modules/b": _b, ...without } = files;
    await install(sink, { packages: { "node_modules/a": without } });
    await install(sink, { packages: { ...next.packages, "node_modules/a": without } });
    const shown = await show();
    expect(shown["node_modules/a/lib"]).toBe("x");
    expect(shown["node_modules/a/vendored"]).toBe(undefined);
    for (const at of Object.keys(next.packages).slice(1)) expect(shown[`${at}/index.js`]).toBe(one["index.js"]);
  });
});

describe("links and files of the embedder where folders go", () => {
  const tree: TestTree = { packages: { "node_modules/a": one, "packages/w/node_modules/a": one } };
  const file = (): Uint8Array => new Uint8Array(1);
  const link = (path: string): SinkLink => ({ path, to: "../outside" });

  test.each(["node_modules", "packages", "packages/w", "packages/w/node_modules"])(
    "a link at %s in a Map",
    async (path) => {
      const map = new Map<string, Uint8Array | SinkLink>([[path, link(path)]]);
      expect(await errorOf(install(createMapSink(map), tree))).toMatchObject({ code: "ESINKPATH" });
      expect([...map.keys()]).toEqual([path]);
    },
  );

  test.each(["packages", "packages/w"])("a file at %s in a Map", async (path) => {
    const map = new Map<string, Uint8Array | SinkLink>([[path, file()]]);
    expect(await errorOf(install(createMapSink(map), tree))).toMatchObject({ code: "ESINKPATH" });
    expect([...map.keys()]).toEqual([path]);
  });

  const nested = (path: string, node: FileSystemTree[string]): FileSystemTree => {
    const [name = "", ...rest] = path.split("/");
    return { [name]: rest.length > 0 ? { directory: nested(rest.join("/"), node) } : node };
  };
  test.each(["node_modules", "packages", "packages/w", "packages/w/node_modules"])(
    "a link at %s in a tree",
    async (path) => {
      const given = nested(path, { file: { symlink: "../outside" } });
      const sink = createTreeSink(given);
      expect(await errorOf(install(sink, tree))).toMatchObject({ code: "ESINKPATH" });
      expect(sink.tree).toBe(given);
    },
  );

  test.each(["packages", "packages/w"])("a file at %s in a tree", async (path) => {
    const given = nested(path, { file: { contents: "mine" } });
    const sink = createTreeSink(given);
    expect(await errorOf(install(sink, tree))).toMatchObject({ code: "ESINKPATH" });
    expect(sink.tree).toBe(given);
  });

  test.each(["packages", "packages/w", ".webhoist-install"])(
    "a file at %s in the origin-private file system",
    async (path) => {
      const store: Store = new Map();
      const above = path === "packages/w" ? new Map() : store;
      if (path === "packages/w") store.set("packages", above);
      above.set(path.replace(/.*\//, ""), file());
      expect(await errorOf(install(createOpfsSink(fakeFolder(store, { moves: true })), tree))).toMatchObject({
        code: "ESINKPATH",
      });
      expect(Object.keys(showStore(store))).toEqual([path]);
    },
  );
});

describe("the origin-private file system of an untrusted project", () => {
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const sinkOf = (store: Store): FileSink => createOpfsSink(fakeFolder(store, { moves: true }));

  test.each([
    ["../node_modules/x", []],
    ["/node_modules/x", []],
    ["src/../node_modules/x", []],
    [".webhoist-install/node_modules/x", []],
    ["node_modules/a", ["src"]],
    ["node_modules/a", ["node_modules/a/../../src"]],
  ])("a state that lists %j, which brings %j, is not believed", async (location, brings) => {
    const packages = { [location]: { integrity: "sha512-x", brings } };
    const mine = new Map([["index.js", new Uint8Array(1)]]);
    const a = new Map([["package.json", text({})]]);
    const store: Store = new Map<string, Store>([
      ["src", mine],
      [
        "node_modules",
        new Map<string, Uint8Array | Store>([
          ["a", a],
          [".webhoist.json", text({ packages })],
        ]),
      ],
    ]);
    const session = await sinkOf(store).open();
    expect([...session.held.keys()]).toEqual([]);
    await session.abort();
    await install(sinkOf(store), { packages: { "node_modules/b": one } });
    expect(Object.keys(showStore(store)).sort()).toEqual([
      "node_modules/b/index.js",
      "node_modules/b/package.json",
      "src/index.js",
    ]);
  });

  test("a journal moves nothing outside node_modules", async () => {
    const staged: Store = new Map([["src", new Map([["index.js", text("evil")]])]]);
    const store: Store = new Map<string, Store>([
      ["src", new Map([["index.js", text("mine")]])],
      [
        ".webhoist-install",
        new Map<string, Uint8Array | Store>([
          ["new", staged],
          ["journal.json", text({ roots: [], stay: [] })],
        ]),
      ],
    ]);
    await (await sinkOf(store).open()).abort();
    expect(showStore(store)).toEqual({ "src/index.js": '"mine"' });
  });
});
