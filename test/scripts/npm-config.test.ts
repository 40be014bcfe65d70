import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { authorization, publicUrl, readNpmConfig, scopedSettings, settings } from "../../scripts/npm-config.mjs";
import { isInstalled } from "../../scripts/setup.mjs";
import { isDirect } from "../../scripts/upstream.mjs";

function withFolder<T>(files: Record<string, string>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "webhoist-config-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("settings of a registry: the longest path has priority, then the first file", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: npm's notation for an environment variable
  const project = "//npm.local/:_authToken=host\n//npm.local/team/:_authToken = ${TOKEN}\n";
  const user = '//npm.local/team/:_authToken=weak\n//npm.local/:username="me"\n//other.local/:_auth=other';
  const at = (registry: string) => scopedSettings(registry, settings([project, user], { TOKEN: "team" }));
  expect(at("https://npm.local/team/a/")("_authToken")).toBe("team");
  expect(at("https://npm.local/else/")("_authToken")).toBe("host");
  expect(at("https://npm.local/")("username")).toBe("me");
  expect(at("https://npm.local/")("_auth")).toBeUndefined();
});

test.each([
  ["//h/npm/:_authToken=x", "https://h/npm/", "Bearer x"],
  ["//h/npm:_authToken=x", "https://h/npm/", "Bearer x"],
  ["//h:_authToken=x", "https://h/npm/", "Bearer x"],
  ["//h/:_authToken=x", "https://h:8443/npm/", undefined],
  ["//h:8443/:_authToken=x", "https://h:8443/npm/", "Bearer x"],
  ["//h/np:_authToken=x", "https://h/npm/", undefined],
  ["//h/npm/:_authToken=x", "https://h/", undefined],
  ["//h/:_authToken=x\n//h/npm/:_auth=y", "https://h/npm/", "Basic y"],
  ["//h/:_authToken=x\n//h/npm/:username=me", "https://h/npm/", "Bearer x"],
  ["//h/npm/:username=me\n//h/npm/:_password=cHc=", "https://h/npm/a/", "Basic bWU6cHc="],
  ["//h/npm/:_authToken=\n//h/:_authToken=x", "https://h/npm/", "Bearer x"],
  ["_authToken=x", "https://h/", undefined],
])("%s for %s is %s", (text, registry, expected) => {
  expect(authorization(scopedSettings(registry, settings([text], {})))).toBe(expected);
});

test("npm's configuration is read by running npm", () => {
  const npmrc = [
    "registry=https://me:secret@npm.local/team",
    "https-proxy=http://user:pass@proxy.local:8080/",
    "noproxy=a.local, b.local",
    "strict-ssl=false",
    "//npm.local/team/:_authToken=token",
  ];
  // npm's environment variables would override the file.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key)));
  const files = { ".npmrc": npmrc.join("\n"), "package.json": "{}" };
  const config = withFolder(files, (folder) => readNpmConfig(folder, env));
  expect(config).toMatchObject({
    registry: "https://npm.local/team/",
    proxy: "http://user:pass@proxy.local:8080/",
    noProxy: ["a.local", "b.local"],
    strictSsl: false,
    authorization: "Bearer token",
  });
});

test("publicUrl returns an address without credentials, with a trailing slash", () => {
  expect(publicUrl("https://me:secret@npm.local/team?x#y")).toBe("https://npm.local/team/");
});

test("noproxy covers the named hosts and their subdomains", () => {
  const list = ["npm.local", ".corp.local"];
  expect(["npm.local", "a.npm.local", "corp.local", "x.corp.local"].map((host) => isDirect(host, list))).toEqual(
    Array(4).fill(true),
  );
  expect(["xnpm.local", "npm.local.evil", "local"].map((host) => isDirect(host, list))).toEqual(Array(3).fill(false));
  expect(isDirect("any.local", ["*"])).toBe(true);
});

test("node_modules is current if it has the lock's versions; optional packages may be missing", () => {
  const record = (packages: unknown) => JSON.stringify({ packages });
  const lock = record({
    "": {},
    "node_modules/a": { version: "1.0.0" },
    "node_modules/o": { version: "1.0.0", optional: true },
  });
  const check = (installed: string | undefined) =>
    withFolder({ "package-lock.json": lock }, (folder) => {
      const target = join(folder, "node_modules");
      if (installed !== undefined) {
        mkdirSync(target);
        writeFileSync(join(target, ".package-lock.json"), installed);
      }
      return isInstalled(folder);
    });
  expect(check(undefined)).toBe(false);
  expect(check(record({}))).toBe(false);
  expect(check(record({ "node_modules/a": { version: "0.9.0" } }))).toBe(false);
  expect(check(record({ "node_modules/a": { version: "1.0.0" } }))).toBe(true);
});
