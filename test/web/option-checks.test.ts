import { expect, test } from "vitest";
import type { InstallOptions } from "../../src/api/install.ts";
import type { InstallerOptions, ResolveOptions } from "../../src/api/resolve.ts";
import { createInstaller } from "../../web/installer.ts";
import { checkInstallOptions, checkResolveOptions } from "../../web/options/check-options.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { refusalOf } from "../support/outcome.ts";

const REGISTRY = "http://registry.local/";

async function resolve(packageJson: string, options?: unknown): Promise<unknown> {
  const fetch = async (): Promise<Response> => new Response("{}", { status: 404 });
  const installer = await createInstaller({ mode: "inline", registry: REGISTRY, fetch, cache: "none" });
  try {
    return await installer.resolve({ files: { "package.json": packageJson } }, options as ResolveOptions);
  } finally {
    installer.dispose();
  }
}

type BadRow = [option: string, value: unknown, sentence: string];

const BOOLEANS = [
  ..."saveBundle save saveExact includeWorkspaceRoot legacyPeerDeps strictPeerDeps force preferDedupe".split(" "),
  ..."installLinks engineStrict omitLockfileRegistryResolved formatPackageLock allowUnusedPatches".split(" "),
  ..."completeLockfile packageLock strictNpmrc".split(" "),
];
const LISTS = ["workspaces", "minReleaseAgeExclude", "singletons"];
const TEXTS = ["savePrefix", "replaceRegistryHost", "defaultTag", "os", "cpu", "libc"];
const SOURCES = ["allowGit", "allowRemote", "allowFile", "allowDirectory"];

/** Each bad value of an option of `resolve`, and the start of the failure's sentence. */
const BAD_RESOLVE: BadRow[] = [
  ...BOOLEANS.flatMap((name): BadRow[] => [
    [name, "yes", `options.${name} must be true or false, not "yes".`],
    [name, 1, `options.${name} must be true or false, not 1.`],
    [name, {}, `options.${name} must be true or false, not of type object.`],
    [name, null, `options.${name} must be true or false, not null.`],
  ]),
  ...LISTS.flatMap((name): BadRow[] => [
    [name, 5, `options.${name} must be a list of strings, such as ["react"], not 5.`],
    [name, {}, `options.${name} must be a list of strings, such as ["react"], not of type object.`],
    [name, "a", `options.${name} must be a list of strings, such as ["react"], not "a".`],
    [name, [5], `options.${name}[0] must be text, not 5.`],
    [name, ["a", null], `options.${name}[1] must be text, not null.`],
  ]),
  ...["add", "rm"].flatMap((name): BadRow[] => [
    [name, 5, `options.${name} must be a string or a list of strings, such as ["react"], not 5.`],
    [name, {}, `options.${name} must be a string or a list of strings, such as ["react"], not of type object.`],
    [name, [5], `options.${name}[0] must be text, not 5.`],
    [name, ["a", null], `options.${name}[1] must be text, not null.`],
  ]),
  ...TEXTS.flatMap((name): BadRow[] => [
    [name, 5, `options.${name} must be text, not 5.`],
    [name, ["a"], `options.${name} must be text, not of type object.`],
  ]),
  ...SOURCES.flatMap((name): BadRow[] => [
    [name, "some", `options.${name} must be "all" or "root" or "none", not "some".`],
    [name, true, `options.${name} must be "all" or "root" or "none", not true.`],
  ]),
  [
    "saveType",
    "bogus",
    'options.saveType must be "prod" or "dev" or "optional" or "peer" or "peerOptional", not "bogus".',
  ],
  [
    "installStrategy",
    "flat",
    'options.installStrategy must be "hoisted" or "nested" or "shallow" or "linked", not "flat".',
  ],
  ["lockfileVersion", "3", 'options.lockfileVersion must be 1 or 2 or 3, not "3".'],
  ["lockfileVersion", 4, "options.lockfileVersion must be 1 or 2 or 3, not 4."],
  ["omit", "dev", 'options.omit must be a list of "dev", "optional" and "peer", not "dev".'],
  ["omit", ["dev", "prod"], 'options.omit[1] must be "dev", "optional" or "peer", not "prod".'],
  ["update", "x", 'options.update must be true, a list of names, or { all, names }, not "x".'],
  ["update", [5], "options.update[0] must be text, not 5."],
  ["update", { names: "x" }, 'options.update.names must be a list of strings, such as ["react"], not "x".'],
  ["update", { name: ["x"] }, 'Unknown option: options.update.name. Did you mean "names"?'],
  ["before", 5, "options.before must be a date, or its text, such as 2026-01-31, not 5."],
  ["before", "soon", 'options.before must be a date, or its text, such as 2026-01-31, not "soon".'],
  ["before", new Date(Number.NaN), "options.before must be a date, or its text, such as 2026-01-31, not "],
  ["minReleaseAge", "5", 'options.minReleaseAge must be a number of days, not "5".'],
  ["minReleaseAge", Number.NaN, "options.minReleaseAge must be a number of days, not NaN."],
  ["minReleaseAge", -1, "options.minReleaseAge must be a number of days, not -1."],
  ["strategy", "pubgrub", 'options.strategy must be "npm" or "flat", not "pubgrub".'],
  ["relax", "all", 'options.relax must be "none" or "peers" or "copies", not "all".'],
  ["resolutionMode", 1, 'options.resolutionMode must be "highest" or "lowest" or "lowest-direct", not 1.'],
  ["prereleases", true, 'options.prereleases must be "as-written" or "never" or "if-necessary" or "allow", not true.'],
  ["solverLimit", 0, "options.solverLimit must be a number above 0, not 0."],
  ["solverLimit", -1, "options.solverLimit must be a number above 0, not -1."],
  ["solverLimit", Number.NaN, "options.solverLimit must be a number above 0, not NaN."],
  ["solverLimit", "many", 'options.solverLimit must be a number above 0, not "many".'],
  ["signal", {}, "options.signal must be an AbortSignal, not of type object."],
  ["legacyPeerDep", true, 'Unknown option: options.legacyPeerDep. Did you mean "legacyPeerDeps"?'],
  ["legacy-peer-deps", true, 'Unknown option: options.legacy-peer-deps. Did you mean "legacyPeerDeps"?'],
  ["saveExcat", true, 'Unknown option: options.saveExcat. Did you mean "saveExact"?'],
  ["zebra", true, "Unknown option: options.zebra. The options are add, rm, update,"],
  ["__proto__x", true, "Unknown option: options.__proto__x. The options are add,"],
];

