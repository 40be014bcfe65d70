import * as callbackFs from "node:fs";
import { promises } from "node:fs";
import { expect, test } from "vitest";
import type { InstalledProject } from "../../src/api/install.ts";
import { failure } from "../../src/errors/failure.ts";
import { explain } from "../../src/explain/explain.ts";
import { explainWhy } from "../../src/explain/why.ts";
import { importMap } from "../../src/import-map/import-map.ts";
import { nodeResolve } from "../../src/node/resolve.ts";
import { esbuildPlugin } from "../../web/bundlers/esbuild.ts";
import { rollupPlugin } from "../../web/bundlers/rollup.ts";
import { createInstaller } from "../../web/installer.ts";
import { moduleGraph, toModule } from "../../web/modules.ts";
import { createFsSink, createMapSink, createOpfsSink, createTreeSink, createZipSink } from "../../web/sinks.ts";
import { refusalOf } from "../support/outcome.ts";

// The entries besides `createInstaller`, `resolve` and `install`, whose options option-checks.test.ts checks.

type BadRow = [option: string, value: unknown, sentence: string];
/** Passes a wrong argument: `never` fits every parameter. */
const wrong = (value: unknown): never => value as never;

const tree = wrong({ root: { children: [], edgesOut: [] }, nodes: [], get: () => undefined });
const nextTurn = async (): Promise<void> => {};

const LIST = 'must be a list of strings, such as ["react"], not';
const BAD_MAPS: BadRow[] = [
  [
    "provider",
    5,
    "EINVALIDOPTION: options.provider must be a CDN or an installed project, not a value of type number.",
  ],
  ["provider", "cdn", 'EINVALIDOPTION: options.provider must be a known CDN or a template, not "cdn".'],
  ["provider", null, "EINVALIDOPTION: options.provider must be a CDN or an installed project, not null."],
  ["base", "files/", 'EINVALIDOPTION: options.base must be an address, not "files/".'],
  ["base", 5, "EINVALIDOPTION: options.base must be an address, not a value of type number."],
  ["conditions", "browser", `EINVALIDOPTION: options.conditions ${LIST} "browser".`],
  ["conditions", [5], "EINVALIDOPTION: options.conditions[0] must be text, not 5."],
  ["integrity", "yes", 'EINVALIDOPTION: options.integrity must be true or false, not "yes".'],
  ["omit", "dev", 'EINVALIDOPTION: options.omit must be a list of "dev", "optional" and "peer", not "dev".'],
  ["omit", ["prod"], 'EINVALIDOPTION: options.omit[0] must be "dev", "optional" or "peer", not "prod".'],
  ["onWarning", 5, "EINVALIDOPTION: options.onWarning must be a function, not 5."],
  ["signal", {}, "EINVALIDOPTION: options.signal must be an AbortSignal, not of type object."],
  ["providers", "esm.sh", 'EINVALIDOPTION: Unknown option: options.providers. Did you mean "provider"?'],
  ["cdn", "esm.sh", "EINVALIDOPTION: Unknown option: options.cdn. The options are provider, base, conditions,"],
];

test.each(BAD_MAPS)("refuses %s: %j of `importMap`", async (name, value, sentence) => {
  expect(await refusalOf(() => importMap(tree, wrong({ [name]: value }), nextTurn))).toContain(sentence);
});

test.each([null, 5, "esm.sh", []])("refuses %j as the options of `importMap`", async (value) => {
  const sentence = "EINVALIDOPTION: options must be an object, not";
  expect(await refusalOf(() => importMap(tree, wrong(value), nextTurn))).toContain(sentence);
});

const BAD_RULES: BadRow[] = [
  ["conditions", "browser", `options.conditions ${LIST} "browser".`],
  ["browser", 1, "options.browser must be true or false, not 1."],
  ["mainFields", ["main", 5], "options.mainFields[1] must be text, not 5."],
  ["extensions", ".js", `options.extensions ${LIST} ".js".`],
  ["builtins", "ignore", 'options.builtins must be "external" or "error", not "ignore".'],
  ["condition", ["browser"], 'Unknown option: options.condition. Did you mean "conditions"?'],
];

const project = { nodeResolve: () => {}, readFile: () => {} } as unknown as InstalledProject;

test.each(BAD_RULES)("refuses %s: %j of `nodeResolve` and the plugins", async (name, value, sentence) => {
  const options = wrong({ [name]: value });
  const files = wrong({ kind: () => null });
  const request = { specifier: "a", importer: "b.js" };
  expect(await refusalOf(() => nodeResolve(files, request, options))).toContain(`EINVALIDOPTION: ${sentence}`);
  for (const plugin of [esbuildPlugin, rollupPlugin]) {
    expect(await refusalOf(() => plugin(project, options))).toContain(`EINVALIDOPTION: ${sentence}`);
  }
});

