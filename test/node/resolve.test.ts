import { describe, expect, test } from "vitest";
import type { NodeResolveOptions } from "../../src/api/install.ts";
import type { InstallError } from "../../src/errors/failure.ts";
import { EMPTY_MODULE, NodeResolver, nodeResolve } from "../../src/node/resolve.ts";
import { memoryFiles } from "./memory-files.ts";

type Layout = Readonly<Record<string, unknown>>;

/** Returns the resolved path or the failure's code. Checks that the synchronous way gives the same. */
async function resolve(
  layout: Layout,
  specifier: string,
  {
    importer = "src/main.js",
    links = {},
    ...options
  }: NodeResolveOptions & { importer?: string; links?: Record<string, string> } = {},
): Promise<string> {
  const request = { specifier, importer };
  const tell = (error: unknown): string => (error as InstallError).code;
  const later = await new NodeResolver(memoryFiles(layout, links, true)).resolve(request, options).catch(tell);
  let atOnce: string;
  try {
    atOnce = new NodeResolver(memoryFiles(layout, links)).resolveSync(request, options);
  } catch (error) {
    atOnce = tell(error);
  }
  expect(atOnce).toBe(later);
  return later;
}

const pkg = (name: string, fields: object, ...files: string[]): Layout =>
  Object.fromEntries([
    [`node_modules/${name}/package.json`, { name, ...fields }],
    ...files.map((file) => [`node_modules/${name}/${file}`, ""]),
  ]);

describe("the fields of a package without exports", () => {
  const files = ["page.js", "esm.js", "cjs.js", "index.js"];
  const all = { browser: "page.js", module: "esm.js", main: "cjs" };

  test.each([
    [all, {}, "page.js"],
    [all, { browser: false }, "esm.js"],
    [all, { conditions: ["import"] }, "esm.js"],
    [all, { mainFields: ["main"] }, "cjs.js"],
    [{ module: "./none.mjs", main: "./cjs.js" }, {}, "cjs.js"],
    [{ browser: { "./cjs.js": "./page.js" }, main: "cjs.js" }, {}, "page.js"],
    [{}, {}, "index.js"],
    [{ main: 5, module: "" }, {}, "index.js"],
  ])("%j by %j: %s", async (fields, options, expected) => {
    expect(await resolve(pkg("a", fields, ...files), "a", options)).toBe(`node_modules/a/${expected}`);
  });
});

describe("the browser field as a map", () => {
  const browser = {
    "./lib/node.js": "./lib/page.js",
    "lib/bare": "./lib/page.js",
    "./lib/off": false,
    "./folder": "b",
    fs: false,
    net: "./lib/page.js",
    b: "c",
    c: "b",
    a: "./lib/page.js",
  };
  const layout = {
    ...pkg(
      "a",
      { browser, main: "./lib/node" },
      "lib/node.js",
      "lib/page.js",
      "lib/bare.js",
      "lib/off.js",
      "folder/index.js",
    ),
    ...pkg("b", { main: "b.js" }, "b.js"),
    ...pkg("c", { main: "c.js" }, "c.js"),
    "src/main.js": "",
  };
  const importer = "node_modules/a/lib/page.js";

  test.each([
    ["a", "src/main.js", "node_modules/a/lib/page.js"],
    ["a/lib/bare", "src/main.js", "node_modules/a/lib/page.js"],
    ["a/lib/off", "src/main.js", EMPTY_MODULE],
    ["a/folder", "src/main.js", "node_modules/b/b.js"],
    ["./node", importer, "node_modules/a/lib/page.js"],
    ["./node.js", importer, "node_modules/a/lib/page.js"],
    ["./off.js", importer, EMPTY_MODULE],
    ["fs", importer, EMPTY_MODULE],
    ["node:fs", importer, EMPTY_MODULE],
    ["net", importer, "node_modules/a/lib/page.js"],
    // Replaced once only: b by c, and c by b.
    ["b", importer, "node_modules/c/c.js"],
    ["c", importer, "node_modules/b/b.js"],
    ["b", "src/main.js", "node_modules/b/b.js"],
  ])("%s in %s: %s", async (specifier, from, expected) => {
    expect(await resolve(layout, specifier, { importer: from })).toBe(expected);
  });

  test("the browser field can be switched off, and applies to packages by name", async () => {
    expect(await resolve(layout, "./node", { importer, browser: false })).toBe("node_modules/a/lib/node.js");
    expect(await resolve(layout, "./node", { importer, conditions: ["import"] })).toBe("node_modules/a/lib/node.js");
    expect(await resolve(layout, "./node", { importer, conditions: [], browser: true })).toBe(
      "node_modules/a/lib/page.js",
    );
    const odd = { ...pkg("d", { browser: { toString: "./x.js" } }, "x.js", "valueOf.js"), "src/main.js": "" };
    expect(await resolve(odd, "d/valueOf")).toBe("node_modules/d/valueOf.js");
  });
});

