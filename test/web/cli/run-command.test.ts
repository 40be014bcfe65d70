import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Installer } from "../../../src/api/resolve.ts";
import { createInstaller } from "../../../web/index.ts";
import { Tokens } from "../../../workers/net/tokens.ts";
import { contents, folder, recordingInstaller, smallInstaller, webhoist } from "./harness.ts";

const app = { name: "app", version: "1.0.0", dependencies: { debug: "^4.0.0" } };

test("lock writes npm's lockfile and reports it in one line; a second run changes nothing", async () => {
  const dir = folder({ "package.json": app });
  const first = await webhoist(["lock", dir, "--metadata=full"]);
  expect(first).toMatchObject({ status: 0, err: "" });
  expect(first.out).toMatch(/^wrote package-lock\.json: 2 packages in \d+\.\d s, 2 requests, 0\.0 MB\n$/);
  const written = contents(dir)["package-lock.json"] as string;
  expect(JSON.parse(written)).toEqual({
    name: "app",
    version: "1.0.0",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": app,
      "node_modules/debug": {
        version: "4.3.4",
        resolved: "http://registry.local/debug/-/debug-4.3.4.tgz",
        integrity: "sha512-AAAA",
        license: "MIT",
        dependencies: { ms: "2.0.0" },
      },
      "node_modules/ms": {
        version: "2.0.0",
        resolved: "http://registry.local/ms/-/ms-2.0.0.tgz",
        integrity: "sha512-AAAA",
        license: "MIT",
      },
    },
  });
  const second = await webhoist(["lock", "--metadata=full"], { cwd: dir });
  expect(second.out).toMatch(/^up to date: 2 packages in \d+\.\d s\n$/);
  expect(contents(dir)["package-lock.json"]).toBe(written);
});

test("--add also writes package.json, --rm undoes it, and the summary counts the changes", async () => {
  const dir = folder({ "package.json": app });
  await webhoist(["lock", dir]);
  const added = await webhoist(["lock", dir, "--add", "host@1", "-D", "-E"]);
  expect(added.out).toMatch(/^wrote .*package\.json.*: 3 packages \(\+1( ~1)?\)/);
  expect(JSON.parse(contents(dir)["package.json"] as string)).toEqual({ ...app, devDependencies: { host: "1.0.0" } });
  await webhoist(["lock", dir, "--rm", "host"]);
  expect(JSON.parse(contents(dir)["package.json"] as string)).toEqual(app);
});

test("--dry-run and --stdout write nothing; --stdout prints only the lockfile", async () => {
  const dir = folder({ "package.json": app });
  expect((await webhoist(["lock", dir, "--dry-run"])).out).toMatch(/^would write package-lock\.json: 2 packages/);
  const { out } = await webhoist(["lock", dir, "--stdout"]);
  expect(contents(dir)).toEqual({ "package.json": `${JSON.stringify(app, null, 2)}\n` });
  await webhoist(["lock", dir]);
  expect(contents(dir)["package-lock.json"]).toBe(out);
});

test("--json prints successes and failures as JSON", async () => {
  const dir = folder({ "package.json": app });
  const good = await webhoist(["lock", dir, "--json", "--dry-run"]);
  expect(JSON.parse(good.out)).toMatchObject({
    ok: true,
    changed: ["package-lock.json"],
    warnings: [],
    stats: { nodes: 2 },
  });
  const bad = await webhoist(["lock", dir, "--json", "--add", "nothing-like-it"]);
  expect(bad.status).toBe(1);
  expect(JSON.parse(bad.out)).toMatchObject({ ok: false, failure: { code: "E404", package: "nothing-like-it" } });
  expect(bad.err).toBe("webhoist error code E404\n");
  expect(JSON.parse((await webhoist(["lock", "--json", "--nothing"])).out)).toMatchObject({
    failure: { code: "EUSAGE" },
  });
});

test("why prints each path from the project, as text or as JSON", async () => {
  const dir = folder({ "package.json": app });
  expect(await webhoist(["why", "ms", dir])).toEqual({
    status: 0,
    out: 'ms@2.0.0  node_modules/ms\n  the root project › debug@"^4.0.0" › ms@"2.0.0"\n',
    err: "",
  });
  const { out } = await webhoist(["why", "ms", dir, "--json"]);
  expect(JSON.parse(out)).toEqual({
    ok: true,
    why: [
      {
        name: "ms",
        version: "2.0.0",
        location: "node_modules/ms",
        paths: [
          [
            { from: "", name: "debug", spec: "^4.0.0", type: "prod", error: null },
            { from: "node_modules/debug", name: "ms", spec: "2.0.0", type: "prod", error: null },
          ],
        ],
      },
    ],
  });
  const none = await webhoist(["why", "host", dir]);
  expect(none).toMatchObject({ status: 1, out: "" });
  expect(none.err).toBe(
    [
      "webhoist error code ENOTINTREE",
      "webhoist error The tree has no package named host.",
      "webhoist error",
      "webhoist error Ways out:",
      "webhoist error   1. Check the spelling.\n",
    ].join("\n"),
  );
});