const BAD_MODULES: BadRow[] = [
  ["entry", 5, "options.entry must be a path, or a list of paths, not 5."],
  ["entry", "", 'options.entry must be a path, or a list of paths, not "".'],
  ["entry", [], "options.entry must be a path, or a list of paths, not of type object."],
  ["entry", undefined, "options.entry must be a path, or a list of paths, not null."],
  ["files", { "a.js": 5 }, "options.files must be an object of texts and Uint8Arrays, not of type object."],
  ["conditions", "browser", `options.conditions ${LIST} "browser".`],
  ["define", { A: 5 }, "options.define must be an object of texts, not of type object."],
  ["env", [], "options.env must be an object of texts, not of type object."],
  ["transform", "x", "options.transform must be a function, not text."],
  ["tsconfig", true, "options.tsconfig must be a path or false, not true."],
  ["assets", {}, "options.assets must be a function, not of type object."],
  ["specifier", 5, "options.specifier must be a function, not 5."],
  ["cache", {}, "options.cache must be an object with the methods `get` and `set`, not of type object."],
  ["signal", 5, "options.signal must be an AbortSignal, not 5."],
  ["condition", ["x"], 'Unknown option: options.condition. Did you mean "conditions"?'],
];

test.each(BAD_MODULES)("refuses %s: %j of `moduleGraph`", async (name, value, sentence) => {
  const options = wrong({ entry: "a.js", [name]: value });
  expect(await refusalOf(() => moduleGraph(project, options))).toBe(`EINVALIDOPTION: ${sentence}`);
});

test("refuses wrong arguments of `toModule`", async () => {
  expect(await refusalOf(() => toModule(project, "a.js", wrong({ entry: "a.js" })))).toMatch(
    /Unknown option: options.entry/,
  );
  expect(await refusalOf(() => toModule(wrong(5), "a.js"))).toMatch(/^EINVALIDINPUT: The first argument must be/);
  expect(await refusalOf(() => toModule(project, wrong(5)))).toBe("EINVALIDINPUT: key must be text, not 5.");
  expect(await refusalOf(() => moduleGraph(project, wrong(null)))).toMatch(
    /^EINVALIDOPTION: options must be an object/,
  );
});

const BAD_FILES: [files: unknown, sentence: string][] = [
  [5, "options.files must be an object of files, not 5."],
  [null, "options.files must be an object of files, not null."],
  [{ "a.js": 5 }, 'options.files["a.js"] must be text or bytes, not 5.'],
];

test.each(BAD_FILES)("refuses the files %j of a plugin, also if a function returns them", async (files, sentence) => {
  for (const plugin of [esbuildPlugin, rollupPlugin]) {
    expect(await refusalOf(() => plugin(project, wrong({ files })))).toBe(`EINVALIDOPTION: ${sentence}`);
  }
  expect(await refusalOf(() => rollupPlugin(project, wrong({ files: () => files })))).toBe(
    `EINVALIDOPTION: ${sentence}`,
  );
});

test("a function `files` of a plugin that throws is named", async () => {
  const files = (): never => {
    throw "no disk";
  };
  expect(await refusalOf(() => rollupPlugin(project, { files }))).toBe(
    "EINVALIDOPTION: options.files failed: no disk.",
  );
});

test.each([null, undefined, {}, "project"])("refuses %j as the project of a plugin", async (value) => {
  for (const plugin of [esbuildPlugin, rollupPlugin]) {
    expect(await refusalOf(() => plugin(wrong(value)))).toMatch(
      /^EINVALIDINPUT: The plugin takes an installed project/,
    );
  }
});

const BAD_SINKS: [title: string, make: () => unknown, sentence: string][] = [
  ["zip: level 10", () => createZipSink(wrong({ level: 10 })), "EINVALIDOPTION: options.level must be 0 or 1 or"],
  ["zip: level 1.5", () => createZipSink(wrong({ level: 1.5 })), "EINVALIDOPTION: options.level must be 0 or 1 or"],
  ["zip: levels", () => createZipSink(wrong({ levels: 1 })), 'Unknown option: options.levels. Did you mean "level"?'],
  ["zip: null", () => createZipSink(wrong(null)), "EINVALIDOPTION: options must be an object, not null."],
  [
    "fs: fs",
    () => createFsSink(wrong(callbackFs), "/x"),
    "EINVALIDINPUT: fs must be Node's fs/promises: pass fs.promises.",
  ],
  [
    "fs: null",
    () => createFsSink(wrong(null), "/x"),
    "EINVALIDINPUT: fs must be Node's fs/promises, or have its functions: lstat is missing.",
  ],
  ["fs: {}", () => createFsSink(wrong({}), "/x"), "EINVALIDINPUT: fs must be Node's fs/promises"],
  ["fs: no link", () => createFsSink(wrong({ ...promises, link: 5 }), "/x"), "link is missing."],
  ["fs: folder 5", () => createFsSink(promises, wrong(5)), "EINVALIDINPUT: folder must be text, not 5."],
  ["fs: folder undefined", () => createFsSink(promises, wrong(undefined)), "EINVALIDINPUT: folder must be text"],
  [
    "fs: folder empty",
    () => createFsSink(promises, ""),
    "EINVALIDINPUT: folder must be the path of a folder, not empty.",
  ],
  [
    "fs: owner",
    () => createFsSink(promises, "/x", wrong({ owner: 5 })),
    "EINVALIDOPTION: options.owner must be an object, not 5.",
  ],
  [
    "fs: owner.alive",
    () => createFsSink(promises, "/x", wrong({ owner: { id: "1", alive: true } })),
    "EINVALIDOPTION: options.owner.alive must be a function, not true.",
  ],
  [
    "fs: owner.id",
    () => createFsSink(promises, "/x", wrong({ owner: { id: 5, alive: () => true } })),
    "EINVALIDOPTION: options.owner.id must be text, not 5.",
  ],
  [
    "fs: owners",
    () => createFsSink(promises, "/x", wrong({ owners: {} })),
    'Unknown option: options.owners. Did you mean "owner"?',
  ],
  ["map: object", () => createMapSink(wrong({})), "EINVALIDINPUT: createMapSink takes a Map, not of type object."],
  ["map: undefined", () => createMapSink(wrong(undefined)), "EINVALIDINPUT: createMapSink takes a Map, not undefined."],
  ["tree: list", () => createTreeSink(wrong([])), "EINVALIDINPUT: createTreeSink takes a tree of files"],
  ["tree: text", () => createTreeSink(wrong("x")), 'EINVALIDINPUT: createTreeSink takes a tree of files, not "x".'],
  ["opfs: undefined", () => createOpfsSink(wrong(undefined)), "EINVALIDINPUT: createOpfsSink takes a folder"],
  ["opfs: path", () => createOpfsSink(wrong("/x")), "EINVALIDINPUT: createOpfsSink takes a folder"],
];

