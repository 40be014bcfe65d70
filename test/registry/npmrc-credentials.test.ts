import { expect, test } from "vitest";
import { loadNpmrc, type NpmrcRules } from "../../src/registry/npmrc.ts";
import type { ProjectCredential } from "../../src/registry/registry-config.ts";

// Which credentials of a project's `.npmrc` count, and for which addresses. The values are those that npm 12 sends.

const HOME = "https://h.example/npm/";
const TOKEN = "Bearer mine";
const foreign = (host: string): string => ` for ${host}: no option of the installer names that address.`;
const MINE = [{ base: HOME, authorization: TOKEN }];

interface Row {
  npmrc: string;
  rules?: NpmrcRules;
  credentials?: ProjectCredential[];
  /** The warning, without its beginning. */
  warning?: string;
}

const rows: Row[] = [
  // forms
  { npmrc: "//h.example/npm/:_authToken=mine", credentials: MINE },
  { npmrc: "//h.example/npm:_authToken=mine", credentials: MINE },
  {
    npmrc: "//h.example/npm/:_auth=dTpw",
    credentials: [{ base: HOME, authorization: "Basic dTpw" }],
  },
  {
    npmrc: "//h.example/npm/:username=u\n//h.example/npm/:_password=cHc=",
    credentials: [{ base: HOME, authorization: `Basic ${btoa("u:pw")}` }],
  },
  {
    npmrc: "//h.example/npm/:username=ü\n//h.example/npm/:_password=w6Q=",
    credentials: [{ base: HOME, authorization: `Basic ${Buffer.from("ü:ä").toString("base64")}` }],
  },
  {
    npmrc: "//h.example/npm/:_auth=dTpw\n//h.example/npm/:_authToken=mine\n//h.example/npm/:username=u",
    credentials: MINE,
  },
  { npmrc: "//h.example/npm/:username=u", warning: "." },
  { npmrc: "//h.example/npm/:_password=cHc=", warning: "." },
  { npmrc: "//h.example/npm/:username=u\n//h.example/npm/:_password=%", warning: "." },
  { npmrc: "//h.example/npm/:_authToken=", warning: "." },
  { npmrc: "//h.example/npm/:_authToken=null", warning: "." },
  { npmrc: "//h.example/npm/:_authToken=ä", warning: "." },
  { npmrc: "//h.example/npm/:certfile=a\n//h.example/npm/:keyfile=b", warning: "." },
  { npmrc: "//:_authToken=mine", warning: "." },
  { npmrc: "_auth=mine", warning: "." },
  { npmrc: "@a:_authToken=mine", warning: "." },
  // addresses
  { npmrc: "//h.example/:_authToken=mine", credentials: MINE },
  { npmrc: "//H.Example/npm/:_authToken=mine", credentials: MINE },
  {
    npmrc: "//h.example/npm/team/:_authToken=mine",
    credentials: [{ base: `${HOME}team/`, authorization: TOKEN }],
  },
  { npmrc: "//evil.example/:_authToken=mine", warning: foreign("evil.example") },
  { npmrc: "//evil.example/npm/:_auth=mine\n//evil.example/:_authToken=mine", warning: foreign("evil.example") },
  { npmrc: "registry=https://evil.example/\n//evil.example/:_authToken=mine", warning: foreign("evil.example") },
  {
    npmrc: "@a:registry=https://evil.example/\n//evil.example/:_authToken=mine",
    warning: foreign("evil.example"),
    rules: {},
  },
  { npmrc: "//h.example.evil.example/npm/:_authToken=mine", warning: foreign("h.example.evil.example") },
  { npmrc: "//h.example@evil.example/npm/:_authToken=mine", warning: foreign("evil.example") },
  {
    npmrc: "//h.example\\@evil.example/npm/:_authToken=mine",
    warning: foreign("h.example"),
  },
  {
    npmrc: "//h.example/npm2/:_authToken=mine",
    warning: foreign("h.example"),
  },
  {
    npmrc: "//h.example:8443/npm/:_authToken=mine",
    warning: foreign("h.example:8443"),
  },
  { npmrc: "//h.example:443/npm/:_authToken=mine", credentials: MINE },
  { npmrc: "//h.example/npm/../:_authToken=mine", credentials: MINE },
  // what the embedder named
  {
    npmrc: "//h.example/npm/:_authToken=mine",
    rules: {},
    warning: foreign("h.example"),
  },
  {
    npmrc: "//a.example/:_authToken=a\n//t.example/x/:_authToken=t",
    rules: { scopes: { "@a": "http://a.example:80/p" }, tokenUrls: ["https://t.example"] },
    credentials: [
      { base: "http://a.example/p/", authorization: "Bearer a" },
      { base: "https://t.example/x/", authorization: "Bearer t" },
    ],
  },
  {
    npmrc: "//h.example/npm/:_authToken=mine\n//h.example/:_authToken=other",
    credentials: MINE,
  },
  {
    npmrc: "//h.example/:_authToken=mine\n//h.example/npm/team/:_authToken=team",
    credentials: [...MINE, { base: `${HOME}team/`, authorization: "Bearer team" }],
  },
  // what counts
  { npmrc: "//h.example/npm/:_authToken=mine", rules: { registry: HOME, projectConfig: false } },
  { npmrc: "//h.example/npm/:_authToken=mine", rules: { registry: HOME, projectConfig: ["tag"] } },
  {
    npmrc: "//h.example/npm/:_authToken=mine",
    rules: { registry: HOME, projectConfig: ["//h.example/npm/:_authToken"] },
    credentials: MINE,
  },
  // variables
  {
    npmrc: `//h.example/npm/:_authToken=\${TOKEN}`,
    rules: { registry: HOME, env: { TOKEN: "mine" } },
    credentials: MINE,
  },
  {
    npmrc: `//\${HOST}/npm/:_authToken=mine`,
    rules: { registry: HOME, env: { HOST: "h.example" } },
    credentials: MINE,
  },
  {
    npmrc: `//h.example/npm/:_authToken=\${NONE}`,
    rules: { registry: HOME, env: {} },
    warning: ": their value refers to an environment variable that the option `env` does not have.",
  },
  {
    npmrc: `//h.example/npm/:_authToken=\${NONE}`,
    warning: ": their value refers to an environment variable that the option `env` does not have.",
  },
  { npmrc: `//h.example/npm/:_authToken=\${NONE?}`, rules: { registry: HOME, env: {} }, warning: "." },
];