describe("Node's own modules", () => {
  test.each([
    ["fs", {}, "ERR_UNKNOWN_BUILTIN_MODULE"],
    ["node:fs", {}, "ERR_UNKNOWN_BUILTIN_MODULE"],
    ["fs/promises", {}, "ERR_UNKNOWN_BUILTIN_MODULE"],
    ["buffer", {}, "node_modules/buffer/index.js"],
    ["buffer/", {}, "node_modules/buffer/index.js"],
    ["node:buffer", {}, "ERR_UNKNOWN_BUILTIN_MODULE"],
    ["buffer", { conditions: ["node", "import"] }, "node:buffer"],
    ["buffer/", { conditions: ["node", "import"] }, "node_modules/buffer/index.js"],
    ["fs/promises", { builtins: "external" }, "node:fs/promises"],
    ["node:test", { builtins: "external" }, "node:test"],
    ["buffer", { conditions: ["node"], builtins: "error" }, "node_modules/buffer/index.js"],
  ] as const)("%s by %j: %s", async (specifier, options, expected) => {
    expect(await resolve(pkg("buffer", {}, "index.js"), specifier, options)).toBe(expected);
  });
});

describe("paths", () => {
  const layout = {
    "src/a.js": "",
    "src/a/index.js": "",
    "src/b.json": "",
    "src/c/package.json": { main: "../b", exports: "./none.js" },
    "src/d.ts": "",
    "root.js": "",
    "src/x.y": "",
    ...pkg("q", {}, "index.js"),
  };

  test.each([
    ["./a", "src/a.js"],
    ["./a/", "src/a/index.js"],
    ["./b", "src/b.json"],
    ["./c", "src/b.json"],
    ["./d", "ERR_MODULE_NOT_FOUND"],
    ["./x.y", "src/x.y"],
    ["/src/a", "src/a.js"],
    ["/root.js", "root.js"],
    ["../root", "root.js"],
    ["../../root", "ERR_MODULE_NOT_FOUND"],
    ["q/index", "node_modules/q/index.js"],
    ["q/../../src/a", "src/a.js"],
    ["", "ERR_INVALID_MODULE_SPECIFIER"],
  ])("%s: %s", async (specifier, expected) => {
    expect(await resolve(layout, specifier)).toBe(expected);
  });

  test("with other extensions, and without any", async () => {
    expect(await resolve(layout, "./d", { extensions: [".ts"] })).toBe("src/d.ts");
    expect(await resolve(layout, "./a", { extensions: [] })).toBe("ERR_UNSUPPORTED_DIR_IMPORT");
    expect(await resolve(layout, "./b", { extensions: [] })).toBe("ERR_MODULE_NOT_FOUND");
    expect(await resolve(layout, "q/", { extensions: [] })).toBe("ERR_UNSUPPORTED_DIR_IMPORT");
  });

  test.each(["https://cdn.example/a.js", "http://cdn.example/a.js", "data:text/javascript,1", "blob:http://x/1"])(
    "%s is returned unchanged",
    async (url) => {
      expect(await resolve({}, url)).toBe(url);
    },
  );
});