const peers = { name: "app", dependencies: { host: "^1.0.0", plugin: "^1.0.0" } };

test("a peer conflict is reported in npm's words with ways out, and the ways out work", async () => {
  const dir = folder({ "package.json": peers });
  const { status, err } = await webhoist(["lock", dir]);
  expect(status).toBe(1);
  expect(err.split("\n").slice(0, 12)).toEqual([
    "webhoist error code ERESOLVE",
    "webhoist error plugin@1.0.0 requires host@^2.0.0 as a peer, but found host@1.0.0.",
    "webhoist error",
    "webhoist error While resolving: app",
    "webhoist error Found: host@1.0.0",
    "webhoist error node_modules/host",
    'webhoist error   host@"^1.0.0" from the root project',
    "webhoist error",
    "webhoist error Could not resolve dependency:",
    'webhoist error peer host@"^2.0.0" from plugin@1.0.0',
    "webhoist error node_modules/plugin",
    'webhoist error   plugin@"^1.0.0" from the root project',
  ]);
  expect(err).toContain('"overrides": {"plugin":{"host":"$host"}}');
  expect(contents(dir)).not.toHaveProperty("package-lock.json");
  const overridden = folder({ "package.json": { ...peers, overrides: { plugin: { host: "$host" } } } });
  for (const argv of [
    ["lock", overridden],
    ["lock", dir, "--legacy-peer-deps"],
    ["lock", dir, "--force"],
  ])
    expect((await webhoist(argv)).status).toBe(0);
});

test("the project's .npmrc applies", async () => {
  const dir = folder({ "package.json": peers, ".npmrc": "legacy-peer-deps=true\n" });
  expect((await webhoist(["lock", dir])).status).toBe(0);
});

test.each<[string, string, Record<string, string | object>, string[], RegExp]>([
  ["no package.json", "ENOENT", {}, [], /There is no package\.json in /],
  ["broken JSON, with its line", "EJSONPARSE", { "package.json": '{\n  "name": "a",\n  oops\n}' }, [], /3/],
  ["an unknown package", "E404", { "package.json": { dependencies: { gone: "1" } } }, [], /gone/],
  [
    "an unknown version",
    "ETARGET",
    { "package.json": { dependencies: { ms: "^9.0.0" } } },
    [],
    /No version of ms matches \^9\.0\.0/,
  ],
  ["an unknown flag", "EUSAGE", { "package.json": {} }, ["--legcy-peer-deps"], /Did you mean --legacy-peer-deps\?/],
  [
    "flags that contradict each other",
    "EUSAGE",
    { "package.json": {} },
    ["-D", "-O"],
    /--save-dev and --save-optional/,
  ],
  [
    "a name that npm refuses",
    "EINVALIDPACKAGENAME",
    { "package.json": { dependencies: { "../x": "1" } } },
    [],
    /\.\.\/x/,
  ],
  ["a git dependency", "EUNSUPPORTED", { "package.json": { dependencies: { g: "github:u/r" } } }, [], /g/],
  ["a registry that is not a URL", "EINVALIDREGISTRY", { "package.json": {} }, ["--registry=not a url"], /registry/],
  [
    "a token variable that is not set",
    "EUSAGE",
    { "package.json": {} },
    ["--registry=http://registry.local/", "--token-env=NO"],
    /NO/,
  ],
])("exits with 1 and writes nothing on %s", async (...given) => {
  const [, code, files, argv, text] = given;
  const dir = folder(files);
  const before = contents(dir);
  const { status, out, err } = await webhoist(["lock", dir, ...argv]);
  expect({ status, out }).toEqual({ status: 1, out: "" });
  expect(err.split("\n")[0]).toBe(`webhoist error code ${code}`);
  expect(err).toMatch(text);
  for (const line of err.trimEnd().split("\n")) expect(line).toMatch(/^webhoist error( |$)/);
  expect(contents(dir)).toEqual(before);
});

test("a registry that does not answer is reported as EUNREACHABLE, not as a missing package", async () => {
  const dir = folder({ "package.json": app });
  // Nothing listens on port 9.
  const unreached = (options: object): Promise<Installer> => createInstaller({ ...options, retries: 0, timeout: 5000 });
  const { status, err } = await webhoist(["lock", dir, "--registry=http://127.0.0.1:9/"], {
    createInstaller: unreached,
  });
  expect(status).toBe(1);
  expect(err).toContain("webhoist error code EUNREACHABLE");
  expect(contents(dir)).not.toHaveProperty("package-lock.json");
});

test("an unreadable lockfile is ignored, as npm does", async () => {
  const dir = folder({ "package.json": app, "package-lock.json": "{ cut" });
  expect((await webhoist(["lock", dir])).status).toBe(0);
  expect(JSON.parse(contents(dir)["package-lock.json"] as string)).toMatchObject({ lockfileVersion: 3 });
});

