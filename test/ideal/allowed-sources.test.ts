import { expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { entriesOf, failureOf } from "../support/outcome.ts";
import { fakeTarball } from "../support/tarball.ts";
import { resolveIn } from "../support/tree.ts";

const TARBALL = fakeTarball({ "package.json": { name: "t", version: "1.0.0" } });
const BASE = fakeRegistry({});
const URL_OF_T = `${BASE.url}t/-/t-1.0.0.tgz`;
const REGISTRY = fakeRegistry(
  {
    "git@1.0.0": { x: "github:u/r" },
    "remote@1.0.0": { t: URL_OF_T },
    "optional@1.0.0": { optionalDependencies: { t: URL_OF_T } },
    "b@1.0.0": {},
  },
  { tarballs: { "t/-/t-1.0.0.tgz": TARBALL.bytes } },
);

const FOLDERS = {
  "local/package.json": '{ "name": "local", "version": "1.0.0", "dependencies": { "inner": "file:./inner" } }',
  "local/inner/package.json": '{ "name": "inner", "version": "1.0.0" }',
  "t.tgz": TARBALL.bytes,
};

type Run = ResolveOptions & { npmrc?: string; lock?: string };

function resolved(manifest: object, { npmrc = "", lock, ...options }: Run = {}) {
  const files = {
    ...FOLDERS,
    "package.json": JSON.stringify(manifest),
    ".npmrc": npmrc,
    ...(lock !== undefined && { "package-lock.json": lock }),
  };
  return resolveIn(REGISTRY, files, options);
}

async function failed(manifest: object, run: Run): Promise<Failure> {
  return await failureOf(resolved(manifest, run));
}

const GIT = { dependencies: { x: "github:u/r" } };
const REMOTE = { dependencies: { t: URL_OF_T } };
const FILE = { dependencies: { t: "file:t.tgz" } };
const DIRECTORY = { dependencies: { local: "file:local" } };

// npm 11.19.1 and 12.2.2 give these codes.
test.each([
  ["git", GIT, "EALLOWGIT"],
  ["remote", REMOTE, "EALLOWREMOTE"],
  ["file", FILE, "EALLOWFILE"],
  ["directory", DIRECTORY, "EALLOWDIRECTORY"],
] as const)("allow-%s=none refuses the project's own", async (key, manifest, code) => {
  const option = `allow${key[0]!.toUpperCase()}${key.slice(1)}`;
  for (const run of [{ npmrc: `allow-${key}=none` }, { [option]: "none" }]) {
    const failure = await failed(manifest, run);
    expect(failure).toMatchObject({ code, requiredBy: [""] });
    expect(failure.message).toContain(`allow-${key}=none forbids ${Object.keys(manifest.dependencies)[0]}@`);
    expect(failure.message).toContain("which the project requires");
    expect(failure.wayOut[0]?.text).toContain(`\`${option}\``);
  }
});

test.each([
  ["git of a package", { dependencies: { git: "1" } }, "allow-git=root", "EALLOWGIT"],
  ["a URL of a package", { dependencies: { remote: "1" } }, "allow-remote=root", "EALLOWREMOTE"],
  ["a folder of a folder", DIRECTORY, "allow-directory=root", "EALLOWDIRECTORY"],
])("root refuses %s", async (_, manifest, npmrc, code) => {
  expect(await failed(manifest, { npmrc })).toMatchObject({ code });
});

test.each([
  ["the project's URL", REMOTE, "allow-remote=root"],
  ["the project's file", FILE, "allow-file=root"],
  ["the project's folder", { dependencies: { inner: "file:local/inner" } }, "allow-directory=root"],
  ["a workspace's URL", { workspaces: ["w"] }, "allow-remote=root"],
  ["a workspace", { workspaces: ["local/inner"] }, "allow-directory=root"],
  ["a wrong value", REMOTE, "allow-remote=some"],
])("%s is allowed with %2$s", async (_, manifest, npmrc) => {
  const files = { ...FOLDERS, "package.json": JSON.stringify(manifest), ".npmrc": npmrc };
  const all = { ...files, "w/package.json": JSON.stringify({ name: "w", version: "1.0.0", ...REMOTE }) };
  const { tree } = await resolveIn(REGISTRY, all);
  expect(tree.nodes.length).toBeGreaterThan(0);
});

// So does npm.
test("allow-directory=none refuses workspaces too", async () => {
  const failure = await failed({ workspaces: ["local/inner"] }, { allowDirectory: "none" });
  expect(failure.message).toBe("allow-directory=none forbids inner@file:local/inner, which the project requires.");
});

test("a forbidden optional dependency is left out", async () => {
  const resolution = await resolved({ dependencies: { optional: "1" } }, { allowRemote: "root" });
  expect([...entriesOf(resolution).keys()]).toEqual(["", "node_modules/optional"]);
});

test("a locked package that satisfies is not checked, and one that does not is", async () => {
  const lock = (await resolved(REMOTE)).files["package-lock.json"]!;
  const kept = await resolved(REMOTE, { lock, allowRemote: "none" });
  expect(entriesOf(kept).get("node_modules/t")?.resolved).toBe(URL_OF_T);
  const manifest = { dependencies: { ...REMOTE.dependencies, remote: `${BASE.url}other.tgz` } };
  expect(await failed(manifest, { lock, allowRemote: "none" })).toMatchObject({
    code: "EALLOWREMOTE",
    package: "remote",
  });
});

test.each([
  ["github:u/r", "EALLOWGIT"],
  ["x@github:u/r", "EALLOWGIT"],
  [URL_OF_T, "EALLOWREMOTE"],
  ["./t.tgz", "EALLOWFILE"],
  ["./local", "EALLOWDIRECTORY"],
  [`t@${URL_OF_T}`, "EALLOWREMOTE"],
])("add %s is refused", async (spec, code) => {
  const none = { allowGit: "none", allowRemote: "none", allowFile: "none", allowDirectory: "none" } as const;
  expect(await failed({}, { add: [spec], ...none })).toMatchObject({ code });
});

test("an alias and a package of the registry are always allowed", async () => {
  const none = { allowGit: "none", allowRemote: "none", allowFile: "none", allowDirectory: "none" } as const;
  const { tree } = await resolved({ dependencies: { c: "npm:b@1", b: "latest" } }, none);
  expect(tree.nodes.map(({ location }) => location)).toEqual(["node_modules/b", "node_modules/c"]);
});

test("the flat strategy refuses the same sources", async () => {
  const flat = { strategy: "flat" } as const;
  expect(await failed(REMOTE, { ...flat, allowRemote: "none" })).toMatchObject({ code: "EALLOWREMOTE" });
  expect(await failed({ dependencies: { remote: "1" } }, { ...flat, allowRemote: "root" })).toMatchObject({
    code: "EALLOWREMOTE",
  });
  expect((await resolved(REMOTE, { ...flat, allowRemote: "root" })).tree.get("node_modules/t")?.version).toBe("1.0.0");
});

test("an option wins over the .npmrc, and a message shows no password", async () => {
  expect((await resolved(REMOTE, { npmrc: "allow-remote=none", allowRemote: "all" })).tree.nodes).toHaveLength(1);
  const secret = { dependencies: { t: URL_OF_T.replace("://", "://u:hush@") } };
  const failure = await failed(secret, { allowRemote: "none" });
  expect(JSON.stringify(failure)).not.toContain("hush");
});