describe("packages", () => {
  test("the nearest package wins, but a package without the file does not end the search", async () => {
    const layout = {
      ...pkg("a", {}, "one.js", "two.js"),
      ...pkg("b/node_modules/a", {}, "one.js"),
      ...pkg("b", {}, "index.js"),
    };
    const importer = "node_modules/b/index.js";
    expect(await resolve(layout, "a/one", { importer })).toBe("node_modules/b/node_modules/a/one.js");
    expect(await resolve(layout, "a/two", { importer })).toBe("node_modules/a/two.js");
    expect(await resolve(layout, "a/two.js", { importer, extensions: [] })).toBe("ERR_MODULE_NOT_FOUND");
  });

  test("links are followed, and imports of a linked file resolve from its real path", async () => {
    const layout = {
      "packages/w/package.json": { name: "w", exports: { ".": "./w.js" }, imports: { "#own": "./own.js" } },
      "packages/w/w.js": "",
      "packages/w/own.js": "",
      "packages/w/node_modules/a/index.js": "",
    };
    const links = { "node_modules/w": "packages/w" };
    expect(await resolve(layout, "w", { links })).toBe("packages/w/w.js");
    for (const importer of ["node_modules/w/w.js", "packages/w/w.js"]) {
      expect(await resolve(layout, "a", { importer, links })).toBe("packages/w/node_modules/a/index.js");
      expect(await resolve(layout, "#own", { importer, links })).toBe("packages/w/own.js");
      expect(await resolve(layout, "w", { importer, links })).toBe("packages/w/w.js");
    }
  });

  test("conditions apply in the package's order, not the caller's", async () => {
    const layout = pkg(
      "a",
      { exports: { require: "./r.js", import: "./i.js", default: "./d.js" } },
      "r.js",
      "i.js",
      "d.js",
    );
    const by = (...conditions: string[]): Promise<string> => resolve(layout, "a", { conditions });
    expect([await by("import", "require"), await by("import"), await by("worker")]).toEqual([
      "node_modules/a/r.js",
      "node_modules/a/i.js",
      "node_modules/a/d.js",
    ]);
  });

  test("hostile names are ordinary names", async () => {
    const layout = {
      "node_modules/constructor/index.js": "",
      "node_modules/a/package.json": '{"name":"a","exports":{"__proto__":"./x.js","./valueOf":"./x.js"}}',
      "node_modules/a/x.js": "",
    };
    expect(await resolve(layout, "constructor")).toBe("node_modules/constructor/index.js");
    expect(await resolve(layout, "toString")).toBe("ERR_MODULE_NOT_FOUND");
    expect(await resolve(layout, "a/valueOf")).toBe("ERR_INVALID_PACKAGE_CONFIG");
  });
});

describe("failures name the import, the file and a way out", () => {
  const layout = {
    ...pkg("a", { exports: { ".": "./a.js", "./b": null, "./c": "../c.js", "./d": "./none.js" } }, "a.js"),
    "node_modules/bad/package.json": "{ bad",
    "src/package.json": { imports: { "#x": "./x.js" } },
  };
  test.each([
    ["none", "ERR_MODULE_NOT_FOUND", 'no package "none" is installed', "Add none"],
    ["a/b", "ERR_PACKAGE_PATH_NOT_EXPORTED", 'node_modules/a/package.json does not export "./b"', "., ./b, ./c, ./d"],
    ["a/c", "ERR_INVALID_PACKAGE_TARGET", '"exports" of node_modules/a/package.json maps "./c" to "../c.js"', "./"],
    ["a/d", "ERR_MODULE_NOT_FOUND", "node_modules/a/none.js does not exist", ".js"],
    ["bad", "ERR_INVALID_PACKAGE_CONFIG", "node_modules/bad/package.json is not valid JSON", ""],
    ["#y", "ERR_PACKAGE_IMPORT_NOT_DEFINED", 'src/package.json does not define the import "#y"', "#x"],
    ["@s", "ERR_INVALID_MODULE_SPECIFIER", '"@s" is not a valid package name', ""],
    ["./y", "ERR_MODULE_NOT_FOUND", "src/y does not exist", ".js, .json, .mjs, .cjs"],
    ["fs", "ERR_UNKNOWN_BUILTIN_MODULE", "one of Node's own modules", "replaces it"],
  ])("%s: %s", async (specifier, code, ...texts) => {
    const error = await nodeResolve(memoryFiles(layout), { specifier, importer: "src/main.js" }).catch(
      (caught) => caught,
    );
    expect(error.code).toBe(code);
    expect(error.message).toContain(`src/main.js imports "${specifier}": `);
    expect(error.message).toContain(texts[0]);
    expect(error.failure.wayOut[0]?.text ?? "").toContain(texts[1]);
    expect(error.failure).toMatchObject({ spec: specifier, details: { specifier, importer: "src/main.js" } });
  });
});