test.each(rows)("$npmrc", async ({ npmrc, rules = { registry: HOME }, credentials, warning }) => {
  const result = await loadNpmrc(npmrc, rules);
  expect(result.credentials).toEqual(credentials);
  expect(result.warnings.map(({ message }) => message)).toEqual(
    warning === undefined ? [] : [`.npmrc: credentials are ignored${warning}`],
  );
  expect(JSON.stringify(result.warnings)).not.toMatch(/mine|dTpw|cHc/);
});

const IGNORED = (key: string): string =>
  `.npmrc: ${key} is ignored: its URL has a variable, and only the project names its host.`;

// A registry's URL is sent to its host, so a variable in it must not lead to a host that only the project names.
test.each<[string, Partial<NpmrcRules>, string | undefined]>([
  [`registry=https://evil.example/\${SECRET}/`, {}, undefined],
  [`registry=https://\${SECRET}.evil.example/`, {}, undefined],
  [`registry=\${EMPTY}https://evil.example/\${SECRET}`, {}, undefined],
  [`registry=\${URL}.evil.example/\${SECRET}`, {}, undefined],
  [`registry=\${URL}@evil.example/\${SECRET}`, {}, undefined],
  [`registry=\${URL}`, {}, "https://named.example/"],
  [`registry=\${URL}/npm/\${SECRET}`, {}, "https://named.example/npm/hush/"],
  [`registry=https://h.example/\${SECRET}`, { tokenUrls: [HOME] }, "https://h.example/hush/"],
  ["registry=https://evil.example/", {}, "https://evil.example/"],
])("%s, %j: %s", async (npmrc, rules, registry) => {
  const env = { SECRET: "hush", EMPTY: "", URL: "https://named.example" };
  const result = await loadNpmrc(npmrc, { env, ...rules });
  expect(result.registry).toBe(registry);
  expect(result.warnings.map(({ message }) => message)).toEqual(registry ? [] : [IGNORED("registry")]);
  const scoped = await loadNpmrc(npmrc.replace("registry", "@a:registry"), { env, ...rules });
  expect(scoped.scopes.get("@a")).toBe(registry);
  expect(scoped.warnings.map(({ message }) => message)).toEqual(registry ? [] : [IGNORED("@a:registry")]);
});