test.each(BAD_SINKS)("refuses a sink: %s", async (_title, make, sentence) => {
  expect(await refusalOf(make)).toContain(sentence);
});

test.each([null, undefined, "x", {}, new Error("x"), { message: "x" }])("explain refuses %j", async (value) => {
  expect(await refusalOf(() => explain(wrong(value)))).toMatch(
    /^EINVALIDINPUT: explain takes a failure: the `failure`/,
  );
});

test("explain takes a failure, explainWhy answers", () => {
  expect(explain(failure("ENOENT", "No file."))).toBe("No file.");
  expect(explainWhy([])).toBe("");
});

test.each([null, undefined, 5, [null], [{}]])("explainWhy refuses %j", async (value) => {
  expect(await refusalOf(() => explainWhy(wrong(value)))).toMatch(/^EINVALIDINPUT: explainWhy takes the answers/);
});

test.each([-1, Number.NaN, "x", null])("explainWhy refuses %j chains", async (most) => {
  expect(await refusalOf(() => explainWhy([], wrong(most)))).toMatch(/^EINVALIDINPUT: most must be a number from 0/);
});

test("refuses wrong arguments of `why`, `diff` and `packument`", async () => {
  const fetch = async (): Promise<Response> => new Response("{}", { status: 404 });
  const installer = await createInstaller({ mode: "inline", registry: "http://registry.local/", fetch, cache: "none" });
  const resolution = await installer.resolve({ files: { "package.json": "{}" } });
  const calls: [work: () => unknown, sentence: string][] = [
    [() => resolution.why(wrong(5)), "EINVALIDINPUT: name must be text, not 5."],
    [() => resolution.why(wrong(undefined)), "EINVALIDINPUT: name must be text, not undefined."],
    [() => resolution.diff(wrong(null)), "EINVALIDINPUT: lockText must be text, not null."],
    [() => resolution.diff("{"), "EJSONPARSE: "],
    [() => installer.packument(wrong(5)), "EINVALIDINPUT: name must be text, not 5."],
    [() => installer.packument("a", wrong(5)), "EINVALIDOPTION: options must be an object, not 5."],
    [() => installer.packument("a", wrong(null)), "EINVALIDOPTION: options must be an object, not null."],
    [() => installer.packument("a", wrong({ signal: 5 })), "EINVALIDOPTION: options.signal must be an AbortSignal"],
    [() => installer.packument("a", wrong({ signals: 5 })), 'options.signals. Did you mean "signal"?'],
    [() => installer.resolve(wrong(undefined)), "EINVALIDINPUT: project.files must be an object of files."],
    [() => installer.resolve(wrong("x")), "EINVALIDINPUT: project.files must be an object of files."],
    [() => installer.resolve(wrong({ files: {}, name: 5 })), "EINVALIDINPUT: project.name must be text."],
    [
      () => installer.install(wrong(null)),
      "EINVALIDINPUT: install takes a resolution, the text of a package-lock.json",
    ],
    [() => installer.install(wrong(5)), "EINVALIDINPUT: install takes a resolution, the text of a package-lock.json"],
    [() => installer.install(wrong({ tree: 5, why: 5 })), "EINVALIDINPUT: "],
    [() => installer.install("{}", wrong(5)), "EINVALIDOPTION: options must be an object."],
  ];
  for (const [work, sentence] of calls) expect(await refusalOf(work)).toContain(sentence);
  installer.dispose();
});