test("each package.json is read once for all resolutions", async () => {
  const files = memoryFiles({ ...pkg("a", {}, "index.js"), "package.json": {} });
  for (let i = 0; i < 3; i++) await nodeResolve(files, { specifier: "a", importer: "main.js" });
  expect(files.reads.sort()).toEqual(["node_modules/a/package.json", "package.json"]);
});

test("a synchronous resolution needs its texts in memory, and read errors are passed on", async () => {
  const later = new NodeResolver(memoryFiles(pkg("a", {}, "index.js"), {}, true));
  const request = { specifier: "a", importer: "main.js" };
  expect(() => later.resolveSync(request)).toThrowError(expect.objectContaining({ code: "ENOTLOADED" }));
  expect(await later.resolve(request)).toBe("node_modules/a/index.js");
  expect(later.resolveSync(request)).toBe("node_modules/a/index.js");
  const broken = { ...memoryFiles(pkg("a", {}, "index.js")), text: () => Promise.reject(new Error("gone")) };
  await expect(new NodeResolver(broken).resolve(request)).rejects.toThrow("gone");
});

test("the package of a file is its nearest package.json", async () => {
  const files = memoryFiles({
    "package.json": { name: "root" },
    ...pkg("a", {}, "lib/x.js"),
    "node_modules/b/x.js": "",
  });
  const resolver = new NodeResolver(files);
  expect(await resolver.scope("node_modules/a/lib/x.js")).toMatchObject({
    folder: "node_modules/a",
    json: { name: "a" },
  });
  expect(await resolver.scope("src/main.js")).toMatchObject({ folder: "", json: { name: "root" } });
  expect(await resolver.scope("node_modules/b/x.js")).toBe(null);
});

describe("imports that start with #/", () => {
  const layout = {
    "package.json": { name: "q", imports: { "#/*": "./src/*.js", "#/a/b": "./src/foo.js", "#/dep/*": "dep/*.js" } },
    "src/foo.js": "",
    ...pkg("dep", {}, "x.js"),
  };
  const tell = async (specifier: string, nodeVersion?: string): Promise<string> =>
    await nodeResolve({ ...memoryFiles(layout), nodeVersion }, { specifier, importer: "index.js" }).catch(
      (error: InstallError) => error.code,
    );

  test.each([
    ["20.20.2", false],
    ["22.99.0", false],
    ["24.13.1", false],
    ["24.14.0", true],
    ["v24.20.0", true],
    ["25.0.0", false],
    ["25.3.9", false],
    ["25.4.0", true],
    ["26.0.0", true],
    ["30.0.0-nightly", true],
    [undefined, true],
  ])("Node %s: %s", async (nodeVersion, allowed) => {
    const invalid = "ERR_INVALID_MODULE_SPECIFIER";
    expect(await tell("#/foo", nodeVersion)).toBe(allowed ? "src/foo.js" : invalid);
    expect(await tell("#/a/b", nodeVersion)).toBe(allowed ? "src/foo.js" : invalid);
    expect(await tell("#/dep/x", nodeVersion)).toBe(allowed ? "node_modules/dep/x.js" : invalid);
    for (const specifier of ["#", "#/", "#/foo/"]) expect(await tell(specifier, nodeVersion)).toBe(invalid);
  });
});