test.each(BAD_RESOLVE)("refuses %s: %j of `resolve`", async (name, value, sentence) => {
  expect(await refusalOf(() => checkResolveOptions({ [name]: value }))).toContain(`EINVALIDOPTION: ${sentence}`);
});

test("takes a text in `add` and `rm` as one package", async () => {
  const { fetch, url } = fakeRegistry({ "react@1.0.0": {}, "vue@1.0.0": {} });
  const installer = await createInstaller({ mode: "inline", registry: url, fetch, cache: "none" });
  const files = { "package.json": '{"dependencies":{"vue":"1"}}' };
  const { files: changed } = await installer.resolve({ files }, { add: "react", rm: "vue" });
  installer.dispose();
  expect(JSON.parse(changed["package.json"] ?? "")).toEqual({ dependencies: { react: "^1.0.0" } });
});

const COUNTS = ["concurrency", "tarballConcurrency", "extractWorkers"];
const NUMBERS = [...COUNTS, "timeout", "deadline", "packumentLimit"];
const BAD_INSTALLER: BadRow[] = [
  ...[...NUMBERS, "retries", "minRate"].flatMap((name): BadRow[] =>
    ["many", -1, Number.NaN, null].map((value) => [name, value, `options.${name} must be `]),
  ),
  ...NUMBERS.map((name): BadRow => [name, 0, `options.${name} must be `]),
  ...[...COUNTS, "retries"].map((name): BadRow => [name, 1.5, `options.${name} must be a whole number from `]),
  ...["extractWorkers", "retries", "timeout", "deadline", "minRate"].map(
    (name): BadRow => [name, Number.POSITIVE_INFINITY, `options.${name} must be `],
  ),
  ["fetch", 5, "options.fetch must be a function, not 5."],
  ["token", "secret", "options.token must be a function, not text."],
  ["onProgress", {}, "options.onProgress must be a function, not of type object."],
  ["metadata", "short", 'options.metadata must be "full" or "abbreviated", not "short".'],
  ["cache", "x", 'options.cache must be "default" or '],
  ["mode", "x", 'options.mode must be "auto" or "threads" or "worker" or "inline", not "x".'],
  ["io", "network", 'options.io must be "page" or "worker", not "network".'],
  ["storeName", 5, "options.storeName must be text, not 5."],
  ["registry", 5, "options.registry must be a URL, not 5."],
  ["scopes", 5, "options.scopes must be an object or a Map of URLs by scope, not 5."],
  ["scopes", "@a", "options.scopes must be an object or a Map of URLs by scope."],
  ["scopes", { "@a": 5 }, "options.scopes must be an object or a Map of URLs by scope."],
  ["tokenUrls", "http://h/", "options.tokenUrls must be a list of http or https URLs."],
  ["tokenUrls", [5], "options.tokenUrls must be a list of http or https URLs."],
  ["workerUrl", 5, "options.workerUrl must be a URL, not 5."],
  ["proxy", "ftp://h/", "options.proxy must be an http or https URL, or a path."],
  ["proxy", 5, "options.proxy must be an http or https URL, or a path, not 5."],
  ["projectConfig", "all", 'options.projectConfig must be true, false or a list of keys, not "all".'],
  ["projectConfig", [5], "options.projectConfig[0] must be text, not 5."],
  ["env", 5, "options.env must be an object of texts, not 5."],
  ["env", { A: 5 }, "options.env must be an object of texts, not of type object."],
  ["platform", "linux", 'options.platform must be an object, not "linux".'],
  ["platform", { os: 5 }, "options.platform.os must be text, not 5."],
  ["platform", { arch: "x64" }, "Unknown option: options.platform.arch. The options are os, cpu, libc, node, npm."],
  ["platform", { node: "new" }, 'options.platform.node must be a version, such as 24.22.3, not "new".'],
  ["concurency", 5, 'Unknown option: options.concurency. Did you mean "concurrency"?'],
  ["zebra", 5, "Unknown option: options.zebra. The options are registry, scopes,"],
];

