import { expect, test } from "vitest";
import { InstallError } from "../../src/errors/failure.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { fakeTarball } from "../support/tarball.ts";
import { resolveIn } from "../support/tree.ts";

// A project's files stand in a virtual folder that is ten levels deep or so. No user has ever seen that folder.
const INVENTED = /\/0\/|\/1\/2/;

const packages = fakeRegistry({
  "a@1.0.0": { peerDependencies: { p: "1" } },
  "b@1.0.0": { peerDependencies: { p: "2" } },
  "c@1.0.0": { dependencies: { d: "git+https://git.example/c.git" } },
  "p@1.0.0": {},
  "p@2.0.0": {},
  "shrunk@1.0.0": { hasInstallScript: false },
});

const nameless = fakeTarball({ "index.js": "" }).bytes;
const broken = fakeTarball({ "package.json": "{ oops" }).bytes;
const workspaces = {
  "w/package.json": '{ "name": "w", "version": "1.0.0", "dependencies": { "a": "1", "b": "1" } }',
};

type Files = Record<string, string | Uint8Array>;
const withDependencies = (dependencies: Record<string, string>, files: Files = {}): Files => ({
  "package.json": JSON.stringify({ name: "root", version: "1.0.0", dependencies }),
  ...files,
});
const locked = (packages: Record<string, unknown>): Files => ({
  ...withDependencies({}),
  "package-lock.json": JSON.stringify({ name: "root", lockfileVersion: 3, packages: { "": {}, ...packages } }),
});

test.each<[title: string, files: Files, options?: object]>([
  ["two packages with peers that exclude each other", withDependencies({ a: "1", b: "1" })],
  ["peers that exclude each other, as a warning", withDependencies({ a: "1", b: "1" }), { force: true }],
  ["peers that exclude each other, in a flat tree", withDependencies({ a: "1", b: "1" }), { strategy: "flat" }],
  ["peers that exclude each other, in a workspace", { "package.json": '{ "workspaces": ["w"] }', ...workspaces }],
  [
    "a workspace that the project needs in another version",
    { "package.json": '{ "workspaces": ["w"], "dependencies": { "a": "1", "p": "2", "w": "1" } }', ...workspaces },
  ],
  ["a missing tarball", withDependencies({ a: "file:libs/a.tgz" })],
  ["a tarball outside the files", withDependencies({ a: "file:../../a.tgz" })],
  ["a missing folder", withDependencies({ a: "file:libs/a" })],
  ["a folder outside the files", withDependencies({ a: "file:../../../a" })],
  ["a folder with an absolute path", withDependencies({ a: "file:/home/a" })],
  ["a folder without a package.json", withDependencies({ a: "file:libs/a" }, { "libs/a/x.js": "" })],
  ["a folder whose package.json is not JSON", withDependencies({ a: "file:libs/a" }, { "libs/a/package.json": "{" })],
  ["a tarball without a package.json", withDependencies({ a: "file:a.tgz" }, { "a.tgz": nameless })],
  ["a tarball whose package.json is not JSON", withDependencies({ a: "file:a.tgz" }, { "a.tgz": broken })],
  ["a tarball with invalid bytes", withDependencies({ a: "file:a.tgz" }, { "a.tgz": new Uint8Array(9) })],
  ["a git dependency of a dependency", withDependencies({ c: "1" })],
  [
    "a folder that needs a missing tarball",
    withDependencies(
      { w: "file:w" },
      { "w/package.json": '{ "name": "w", "dependencies": { "x": "file:../x.tgz" } }' },
    ),
  ],
  [
    "a folder with a peer that does not fit",
    withDependencies(
      { w: "file:w", p: "2" },
      { "w/package.json": '{ "name": "w", "version": "1.0.0", "peerDependencies": { "p": "1" } }' },
    ),
  ],
  ["a spec that cannot be read", withDependencies({ a: "workspace:*" })],
  ["a dist-tag called file", withDependencies({ a: "file" })],
  ["an alias of a path", withDependencies({ a: "npm:./x" })],
  ["a lockfile's link to a missing folder", locked({ "node_modules/a": { resolved: "libs/a", link: true } })],
  ["a lockfile's link out of the project", locked({ "node_modules/a": { resolved: "../../x", link: true } })],
  ["a lockfile entry that is not an object", locked({ "node_modules/a": 1 })],
  ["adding a missing folder", withDependencies({}), { add: ["./libs/a"] }],
  ["adding a folder without a name", withDependencies({}, { "libs/a/package.json": "{}" }), { add: ["./libs/a"] }],
  ["adding a tarball without a name", withDependencies({}, { "a.tgz": nameless }), { add: ["./a.tgz"] }],
  ["adding a missing tarball", withDependencies({}), { add: ["./b.tgz"] }],
  ["adding a package with a conflicting peer", withDependencies({ a: "1" }), { add: ["b"] }],
  [
    "two workspaces of one name",
    {
      "package.json": '{ "workspaces": ["x", "y"] }',
      "x/package.json": '{ "name": "n" }',
      "y/package.json": '{ "name": "n" }',
    },
  ],
  ["workspaces that are not a list", { "package.json": '{ "workspaces": 1 }' }],
  ["a package.json that is not JSON", { "package.json": "{ oops" }],
  ["a workspace's package.json that is not JSON", { "package.json": '{ "workspaces": ["x"] }', "x/package.json": "{" }],
])("%s: no invented path appears in messages or files", async (_, files, options) => {
  const shown: unknown[] = [];
  try {
    const { warnings, tree, files: written } = await resolveIn(packages, files, options);
    shown.push(
      warnings,
      written,
      tree.root.children.map(({ name, location, version }) => [name, location, version]),
    );
  } catch (error) {
    expect(error).toBeInstanceOf(InstallError);
    const { failure } = error as InstallError;
    shown.push(failure);
  }
  const text = JSON.stringify(shown);
  expect(text.match(INVENTED) && text).toBeNull();
});
