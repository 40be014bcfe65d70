import { expect, test } from "vitest";
import type { InstallError } from "../../src/errors/failure.ts";
import { loadNpmrc, type Npmrc, withNpmrc } from "../../src/registry/npmrc.ts";
import { readNpmrc as read } from "../../src/registry/read-npmrc.ts";
import { registryBase } from "../../src/registry/registry-config.ts";
import { npmRules } from "../../src/spec/npm-rules.ts";

const readNpmrc = (source: string): Npmrc => read(source, registryBase).npmrc;

const codes = (source: string): string[] => readNpmrc(source).warnings.map((warning) => warning.message);

test("reads the settings that influence a tree", () => {
  const { options, warnings } = readNpmrc(`
legacy-peer-deps = true
strict-peer-deps=false
install-strategy=nested
prefer-dedupe
engine-strict=
save-prefix='~'
tag="next"
lockfile-version=2
package-lock=false
install-links=1
before=2024-01-31
omit[]=dev
omit[]=optional
fund=false
some-future-setting=x
`);
  expect(options).toEqual({
    legacyPeerDeps: true,
    strictPeerDeps: false,
    installStrategy: "nested",
    preferDedupe: true,
    engineStrict: true,
    savePrefix: "~",
    defaultTag: "next",
    lockfileVersion: 2,
    packageLock: false,
    installLinks: true,
    before: "2024-01-31",
    omit: ["dev", "optional"],
  });
  expect(warnings).toEqual([]);
});

// The expected values are those of npm's own parser.
test.each([
  ["tag = 'x'", "x"],
  [`tag='"q"'`, "q"],
  [`tag="x;y"`, "x;y"],
  ["tag=x;y", "x"],
  ["tag=x\\;y", "x;y"],
  ["tag=x\\\\y", "x\\y"],
  ["tag=b\\q", "b\\q"],
  ["tag=\\", "\\"],
  ["tag = x # c", "x"],
  ["tag=x=y", "x=y"],
  [`"tag"=1`, "1"],
  ["tag=a\ntag=b", "b"],
  ["; tag=x\n# tag=y\ntag=z", "z"],
  ["\uFEFFtag=x\r\n", "x"],
  ["tag=x\n[section]\ntag=y", "x"],
])("%j", (source, expected) => {
  expect(readNpmrc(source).options).toEqual({ defaultTag: expected });
});

test("reads lists: repeated keys, keys after a plain value, and omitted types without included ones", () => {
  expect(readNpmrc("omit=dev\nomit[]=peer").options.omit).toEqual(["dev", "peer"]);
  expect(readNpmrc("omit=dev").options.omit).toEqual(["dev"]);
  expect(readNpmrc("omit[]=dev\nomit[]=peer\ninclude=dev").options).toEqual({ omit: ["peer"] });
  expect(readNpmrc("production=true\noptional=false").options).toEqual({ omit: ["dev", "optional"] });
  expect(readNpmrc("omit=dev\ninclude=dev").options).toEqual({});
  expect(readNpmrc("min-release-age-exclude[]=@a/*\nmin-release-age-exclude[]=b, c").options).toEqual({
    minReleaseAgeExclude: ["@a/*", "b", "c"],
  });
});

test("reads registries, also by scope", () => {
  const { registry, scopes } = readNpmrc("registry=https://r.example/npm\n@a:registry = http://a.example");
  expect(registry).toBe("https://r.example/npm/");
  expect([...scopes]).toEqual([["@a", "http://a.example/"]]);
});

test("ignores a wrong value with a warning, and treats null as the default", () => {
  const bad =
    "install-strategy=upside-down\nlockfile-version=9\nbefore=soon\nmin-release-age=x\nomit=devs\nregistry=none";
  expect(readNpmrc(bad).options).toEqual({});
  expect(codes(bad).map((message) => /(\S+) is ignored/.exec(message)?.[1])).toEqual([
    "registry",
    "install-strategy",
    "lockfile-version",
    "before",
    "min-release-age",
    "omit",
  ]);
  expect(readNpmrc("before=null\nlegacy-peer-deps=null")).toMatchObject({
    options: { legacyPeerDeps: false },
    warnings: [],
  });
});

const NOT_A_URL = "its value is not an http or https URL.";
const UNKNOWN_VALUE = "npm does not know its value.";
const NONSENSE: [key: string, values: string[], why: string][] = [
  ["registry", ["nonsense", "5", "ftp://h/"], NOT_A_URL],
  ["@a:registry", ["nonsense", "5", "ftp://h/"], NOT_A_URL],
  ...["allow-git", "allow-remote", "allow-file", "allow-directory"].map((key): [string, string[], string] => [
    key,
    ["nonsense", "5", "true"],
    UNKNOWN_VALUE,
  ]),
  ["before", ["nonsense", "2026-13-41"], UNKNOWN_VALUE],
  ["min-release-age", ["nonsense", "1d"], UNKNOWN_VALUE],
  ["install-strategy", ["nonsense", "flat"], UNKNOWN_VALUE],
  ["omit", ["nonsense", "prod"], UNKNOWN_VALUE],
  ["include", ["nonsense"], UNKNOWN_VALUE],
  ["lockfile-version", ["nonsense", "5", "-1", "3.5"], UNKNOWN_VALUE],
];