test.each(BAD_INSTALLER)("refuses %s: %j of `createInstaller`", async (name, value, sentence) => {
  const create = (): unknown => createInstaller({ registry: REGISTRY, [name]: value } as InstallerOptions);
  expect(await refusalOf(create)).toContain(`EINVALIDOPTION: ${sentence}`);
});

test("refuses `fetch` with requests in a worker", async () => {
  const create = (): unknown => createInstaller({ registry: REGISTRY, fetch, io: "worker" });
  expect(await refusalOf(create)).toBe('EINVALIDOPTION: options.fetch cannot be used with io: "worker".');
});

test("refuses options that are no object", async () => {
  const message = "EINVALIDOPTION: options must be an object.";
  for (const value of [null, 5, "x", []]) {
    expect(await refusalOf(() => createInstaller(value as unknown as InstallerOptions))).toBe(message);
  }
  for (const value of [5, "x", [], true]) expect(await refusalOf(() => resolve("{}", value))).toBe(message);
  // No options at all.
  expect(await refusalOf(() => resolve("{}", null))).toBe("taken");
});

const BAD_INSTALL: BadRow[] = [
  ["sink", 5, "options.sink must be a Map, or a sink with a method `open`, not 5."],
  ["sink", null, "options.sink must be a Map, or a sink with a method `open`, not null."],
  ["omit", ["x"], 'options.omit[0] must be "dev", "optional" or "peer", not "x".'],
  ["trustSink", 1, "options.trustSink must be true or false, not 1."],
  ["verifyStored", "x", 'options.verifyStored must be true or false, not "x".'],
  ["ignorePatchFailures", "x", 'options.ignorePatchFailures must be true or false, not "x".'],
  ["afterExtract", {}, "options.afterExtract must be a function, not of type object."],
  ["onProgress", "x", "options.onProgress must be a function, not text."],
  ["platform", "wasmm", 'options.platform must be "wasm", not "wasmm".'],
  ["platform", 5, "options.platform must be an object, not 5."],
  ["platform", { node: "20.0.0" }, "Unknown option: options.platform.node. The options are os, cpu, libc."],
  ["substitutes", "all", 'options.substitutes must be true, false or an object of texts, not "all".'],
  ["substitutes", { a: 5 }, "options.substitutes must be true, false or an object of texts, not of type object."],
  ["files", [], "options.files must be an object, not of type object."],
  ["resolve", 5, "options.resolve must be an object, not 5."],
  ["resolve", { force: 1 }, "options.resolve.force must be true or false, not 1."],
  ["resolve", { os: "linux" }, "Unknown option: options.resolve.os. The options are add,"],
  ["resolve", { legacyPeer: true }, "Unknown option: options.resolve.legacyPeer. "],
  ["sinkTimeout", 0, "options.sinkTimeout must be a number above 0, not 0."],
  ["afterExtractTimeout", "1s", 'options.afterExtractTimeout must be a number above 0, not "1s".'],
  ["limits", 5, "options.limits must be an object, not 5."],
  ["limits", { files: 0 }, "options.limits.files must be a number above 0, not 0."],
  ["limits", { files: "9" }, 'options.limits.files must be a number above 0, not "9".'],
  [
    "limits",
    { zebra: 1 },
    "Unknown option: options.limits.zebra. The options are tarball, file, package, ratio, files.",
  ],
  ["limits", { ratios: 1 }, 'Unknown option: options.limits.ratios. Did you mean "ratio"?'],
  ["sinks", new Map(), 'Unknown option: options.sinks. Did you mean "sink"?'],
];

