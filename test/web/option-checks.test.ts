import { expect, test } from "vitest";
import type { InstallOptions } from "../../src/api/install.ts";
import type { InstallerOptions, ResolveOptions } from "../../src/api/resolve.ts";
import { createInstaller } from "../../web/installer.ts";
import { checkInstallOptions } from "../../web/options/check-install-options.ts";
import { checkResolveOptions } from "../../web/options/check-resolve-options.ts";

const REGISTRY = "http://registry.local/";

async function failureOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return `${code}: ${message}`;
  }
  return "taken";
}

async function resolve(packageJson: string, options?: unknown): Promise<unknown> {
  const fetch = async (): Promise<Response> => new Response("{}", { status: 404 });
  const installer = await createInstaller({ mode: "inline", registry: REGISTRY, fetch, cache: "none" });
  try {
    return await installer.resolve({ files: { "package.json": packageJson } }, options as ResolveOptions);
  } finally {
    installer.dispose();
  }
}

const BOOLEANS = [
  ..."saveBundle save saveExact includeWorkspaceRoot legacyPeerDeps strictPeerDeps force preferDedupe".split(" "),
  ..."installLinks engineStrict omitLockfileRegistryResolved formatPackageLock allowUnusedPatches".split(" "),
  ..."completeLockfile packageLock".split(" "),
];
const LISTS = ["add", "rm", "workspaces", "minReleaseAgeExclude", "singletons"];
const TEXTS = ["savePrefix", "replaceRegistryHost", "defaultTag", "os", "cpu", "libc"];
const SOURCES = ["allowGit", "allowRemote", "allowFile", "allowDirectory"];

