import { expect, test } from "vitest";
import { InstallError } from "../../src/errors/failure.ts";
import {
  httpUrl,
  manifestUrl,
  packumentUrl,
  type RegistryConfig,
  registryBase,
  registryConfig,
} from "../../src/registry/registry-config.ts";
import { tarballUrl } from "../../src/registry/tarball-url.ts";

test("a scope's packages come from its registry, with the slash escaped", () => {
  const config = registryConfig({ registry: "https://one.example", scopes: { "@a": "https://two.example/npm" } });
  expect(packumentUrl(config, "react")).toBe("https://one.example/react");
  expect(packumentUrl(config, "@b/c")).toBe("https://one.example/@b%2fc");
  expect(packumentUrl(config, "@a/b")).toBe("https://two.example/npm/@a%2fb");
  expect(manifestUrl(config, "@a/b", "1.0.0+x")).toBe("https://two.example/npm/@a%2fb/1.0.0%2Bx");
});

test("the caller's registries win over the project's, scope by scope", () => {
  const project = {
    registry: "https://p.example/",
    scopes: new Map([
      ["@a", "https://pa.example/"],
      ["@b", "https://pb.example/"],
    ]),
  };
  const config = registryConfig({ scopes: { a: "https://ea.example/" } }, project);
  expect(config.registry).toBe("https://p.example/");
  expect([...config.scopes]).toEqual([
    ["@a", "https://ea.example/"],
    ["@b", "https://pb.example/"],
  ]);
  expect(registryConfig({ registry: "https://e.example/" }, project).registry).toBe("https://e.example/");
});

test("a base URL ends with one slash and contains no secrets", () => {
  expect(registryBase("https://user:secret@h.example:8443/npm//?token=secret#x")).toBe("https://h.example:8443/npm/");
  expect(registryBase("/-/relay/", "http://127.0.0.1:8080/page/")).toBe("http://127.0.0.1:8080/-/relay/");
  for (const bad of ["", "registry", "ftp://h.example/", "file:///etc/", "javascript:alert(1)"]) {
    expect(registryBase(bad)).toBeUndefined();
    expect(httpUrl(bad)).toBeUndefined();
  }
});

test("refuses an invalid URL without repeating it", () => {
  for (const options of [
    { registry: "ftp://u:secret@h.example/" },
    { registry: "https://h.example/", scopes: { "@a": "secret" } },
  ]) {
    try {
      registryConfig(options);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InstallError);
      expect((error as InstallError).code).toBe("EINVALIDREGISTRY");
      expect(JSON.stringify((error as InstallError).failure)).not.toContain("secret");
    }
  }
});

const MIRROR: RegistryConfig = {
  registry: "https://mirror.example/npm/",
  scopes: new Map(),
  home: "https://public.example/",
};

test.each([
  ["https://public.example/a/-/a-1.0.0.tgz", "https://mirror.example/npm/a/-/a-1.0.0.tgz"],
  ["http://public.example/npm/a/-/a-1.0.0.tgz", "https://mirror.example/npm/a/-/a-1.0.0.tgz"],
  ["https://elsewhere.example/a.tgz", "https://elsewhere.example/a.tgz"],
  ["file:a.tgz", "file:a.tgz"],
])("with a mirror, the recorded tarball %s is fetched from %s", (recorded, expected) => {
  expect(tarballUrl(MIRROR, recorded)).toBe(expected);
});

test("with the public registry, a tarball recorded there keeps its URL", () => {
  const home = { ...MIRROR, registry: "https://public.example/" };
  expect(tarballUrl(home, "https://public.example/a/-/a-1.0.0.tgz")).toBe("https://public.example/a/-/a-1.0.0.tgz");
});

// npm 12.2.2's own answers.
test.each([
  ["always", "http://127.0.0.1:9/a.tgz", "http://mine.example:8080/npm/a.tgz"],
  ["always", "http://mine.example:8080/npm/a.tgz", "http://mine.example:8080/npm/a.tgz"],
  ["always", "https://old.example/npmx/a.tgz", "http://mine.example:8080/npm/npmx/a.tgz"],
  ["always", "file:a.tgz", "file:a.tgz"],
  ["127.0.0.1", "http://127.0.0.1:9/a.tgz", "http://mine.example:8080/npm/a.tgz"],
  ["127.0.0.1", "https://old.example/127.0.0.1/a.tgz", "https://old.example/127.0.0.1/a.tgz"],
  ["old.example:80", "http://old.example:80/a.tgz", "http://old.example:80/a.tgz"],
  ["https://old.example/path", "https://old.example/path/a.tgz?x=1", "http://mine.example:8080/npm/a.tgz?x=1"],
  ["https://old.example/path/", "http://old.example:81/path/a.tgz", "http://mine.example:8080/npm/a.tgz"],
  ["https://old.example/path", "https://old.example/paths/a.tgz", "https://old.example/paths/a.tgz"],
  ["https://old.example", "https://old.example/npm/a.tgz", "http://mine.example:8080/npm/a.tgz"],
  ["never", "https://public.example/a.tgz", "https://public.example/a.tgz"],
  ["old.example", "https://public.example/a.tgz", "https://public.example/a.tgz"],
  ["npmjs", "https://public.example/a.tgz", "http://mine.example:8080/npm/a.tgz"],
])("replace-registry-host=%s fetches %s from %s", (replaces, recorded, expected) => {
  expect(tarballUrl({ ...MIRROR, registry: "http://mine.example:8080/npm/", replaces }, recorded)).toBe(expected);
});