test.each(NONSENSE.flatMap(([key, values, why]) => values.map((value) => [key, value, why] as const)))(
  "ignores %s=%s with a warning",
  (key, value, why) => {
    const { options, registry, scopes, warnings } = readNpmrc(`${key}=${value}`);
    expect({ options, registry, scopes: scopes.size }).toEqual({ options: {}, registry: undefined, scopes: 0 });
    expect(warnings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      `ECONFIG .npmrc: ${key} is ignored: ${why}`,
    ]);
  },
);

test("ignores references to the environment with a warning", () => {
  const { options, registry, scopes, warnings } = readNpmrc(
    `registry=https://\${HOST}/\n@a:registry=\${A?}\ntag=\${TAG}\ncache=\${HOME}/x`,
  );
  expect({ options, registry, scopes: scopes.size }).toEqual({ options: {}, registry: undefined, scopes: 0 });
  expect(warnings.map((warning) => warning.code)).toEqual(["ECONFIG", "ECONFIG", "ECONFIG"]);
});

test("credentials for a host that no option names are neither kept nor repeated", async () => {
  const source = `//r.example/:_authToken=hush-1
//r.example/:_password="hush-2"
_auth=hush-3
_authToken=\${hush-4}
username=hush-5
registry=https://hush-6:hush-7@r.example/?t=hush-8
@a:registry=hush-9`;
  const npmrc = await loadNpmrc(source, {});
  const everything = JSON.stringify([npmrc, [...npmrc.scopes]]);
  expect(everything).not.toMatch(/hush/);
  expect(npmrc.registry).toBe("https://r.example/");
  expect(npmrc.warnings.map((warning) => warning.message).filter((text) => text.includes("credentials"))).toEqual([
    ".npmrc: credentials are ignored: their value refers to an environment variable that the option `env` does not have.",
    ".npmrc: credentials are ignored.",
    ".npmrc: credentials are ignored for r.example: no option of the installer names that address.",
  ]);
});

test("keys like `__proto__` do not change a prototype", () => {
  const { options } = readNpmrc("__proto__=x\nconstructor[]=y\n__proto__[]=z\ntoString");
  expect(options).toEqual({});
  expect(Object.getPrototypeOf(options)).toBe(Object.prototype);
});

test("the caller's options win, and a given age cancels the project's date", () => {
  const npmrc = readNpmrc("before=2024-01-01\nmin-release-age=3\ntag=next\nsave-exact=true");
  expect(npmrc.options).toEqual({ before: "2024-01-01", defaultTag: "next", saveExact: true, savePrefix: "" });
  expect(withNpmrc(npmrc, { minReleaseAge: 7, defaultTag: "beta" })).toEqual({
    minReleaseAge: 7,
    defaultTag: "beta",
    saveExact: true,
    savePrefix: "",
  });
  expect(withNpmrc(npmrc, {})).toEqual(npmrc.options);
});

test("loads the parser only for a project with settings", async () => {
  expect(await loadNpmrc(" \n", {})).toEqual({ options: {}, scopes: new Map(), warnings: [], others: [] });
  expect(await loadNpmrc("tag=next\nregistry=http://r.example", {})).toEqual(
    readNpmrc("tag=next\nregistry=http://r.example"),
  );
});

const ALL = "tag=next\nforce\nregistry=http://r.example\n@a:registry=http://a.example\n@b:registry=http://b.example";

test.each([
  [{}, { defaultTag: "next", force: true }, "http://r.example/", ["@a", "@b"], 0],
  [{ projectConfig: true }, { defaultTag: "next", force: true }, "http://r.example/", ["@a", "@b"], 0],
  [{ projectConfig: false }, {}, undefined, [], 0],
  [{ projectConfig: [] }, {}, undefined, [], 0],
  [{ projectConfig: ["tag"] }, { defaultTag: "next" }, undefined, [], 0],
  [{ projectConfig: ["registry", "@a:registry"] }, {}, "http://r.example/", ["@a"], 0],
  [{ projectConfig: ["@*:registry"] }, {}, undefined, ["@a", "@b"], 0],
  [{ registry: "http://own/" }, { defaultTag: "next", force: true }, "http://r.example/", [], 2],
  [
    { registry: "http://own/", scopes: { a: "http://own-a/" } },
    { defaultTag: "next", force: true },
    "http://r.example/",
    [],
    1,
  ],
  [{ registry: "http://own/", projectConfig: ["tag"] }, { defaultTag: "next" }, undefined, [], 0],
  [{ registry: "http://own/", projectConfig: ["@a:registry"] }, {}, undefined, ["@a"], 0],
  [
    { registry: "http://own/", projectConfig: ["*", "@b:registry"] },
    { defaultTag: "next", force: true },
    "http://r.example/",
    ["@b"],
    1,
  ],
  [
    { registry: "http://own/", projectConfig: ["*", "@*:registry"] },
    { defaultTag: "next", force: true },
    "http://r.example/",
    ["@a", "@b"],
    0,
  ],
] as const)("with %j, the settings %j count", async (rules, ...expected) => {
  const [options, registry, scopes, warnings] = expected;
  const npmrc = await loadNpmrc(ALL, rules);
  expect(npmrc.options).toEqual(options);
  expect(npmrc.registry).toBe(registry);
  expect([...npmrc.scopes.keys()]).toEqual(scopes);
  expect(npmrc.warnings.map(({ code, message }) => [code, message.includes("is ignored, because")])).toEqual(
    Array(warnings).fill(["ECONFIG", true]),
  );
});