test("a file system error is reported as such, and package.json stays unchanged", async () => {
  const dir = folder({ "package.json": app });
  // Block the lockfile's path after the project was read.
  const createInstaller = async (options: object): Promise<Installer> => {
    mkdirSync(join(dir, "package-lock.json", "in the way"), { recursive: true });
    return smallInstaller(options);
  };
  const { status, err } = await webhoist(["lock", dir, "--add", "host"], { createInstaller });
  expect(status).toBe(1);
  expect(err).toMatch(/^webhoist error code (EISDIR|ENOTEMPTY|EPERM)\n/);
  expect(contents(dir)).toEqual({ "package.json": `${JSON.stringify(app, null, 2)}\n` });
});

test("an interrupted run exits with 130 and writes nothing", async () => {
  const dir = folder({ "package.json": app });
  const interrupt = new AbortController();
  const late = async (options: object): Promise<Installer> => {
    const installer = await smallInstaller(options);
    interrupt.abort();
    return installer;
  };
  const { status, err } = await webhoist(["lock", dir], { signal: interrupt.signal, createInstaller: late });
  expect({ status, err }).toEqual({
    status: 130,
    err: "webhoist error code EABORTED\nwebhoist error Interrupted. Nothing was written.\n",
  });
  expect(Object.keys(contents(dir))).toEqual(["package.json"]);
});

test("the running platform is the default, and the token is sent to its registry only", async () => {
  const dir = folder({ "app/package.json": { dependencies: { lib: "file:../lib" } }, "lib/package.json": {} });
  const { asked, createInstaller } = recordingInstaller();
  const platform = { os: "linux", cpu: "arm64", node: "22.0.0" };
  await webhoist(["lock", "app"], { cwd: dir, platform, createInstaller });
  expect(asked[0]?.installer).toEqual({ mode: "inline", cache: "none", platform });
  expect(asked[0]?.project).toMatchObject({ root: "app", name: "app" });
  const flags = ["--node-version=v20.1.0", "--npm-version", "10.0.0", "--metadata=full"];
  const token = ["--registry=https://npm.acme.example/sub/", "--token-env=ACME"];
  await webhoist(["lock", "app", ...flags, ...token], { cwd: dir, platform, createInstaller, env: { ACME: "secret" } });
  const { installer } = asked[1]!;
  expect(installer).toMatchObject({ metadata: "full", registry: "https://npm.acme.example/sub/" });
  expect(installer.platform).toEqual({ os: "linux", cpu: "arm64", node: "20.1.0", npm: "10.0.0" });
  const tokens = new Tokens(installer);
  expect(await tokens.of(new URL("https://npm.acme.example/sub/a"))).toBe("Bearer secret");
  expect(await tokens.of(new URL("https://npm.acme.example/a"))).toBeUndefined();
  expect(await tokens.of(new URL("https://elsewhere.example/sub/a"))).toBeUndefined();
});

test("--help prints the help and --version the version", async () => {
  for (const argv of [["--help"], ["lock", "-h"], ["help"]])
    expect((await webhoist(argv)).out).toContain("why NAME [DIR]");
  expect(await webhoist(["-v"])).toEqual({ status: 0, out: "1.2.3\n", err: "" });
});

test("a bug in the library is reported as EINTERNAL with its stack", async () => {
  const dir = folder({ "package.json": app });
  const { status, err } = await webhoist(["lock", dir], { createInstaller: () => Promise.reject(new TypeError("oh")) });
  expect(status).toBe(1);
  expect(err).toMatch(/^webhoist error code EINTERNAL\nwebhoist error TypeError: oh\nwebhoist error {5}at /);
});

test("a failure in a workspace shows the path from the root project", async () => {
  const dir = folder({
    "package.json": { name: "top", workspaces: ["w"] },
    "w/package.json": { name: "w", version: "1.0.0", dependencies: { absent: "1" } },
  });
  const { err, status } = await webhoist(["lock", dir]);
  expect(status).toBe(1);
  expect(err).toContain('the project requires w@"file:w" (workspace)\nwebhoist error     w@1.0.0 requires absent@"1"');
});

test("git and URLs are refused by default since npm 12, unless .npmrc or a flag allows them", async () => {
  const url = { "package.json": { dependencies: { ms: "http://127.0.0.1:9/ms-2.1.3.tgz" } } };
  const failed = async (files: Record<string, string | object>, ...argv: string[]): Promise<string | undefined> =>
    /error code (\w+)/.exec((await webhoist(["lock", folder(files), ...argv])).err)?.[1];
  expect(await failed(url)).toBe("EUNREACHABLE");
  expect(await failed(url, "--npm-version=12.2.2")).toBe("EALLOWREMOTE");
  expect(await failed(url, "--npm-version=12.2.2", "--allow-remote=root")).toBe("EUNREACHABLE");
  expect(await failed({ ...url, ".npmrc": "allow-remote=all" }, "--npm-version=12.2.2")).toBe("EUNREACHABLE");
  expect(await failed({ ...url, ".npmrc": "allow-remote=all" }, "--allow-remote=none")).toBe("EALLOWREMOTE");
  const git = { "package.json": { dependencies: { ms: "github:u/ms" } } };
  expect(await failed(git, "--npm-version=12.0.0")).toBe("EALLOWGIT");
  expect(await failed(git, "--npm-version=11.19.1")).toBe("EUNSUPPORTED");
});