test.each(BAD_INSTALL)("refuses %s: %j of `install`", async (name, value, sentence) => {
  const check = (): Promise<void> => checkInstallOptions({ [name]: value } as InstallOptions);
  expect(await refusalOf(check)).toContain(`EINVALIDOPTION: ${sentence}`);
});

/** Asked of npm 11.19.1: it stops at each of these. */
const BAD_MANIFESTS: [text: string, failure: string][] = [
  ["null", "EINVALIDINPUT: package.json must be an object, such as {}, not null."],
  ['"hi"', 'EINVALIDINPUT: package.json must be an object, such as {}, not "hi".'],
  ["5", "EINVALIDINPUT: package.json must be an object, such as {}, not 5."],
  ["", "EJSONPARSE: package.json:1:1: Invalid JSON: unexpected end."],
  ['{"dependencies":{"a":5}}', 'EINVALIDINPUT: package.json: dependencies["a"] must be text, not 5.'],
  ['{"dependencies":{"a":null}}', 'EINVALIDINPUT: package.json: dependencies["a"] must be text, not null.'],
  [
    '{"dependencies":"a"}',
    'EINVALIDINPUT: package.json: dependencies must be an object of names and versions, not "a".',
  ],
  ['{"dependencies":["a"]}', "E404: Cannot fetch 0 from"],
  ['{"workspaces":"a"}', 'EWORKSPACESCONFIG: "workspaces" in package.json must be an array'],
  ['{"workspaces":null}', 'EWORKSPACESCONFIG: "workspaces" in package.json must be an array of patterns'],
  ['{"overrides":{"a":null}}', 'EOVERRIDE: The override "a" is null, but must be a version or a set of rules.'],
  ['{"directories":{"bin":5}}', "EINVALIDINPUT: package.json: directories.bin must be text, not 5."],
  ['{"bin":["a",5]}', "EINVALIDINPUT: package.json: bin[1] must be text, not 5."],
  ['{"os":5}', "EINVALIDINPUT: package.json: os must be a name, or a list of names, not 5."],
  ['{"cpu":{}}', "EINVALIDINPUT: package.json: cpu must be a name, or a list of names, not of type object."],
  ['{"libc":true}', "EINVALIDINPUT: package.json: libc must be a name, or a list of names, not true."],
  ['{"workspaces":false}', 'EWORKSPACESCONFIG: "workspaces" in package.json must be an array of patterns'],
  ['{"overrides":{"":"1"}}', 'EOVERRIDE: The override "" names no package.'],
  ['{"overrides":{"a":{"b":null}}}', 'EOVERRIDE: The override "b" is null, but must be a version or a set of rules.'],
  ['{"devEngines":5}', "EINVALIDINPUT: package.json: devEngines must be an object, not 5."],
  [
    '{"devEngines":{"node":{}}}',
    "EINVALIDINPUT: package.json: devEngines.node must not exist. Use one of: packageManager,",
  ],
  ['{"devEngines":{"os":5}}', "EINVALIDINPUT: package.json: devEngines.os must be an object with a name, not 5."],
  ['{"devEngines":{"os":{}}}', "EINVALIDINPUT: package.json: devEngines.os.name must be text."],
  ['{"devEngines":{"os":{"name":"a","x":1}}}', "EINVALIDINPUT: package.json: devEngines.os.x must not exist."],
  ['{"devEngines":{"os":{"name":"a","onFail":1}}}', "EINVALIDINPUT: package.json: devEngines.os.onFail must be one of"],
  [
    '{"devEngines":{"os":{"name":"a","version":1}}}',
    "EINVALIDINPUT: package.json: devEngines.os.version must be text.",
  ],
];

test.each(BAD_MANIFESTS)("refuses the package.json %s as npm does", async (text, failure) => {
  expect(await refusalOf(() => resolve(text))).toContain(failure);
});

/** Asked of npm 11.19.1: it takes each of these. */
const ODD_MANIFESTS = [
  ...["[]", '{"version":1}', '{"version":{}}', '{"name":5}', '{"name":{}}', '{"overrides":[]}', '{"overrides":null}'],
  ...[
    '{"bin":5}',
    '{"scripts":5}',
    '{"optionalDependencies":[]}',
    '{"overrides":{"a":5}}',
    '{"bin":[]}',
    '{"dependencies":""}',
    '{"dependencies":5}',
  ],
];

test.each(ODD_MANIFESTS)("takes the package.json %s as npm does", async (text) => {
  expect(await refusalOf(() => resolve(text))).toBe("taken");
});