const messages = async (source: string, rules: Parameters<typeof loadNpmrc>[1] = {}): Promise<string[]> =>
  (await loadNpmrc(source, rules)).warnings.map(({ message }) => message);

test("one warning lists the keys of npm that have no effect, and one those that npm does not know", async () => {
  const source = "fund=false\naudit=false\nsome-future-setting=x\nfund=true\n@a:fund=true\nx:y=1\ntag=next";
  expect(await messages(source)).toEqual([
    ".npmrc: these keys of npm have no effect here: fund, audit, @a:fund.",
    ".npmrc: npm does not know these keys: some-future-setting, x:y.",
  ]);
  expect(await messages("tag=next\nregistry=https://r.example/\n@a:registry=https://a.example/")).toEqual([]);
  expect(await messages("fund=false\ntag=next", { projectConfig: ["tag"] })).toEqual([]);
});

test("keys count as known by the npm whose rules apply", async () => {
  const [eleven, twelve] = [npmRules("11.19.1"), npmRules("12.2.2")];
  const source = "shrinkwrap=false\npatches-dir=p\nstrict-npmrc=false";
  expect(await messages(source, { npmRules: eleven })).toEqual([
    ".npmrc: npm does not know these keys: patches-dir, strict-npmrc.",
  ]);
  expect(await messages(source, { npmRules: twelve })).toEqual([
    ".npmrc: these keys of npm have no effect here: patches-dir.",
    ".npmrc: npm does not know these keys: shrinkwrap.",
  ]);
  expect((await loadNpmrc(source, { npmRules: twelve })).options.packageLock).toBeUndefined();
  expect((await loadNpmrc(source, { npmRules: eleven })).options.packageLock).toBe(false);
});

test("strict-npmrc refuses keys that npm does not know", async () => {
  const refused = async (source: string, strictNpmrc?: boolean, npm = "12.2.2") =>
    await loadNpmrc(source, { strictNpmrc, npmRules: npmRules(npm) }).then(
      () => null,
      (error: InstallError) => error.failure,
    );
  expect(await refused("strict-npmrc=true\nodd=1\nfund=false")).toMatchObject({
    code: "EUNKNOWNCONFIG",
    details: { keys: ["odd"] },
  });
  expect(await refused("odd=1", true)).toMatchObject({ code: "EUNKNOWNCONFIG" });
  expect(await refused("strict-npmrc=true\nodd=1", false)).toBeNull();
  expect(await refused("strict-npmrc=true\nfund=false", true)).toBeNull();
  expect(await refused("strict-npmrc=true\nodd=1", true, "11.19.1")).toBeNull();
});

// npm's own answers, except that npm takes a reference without a value as literal text.
test.each([
  [`tag=\${TAG}`, { defaultTag: "next" }],
  [`tag=a-\${TAG}-\${TAG}`, { defaultTag: "a-next-next" }],
  [`tag=a\${NONE?}b`, { defaultTag: "ab" }],
  [`tag=\${TAG?}`, { defaultTag: "next" }],
  [`legacy-peer-deps=\${NO}`, { legacyPeerDeps: false }],
  [`\${KEY}=next`, { defaultTag: "next" }],
  [`omit[]=\${DEV}`, { omit: ["dev"] }],
  [`tag=\${NONE}`, {}],
  [`tag=\${toString}`, {}],
])("%s takes its variables from env", async (source, options) => {
  const env = { TAG: "next", NO: "false", KEY: "tag", DEV: "dev" };
  expect((await loadNpmrc(source, { env })).options).toEqual(options);
  expect((await loadNpmrc(source, {})).options).toEqual({});
});

test("many odd keys give one short warning, and credentials under any prefix are credentials", async () => {
  const source = Array.from({ length: 30_000 }, (_, i) => `k${i}`).join("\n");
  const [message = "", ...more] = await messages(source);
  expect(message.length).toBeLessThan(1_000);
  expect(message).toMatch(/k49 and 29950 more\.$/);
  expect(more).toEqual([]);
  expect(await messages("@a:_authToken=hush\nx:username=u")).toEqual([".npmrc: credentials are ignored."]);
});
