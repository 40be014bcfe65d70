import { expect, test } from "vitest";
import type { ProjectInput } from "../../src/api/resolve.ts";
import { hiddenLock } from "../../src/install/hidden-lock.ts";
import { createInstaller } from "../../web/index.ts";
import { PLATFORM } from "../conformance/recorded.ts";
import { fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";
import { PLACEHOLDER } from "../support/registry/snapshot.ts";
import { fakeTarball } from "../support/tarball.ts";
import { lockOf, planLike } from "./plan-answers.ts";

// Every expectation is an answer of both npm 11.19.1 and npm 12.2.2, unless a comment says otherwise.

/** A registry whose packages have tarballs. */
function registryOf(manifests: Record<string, object>) {
  const tarballs: Record<string, Uint8Array> = {};
  const packages = Object.entries(manifests).map(([name, fields]) => {
    const { bytes, integrity } = fakeTarball({ "package.json": { name, version: "1.0.0", ...fields } });
    tarballs[`${name}/-/${name}-1.0.0.tgz`] = bytes;
    const dist = { tarball: `${PLACEHOLDER}${name}/-/${name}-1.0.0.tgz`, integrity };
    return [`${name}@1.0.0`, { ...fields, dist }] as const;
  });
  return fakeRegistry(Object.fromEntries(packages), { tarballs });
}

async function install(
  input: string | ProjectInput,
  manifests: Record<string, object> = { a: {}, b: {} },
  npm = PLATFORM.npm,
) {
  const registry = registryOf(manifests);
  const platform = { ...PLATFORM, npm };
  const settings = { registry: registry.url, fetch: registry.fetch, platform, retries: 0 };
  const installer = await createInstaller({ ...settings, mode: "inline", cache: "none" });
  try {
    const project = await installer.install(input);
    const { warnings, skipped } = project.report;
    const paths = project.paths();
    return {
      folders: paths
        .filter((path) => path.endsWith("/package.json"))
        .map((path) => path.slice(0, -"/package.json".length)),
      lock: Object.keys(JSON.parse(project.lockfile).packages),
      warnings: warnings.filter(({ code }) => code !== "ENOINTEGRITY"),
      skipped,
    };
  } finally {
    installer.dispose();
  }
}

const A = { version: "1.0.0", resolved: `${PLACEHOLDER}a/-/a-1.0.0.tgz` };
const B = { version: "1.0.0", resolved: `${PLACEHOLDER}b/-/b-1.0.0.tgz` };
const WANTS_A = { name: "app", version: "1.0.0", dependencies: { a: "1" } };

const UNNEEDED: [string, Record<string, object>][] = [
  ["an empty entry", { "node_modules/junk": {} }],
  ["a version that no registry has", { "node_modules/junk": { version: "1.0.0" } }],
  ["a version that is none", { "node_modules/junk": { version: "x" } }],
  ["a flag only", { "node_modules/junk": { dev: true } }],
  ["an optional peer only by its flag", { "node_modules/junk": { peer: true } }],
  ["dependencies of its own", { "node_modules/junk": { dependencies: { b: "1" } } }],
  ["an entry in a package", { "node_modules/a/node_modules/junk": {} }],
  ["an address that is none", { "node_modules/junk": { resolved: "???" } }],
  ["an integrity only", { "node_modules/junk": { integrity: `sha512-${"A".repeat(86)}==` } }],
  ["another name", { "node_modules/junk": { name: "b" } }],
  ["an entry with a sound one in it", { "node_modules/junk": {}, "node_modules/junk/node_modules/b": B }],
  ["a sound entry in a package that has none", { "node_modules/gone/node_modules/b": B }],
];

test.each(UNNEEDED)("%s that nothing needs is passed over", async (_, entries) => {
  const text = lockOf({ "node_modules/a": A, ...entries }, WANTS_A);
  const { folders, warnings } = await install(text);
  expect(folders).toEqual(["node_modules/a"]);
  const hidden = JSON.parse(hiddenLock(text, planLike({}, text)));
  expect(Object.keys(hidden.packages)).toEqual(["node_modules/a"]);
  expect(warnings).toEqual([]);
});

test("a damaged entry that only a workspace's package could need is passed over too", async () => {
  const root = { name: "app", workspaces: ["w"] };
  const w = { w: { version: "1.0.0", dependencies: { a: "1" } }, "node_modules/w": { link: true, resolved: "w" } };
  const { folders } = await install(lockOf({ "node_modules/a": A, ...w, "w/node_modules/junk": {} }, root));
  expect(folders).toEqual(["node_modules/a"]);
});

// npm ci says that the lock does not fit package.json.
test.each([
  ["the project", { "node_modules/b": {} }, { ...WANTS_A, dependencies: { a: "1", b: "1" } }],
  [
    "the project, optionally",
    { "node_modules/b": { optional: true } },
    { ...WANTS_A, optionalDependencies: { b: "1" } },
  ],
  ["a package", { "node_modules/a": { ...A, dependencies: { b: "1" } }, "node_modules/b": {} }, WANTS_A],
  [
    "a package, and its address is none",
    { "node_modules/a": { ...A, dependencies: { b: "1" } }, "node_modules/b": { version: "1.0.0", resolved: "???" } },
    WANTS_A,
  ],
])("a damaged entry that %s needs fails", async (_, entries, root) => {
  const failure = await failureOf(install(lockOf({ "node_modules/a": A, ...entries }, root)));
  expect(failure).toMatchObject({ code: "EINVALIDLOCK", requiredBy: ["node_modules/b"] });
});

test("damaged entries are gone from the lock of an install with files", async () => {
  const files = {
    "package.json": JSON.stringify(WANTS_A),
    "package-lock.json": lockOf({ "node_modules/a": A, "node_modules/junk": {} }, WANTS_A),
  };
  const { folders, lock } = await install({ files });
  expect(folders).toEqual(["node_modules/a"]);
  expect(lock).toEqual(["", "node_modules/a"]);
});

const AB = ["node_modules/a", "node_modules/b"];
const SPECS: [string, object][] = [
  ["a dependency", { dependencies: { x: "file:../x", b: "^1" } }],
  ["an optional dependency", { optionalDependencies: { x: "file:../x" }, dependencies: { b: "^1" } }],
  ["a peer", { peerDependencies: { x: "file:../x" }, dependencies: { b: "^1" } }],
  ["a relative path", { dependencies: { x: "../x", b: "^1" } }],
];

test.each(SPECS.flatMap(([title, a]) => ["11.19.1", "12.2.2"].map((npm) => [title, npm, a] as const)))(
  "%s of a published package on a folder beside it is left out, npm %s",
  async (_, npm, a) => {
    const { folders, lock, warnings, skipped } = await install(
      { files: { "package.json": JSON.stringify(WANTS_A) } },
      { a, b: {} },
      npm,
    );
    expect(folders).toEqual(AB);
    expect(lock).toEqual(["", ...AB]);
    expect(skipped).toMatchObject([{ location: "node_modules/x", why: "failed" }]);
    expect(warnings).toMatchObject([{ code: "EMISSINGTARGET", package: "x", requiredBy: ["node_modules/a"] }]);
    expect(warnings[0]?.message).toContain("a@1.0.0 requires the folder x@");
  },
);

test("a published package on a folder, needed by a workspace", async () => {
  const files = {
    "package.json": JSON.stringify({ name: "app", workspaces: ["w"] }),
    "w/package.json": JSON.stringify({ name: "w", version: "1.0.0", dependencies: { a: "1" } }),
  };
  const { folders, warnings } = await install({ files }, { a: { dependencies: { x: "file:../x", b: "^1" } }, b: {} });
  expect(folders).toEqual(AB);
  expect(warnings).toMatchObject([{ code: "EMISSINGTARGET", requiredBy: ["node_modules/a"] }]);
});

// npm crashes with such a lock, which it writes with --package-lock-only.
test("the lock that has the folder without a version installs the same", async () => {
  const manifests = { a: { dependencies: { x: "file:../x", b: "^1" } }, b: {} };
  const a = { ...A, dependencies: { x: "file:../x", b: "^1" } };
  const entries = { "node_modules/a": a, "node_modules/b": B, "node_modules/x": {} };
  expect((await install(lockOf(entries, WANTS_A), manifests)).folders).toEqual(AB);
  const linked = { ...entries, "node_modules/a/node_modules/x": { link: true, resolved: "node_modules/x" } };
  const { folders, warnings } = await install(lockOf(linked, WANTS_A), manifests);
  expect(folders).toEqual(AB);
  expect(warnings).toMatchObject([{ code: "EMISSINGTARGET", requiredBy: ["node_modules/a"] }]);
});
