import { expect, test } from "vitest";
import type { InstallOptions } from "../../src/api/install.ts";
import { createInstaller } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";
import { fakeTarball } from "../support/tarball.ts";
import { lockOf } from "./plan-answers.ts";

const A = fakeTarball({ "package.json": { name: "a", version: "1.0.0" } });
const REGISTRY = fakeRegistry(
  { "a@1.0.0": { dist: { tarball: "{registry}a/-/a-1.0.0.tgz", integrity: A.integrity } } },
  { tarballs: { "a/-/a-1.0.0.tgz": A.bytes } },
);
const AT_REGISTRY = `${REGISTRY.url}a/-/a-1.0.0.tgz`;
const ELSEWHERE = "http://elsewhere.example/a-1.0.0.tgz";

interface Case {
  /** The spec by which the project, or a package of it, requires `a`. */
  spec: string;
  resolved?: string;
  from?: "package" | "workspace" | "optional";
}

function lockFor({ spec, resolved = AT_REGISTRY, from }: Case): string {
  const entry = { version: "1.0.0", resolved, integrity: A.integrity };
  const wants = { dependencies: { a: spec } };
  const b = { version: "1.0.0", resolved: AT_REGISTRY.replaceAll("a", "b"), ...wants };
  switch (from) {
    case "optional":
      return lockOf({ "": { optionalDependencies: { a: spec } }, "node_modules/a": { ...entry, optional: true } });
    case "workspace":
      return lockOf({
        "": { workspaces: ["w"] },
        "node_modules/a": entry,
        "node_modules/w": { resolved: "w", link: true },
        w: wants,
      });
    case "package":
      return lockOf({
        "": { dependencies: { b: "1" } },
        "node_modules/a": entry,
        "node_modules/b": { ...b, inBundle: undefined },
      });
    default:
      return lockOf({ "": wants, "node_modules/a": entry });
  }
}

async function install(input: Case, resolve: InstallOptions["resolve"], npmrc?: string) {
  const asked: string[] = [];
  const installer = await createInstaller({
    registry: REGISTRY.url,
    fetch: (url, init) => {
      asked.push(String(url));
      return REGISTRY.fetch(url, init);
    },
    mode: "inline",
    platform: PLATFORM,
    retries: 0,
    cache: "none",
  });
  try {
    const files = npmrc === undefined ? {} : { files: { ".npmrc": npmrc } };
    const project = await installer.install(lockFor(input), { ...(resolve && { resolve }), ...files });
    return { project, asked };
  } finally {
    installer.dispose();
  }
}

test.each<[string, Case, NonNullable<InstallOptions["resolve"]>, string]>([
  ["a URL of the project", { spec: AT_REGISTRY }, { allowRemote: "none" }, "EALLOWREMOTE"],
  [
    "a package of the registry from another host",
    { spec: "1", resolved: ELSEWHERE },
    { allowRemote: "none" },
    "EALLOWREMOTE",
  ],
  ["a URL of a package", { spec: AT_REGISTRY, from: "package" }, { allowRemote: "root" }, "EALLOWREMOTE"],
  ["a file of the project", { spec: "file:a.tgz", resolved: "file:a.tgz" }, { allowFile: "none" }, "EALLOWFILE"],
  ["a folder to pack", { spec: "file:a", resolved: "file:a" }, { allowDirectory: "none" }, "EALLOWDIRECTORY"],
  ["git", { spec: "github:u/r", resolved: "git+ssh://git@github.com/u/r.git#abc" }, { allowGit: "none" }, "EALLOWGIT"],
])("%s is refused", async (_, input, resolve, code) => {
  const failure = await failureOf(install(input, resolve));
  expect(failure).toMatchObject({ code, package: "a" });
});

test.each<[string, Case, NonNullable<InstallOptions["resolve"]>]>([
  ["a package of the registry", { spec: "^1.0.0" }, { allowRemote: "none" }],
  ["one that is asked for by a tag", { spec: "latest" }, { allowRemote: "none" }],
  ["a URL of the project", { spec: AT_REGISTRY }, { allowRemote: "root" }],
  ["a URL of a workspace", { spec: AT_REGISTRY, from: "workspace" }, { allowRemote: "root" }],
  ["a URL, by default", { spec: AT_REGISTRY }, {}],
])("%s is installed", async (_, input, resolve) => {
  const { project } = await install(input, resolve);
  expect(project.paths()).toContain("node_modules/a/package.json");
});

test("an optional package with a forbidden source is left out with a warning", async () => {
  const { project, asked } = await install({ spec: AT_REGISTRY, from: "optional" }, { allowRemote: "none" });
  expect(asked).toEqual([]);
  expect(project.report.skipped).toMatchObject([{ name: "a", why: "failed" }]);
  expect(project.report.warnings).toMatchObject([{ code: "EALLOWREMOTE" }]);
});

test("the .npmrc of the project's files counts, and options win over it", async () => {
  const input = { spec: AT_REGISTRY };
  expect(await failureOf(install(input, undefined, "allow-remote=none"))).toMatchObject({ code: "EALLOWREMOTE" });
  const { project } = await install(input, { allowRemote: "all" }, "allow-remote=none");
  expect(project.report.packages).toBe(1);
});

test.each(["always", "elsewhere.example", "http://elsewhere.example/"])(
  "replace-registry-host=%s takes the tarball from the registry of the run, which is allowed",
  async (value) => {
    const input = { spec: "1", resolved: "http://elsewhere.example/a/-/a-1.0.0.tgz" };
    const { asked } = await install(input, { allowRemote: "none" }, `replace-registry-host=${value}`);
    expect(asked).toEqual([AT_REGISTRY]);
    const option = await install(input, { replaceRegistryHost: value });
    expect(option.asked).toEqual([AT_REGISTRY]);
  },
);
