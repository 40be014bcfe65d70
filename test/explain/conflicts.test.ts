import { expect, test } from "vitest";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { explain } from "../../src/explain/explain.ts";
import { type FakeManifest, type FakeOptions, fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";
import { resolveManifest } from "../support/tree.ts";

interface Told {
  packages: Readonly<Record<string, FakeManifest>>;
  project: object;
  registry?: FakeOptions;
  options?: ResolveOptions;
}

/** What a reader is told of a project without a flat answer, less the first line. */
async function told({ packages, project, registry, options }: Told): Promise<string> {
  const work = resolveManifest(fakeRegistry(packages, registry), project, { strategy: "flat", ...options });
  const [message, ...rest] = explain(await failureOf(work)).split("\n\n");
  expect(message).toBe("No single version of each package satisfies the whole project.");
  return rest.join("\n\n");
}

const peer = (name: string, range: string): FakeManifest => ({ peerDependencies: { [name]: range } });

test("a plugin that lags behind, and the ways out that were tried", async () => {
  const packages = {
    "plugin@19.0.4": peer("eslint", "^7.32.0 || ^8.2.0"),
    "eslint@7.32.0": {},
    "eslint@8.57.1": {},
    "eslint@9.1.0": {},
  };
  const project = { devDependencies: { plugin: "^19.0.0", eslint: "^9.0.0" } };
  expect(await told({ packages, project })).toBe(
    `Because the project requires eslint@^9.0.0 (dev) and plugin@^19.0.0 (dev), which requires eslint@"^7.32.0 || ^8.2.0" as a peer, no choice of versions satisfies the project.

Ways out:
  1. Use eslint@"^7.32.0 || ^8.2.0" in package.json: plugin requires it.
  2. Override eslint with the project's own spec.
     "overrides": {"eslint":"$eslint"}
  3. Turn peers that do not fit into warnings, with relax: peers.`,
  );
});

test("a newer plugin, where there is one", async () => {
  const packages = {
    "plugin@19.0.4": peer("eslint", "^8.2.0"),
    "plugin@20.0.0": peer("eslint", "^9.0.0"),
    "eslint@8.57.1": {},
    "eslint@9.1.0": {},
  };
  const project = { dependencies: { plugin: "^19.0.0", eslint: "^9.0.0" } };
  expect(await told({ packages, project })).toContain("Ways out:\n  1. Use plugin@^20.0.0 in package.json.\n  2. ");
});

test("a ladder of versions that ask for another companion each", async () => {
  const rungs = Array.from({ length: 30 }, (_, at) => [`p@1.${at}.0`, { q: `1.${at}.0` }] as const);
  const companions = Array.from({ length: 30 }, (_, at) => [`q@1.${at}.0`, { r: "^2.0.0" }] as const);
  const packages = { ...Object.fromEntries([...rungs, ...companions]), "r@1.0.0": {}, "r@2.0.0": {} };
  const project = { dependencies: { p: "^1.0.0", r: "^1.0.0" } };
  expect((await told({ packages, project })).split("\n\n")[0]).toBe(
    "Because the project requires r@^1.0.0 and p@^1.0.0, which requires q of the same version, which requires r@^2.0.0, no choice of versions satisfies the project.",
  );
});

test("a dependency that nobody has, deep down", async () => {
  const packages = { "a@1.0.0": { b: "^1.0.0" }, "b@1.0.0": { c: "^9.0.0" }, "c@2.0.0": {} };
  expect(await told({ packages, project: { dependencies: { a: "^1.0.0" } } })).toBe(
    `Because the project requires a@^1.0.0, which requires b@^1.0.0, which requires c@^9.0.0, which no version matches (the latest is 2.0.0), no choice of versions satisfies the project.

Ways out:
  1. Override c with 2.0.0.
     "overrides": {"c":"2.0.0"}`,
  );
});

test("what the project itself misspells, overtakes or hides", async () => {
  const packages = { "react@18.2.0": {}, "beta@1.0.0": {}, "beta@2.0.0-rc.1": {} };
  const own = async (dependencies: Record<string, string>, options: ResolveOptions = {}): Promise<string> =>
    told({ packages, project: { dependencies }, options, registry: { tags: { react: { next: "18.2.0" } } } });
  expect(await own({ react: "^18.0.0", raect: "^18.0.0" })).toBe(
    `Because the project requires raect@^18.0.0, which does not exist, no choice of versions satisfies the project.

Ways out:
  1. Use react instead of raect, if you meant that.
  2. Check the name raect. A private package needs its scope's registry, or a token.`,
  );
  expect(await own({ react: "nxet" })).toBe(
    `Because the project requires react@nxet, a dist-tag that react does not have, no choice of versions satisfies the project.

Ways out:
  1. Use react@next in package.json.
  2. Use react@latest in package.json.`,
  );
  expect(await own({ beta: ">1.0.0" })).toBe(
    `Because the project requires beta@>1.0.0, which exists only as a prerelease: 2.0.0-rc.1, no choice of versions satisfies the project.

Ways out:
  1. Use beta@2.0.0-rc.1 in package.json.
  2. Allow prereleases where nothing else fits, with prereleases: if-necessary.`,
  );
});

test("overrides and optional peers are named for what they are", async () => {
  const packages = {
    "a@1.0.0": { dependencies: { b: "^1.0.0" } },
    "b@1.0.0": {},
    "b@2.0.0": { peerDependencies: { c: "^1.0.0" }, peerDependenciesMeta: { c: { optional: true } } },
    "c@1.0.0": {},
    "c@2.0.0": {},
  };
  const project = { dependencies: { a: "^1.0.0", c: "^2.0.0" }, overrides: { b: "2.0.0" } };
  expect((await told({ packages, project })).split("\n\n")[0]).toBe(
    "Because the project requires c@^2.0.0 and a@^1.0.0, which requires b@2.0.0 (overridden from ^1.0.0), which requires c@^1.0.0 as an optional peer (if c is installed, it must fit), no choice of versions satisfies the project.",
  );
});