/** Each bad value of an option of `resolve`, and the start of the failure's sentence. */
const BAD_RESOLVE: [option: string, value: unknown, sentence: string][] = [
  ...BOOLEANS.flatMap((name): [string, unknown, string][] => [
    [name, "yes", `options.${name} must be true or false, not "yes".`],
    [name, 1, `options.${name} must be true or false, not 1.`],
    [name, {}, `options.${name} must be true or false, not of type object.`],
  ]),
  ...LISTS.flatMap((name): [string, unknown, string][] => [
    [name, 5, `options.${name} must be a list of strings, such as ["react"], not 5.`],
    [name, {}, `options.${name} must be a list of strings, such as ["react"], not of type object.`],
    [name, [5], `options.${name}[0] must be text, not 5.`],
    [name, ["a", null], `options.${name}[1] must be text, not null.`],
  ]),
  ["workspaces", "a", 'options.workspaces must be a list of strings, such as ["react"], not "a".'],
  ...TEXTS.flatMap((name): [string, unknown, string][] => [
    [name, 5, `options.${name} must be text, not 5.`],
    [name, ["a"], `options.${name} must be text, not of type object.`],
  ]),
  ...SOURCES.flatMap((name): [string, unknown, string][] => [
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
  ["omit", "dev", 'options.omit must be "dev", "optional" or "peer", not "dev".'],
  ["omit", ["dev", "prod"], 'options.omit[1] must be "dev", "optional" or "peer", not "prod".'],
  ["update", "x", 'options.update must be true, a list of names, or { all, names }, not "x".'],
  ["update", [5], "options.update must be true, a list of names, or { all, names }, not of type object."],
  ["update", { names: "x" }, "options.update must be true, a list of names, or { all, names }, not of type object."],
  ["before", 5, "options.before must be a date, or its text, not 5."],
  ["minReleaseAge", "5", 'options.minReleaseAge must be a number of days, not "5".'],
  ["minReleaseAge", Number.NaN, "options.minReleaseAge must be a number of days, not NaN."],
  ["legacyPeerDep", true, 'Unknown option: options.legacyPeerDep. Did you mean "legacyPeerDeps"?'],
  ["saveExcat", true, 'Unknown option: options.saveExcat. Did you mean "saveExact"?'],
  ["zebra", true, "Unknown option: options.zebra. The options are add, rm, update,"],
];

test.each(BAD_RESOLVE)("refuses %s: %j of `resolve`", async (name, value, sentence) => {
  expect(await failureOf(() => checkResolveOptions({ [name]: value }))).toContain(`EINVALIDOPTION: ${sentence}`);
});

test("takes a text in `add` and `rm` as one package", () => {
  const options = { add: "react", rm: "vue" } as unknown as ResolveOptions;
  checkResolveOptions(options);
  expect(options).toEqual({ add: ["react"], rm: ["vue"] });
});

const COUNTS = ["concurrency", "tarballConcurrency", "extractWorkers"];
const NUMBERS = [...COUNTS, "timeout", "deadline", "packumentLimit"];
const BAD_INSTALLER: [option: string, value: unknown, sentence: string][] = [
  ...[...NUMBERS, "retries", "minRate"].flatMap((name): [string, unknown, string][] =>
    ["many", -1, Number.NaN].map((value) => [name, value, `options.${name} must be `]),
  ),
  ...NUMBERS.map((name): [string, unknown, string] => [name, 0, `options.${name} must be `]),
  ["fetch", 5, "options.fetch must be a function."],
  ["token", "secret", "options.token must be a function."],
  ["metadata", "short", 'options.metadata must be "full" or "abbreviated".'],
  ["cache", "x", 'options.cache must be "default" or '],
  ["mode", "x", 'options.mode must be "auto", "threads", "worker" or "inline", not "x".'],
  ["storeName", 5, "options.storeName must be text."],
  ["concurency", 5, 'Unknown option: options.concurency. Did you mean "concurrency"?'],
  ["zebra", 5, "Unknown option: options.zebra. The options are registry, scopes,"],
];

test.each(BAD_INSTALLER)("refuses %s: %j of `createInstaller`", async (name, value, sentence) => {
  const create = (): unknown => createInstaller({ registry: REGISTRY, [name]: value } as InstallerOptions);
  expect(await failureOf(create)).toContain(`EINVALIDOPTION: ${sentence}`);
});

test("refuses options that are no object", async () => {
  const message = "EINVALIDOPTION: options must be an object.";
  for (const value of [null, 5, "x", []]) {
    expect(await failureOf(() => createInstaller(value as unknown as InstallerOptions))).toBe(message);
  }
  expect(await failureOf(() => resolve("{}", 5))).toBe(message);
});

const BAD_INSTALL: [option: string, value: unknown, sentence: string][] = [
  ["sink", 5, "options.sink must be a Map, or a sink with a method `open`."],
  ["omit", ["x"], 'options.omit must be a list of "dev", "optional" and "peer".'],
  ["trustSink", 1, "options.trustSink must be a boolean."],
  ["ignorePatchFailures", "x", "options.ignorePatchFailures must be a boolean."],
  ["sinkTimeout", 0, "options.sinkTimeout must be a positive number."],
  ["limits", { files: 0 }, "options.limits.files must be a positive number."],
  ["limits", { zebra: 1 }, "Unknown option: options.limits.zebra."],
  ["sinks", new Map(), 'Unknown option: options.sinks. Did you mean "sink"?'],
];

test.each(BAD_INSTALL)("refuses %s: %j of `install`", async (name, value, sentence) => {
  const check = (): void => checkInstallOptions({ [name]: value } as InstallOptions);
  expect(await failureOf(check)).toContain(`EINVALIDOPTION: ${sentence}`);
});

/** Asked of npm 11.19.1: it stops at each of these. */
const BAD_MANIFESTS: [text: string, failure: string][] = [
  ["null", "EINVALIDINPUT: package.json must be an object, such as {}, not null."],
  ['"hi"', 'EINVALIDINPUT: package.json must be an object, such as {}, not "hi".'],
  ["5", "EINVALIDINPUT: package.json must be an object, such as {}, not 5."],
  ["", "EJSONPARSE: package.json:1:1: Invalid JSON: unexpected end."],
  ['{"dependencies":{"a":5}}', 'EINVALIDINPUT: package.json: dependencies["a"] must be text.'],
  ['{"dependencies":{"a":null}}', 'EINVALIDINPUT: package.json: dependencies["a"] must be text.'],
  ['{"dependencies":"a"}', "EINVALIDINPUT: package.json: dependencies must be an object of names and versions."],
  ['{"dependencies":["a"]}', "E404: Cannot fetch 0 from"],
  ['{"workspaces":"a"}', 'EWORKSPACESCONFIG: "workspaces" in package.json must be an array'],
  ['{"workspaces":null}', "EINVALIDINPUT: package.json: workspaces must be a list of patterns, not null."],
  ['{"overrides":{"a":null}}', 'EINVALIDINPUT: package.json: overrides["a"] must be text or rules.'],
  ['{"directories":{"bin":5}}', "EINVALIDINPUT: package.json: directories.bin must be text."],
];

test.each(BAD_MANIFESTS)("refuses the package.json %s as npm does", async (text, failure) => {
  expect(await failureOf(() => resolve(text))).toContain(failure);
});

/** Asked of npm 11.19.1: it takes each of these. */
const ODD_MANIFESTS = [
  ...["[]", '{"version":1}', '{"version":{}}', '{"name":5}', '{"name":{}}', '{"overrides":[]}', '{"overrides":null}'],
  ...['{"bin":5}', '{"scripts":5}', '{"optionalDependencies":[]}', '{"dependencies":""}', '{"dependencies":5}'],
];

test.each(ODD_MANIFESTS)("takes the package.json %s as npm does", async (text) => {
  expect(await failureOf(() => resolve(text))).toBe("taken");
});
