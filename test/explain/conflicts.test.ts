import { expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { explain } from "../../src/explain/explain.ts";
import { type FakeManifest, type FakeOptions, fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";
import { resolveManifest } from "../support/tree.ts";

interface Conflict {
  packages: Readonly<Record<string, FakeManifest>>;
  project: object;
  registry?: FakeOptions;
  options?: ResolveOptions;
}

const HEADING = "No single version of each package satisfies the whole project.";

function failureFor({ packages, project, registry, options }: Conflict): Promise<Failure> {
  return failureOf(resolveManifest(fakeRegistry(packages, registry), project, { strategy: "flat", ...options }));
}

/** Returns the explanation of a conflict, without its heading. */
async function explained(conflict: Conflict): Promise<string> {
  const [heading, ...rest] = explain(await failureFor(conflict)).split("\n\n");
  expect(heading).toBe(HEADING);
  return rest.join("\n\n");
}

const proofOf = async (conflict: Conflict): Promise<string | undefined> => (await explained(conflict)).split("\n\n")[0];

const peer = (name: string, range: string): FakeManifest => ({ peerDependencies: { [name]: range } });

const CONCLUSION = "no choice of versions satisfies the project.";

test("a plugin that does not support the newest version: all ways out are tried", async () => {
  const packages = {
    "plugin@19.0.4": peer("eslint", "^7.32.0 || ^8.2.0"),
    "eslint@7.32.0": {},
    "eslint@8.57.1": {},
    "eslint@9.1.0": {},
  };
  const project = { devDependencies: { plugin: "^19.0.0", eslint: "^9.0.0" } };
  expect(await explained({ packages, project })).toBe(
    `Because the project requires eslint@^9.0.0 (dev) and plugin@^19.0.0 (dev), which requires eslint@"^7.32.0 || ^8.2.0" as a peer, ${CONCLUSION}

Ways out:
  1. Use eslint@"^7.32.0 || ^8.2.0" in package.json: plugin requires it.
  2. Override eslint with the project's own spec.
     "overrides": {"eslint":"$eslint"}
  3. Turn peers that do not fit into warnings, with relax: peers (--relax=peers).`,
  );
});

test("a newer plugin is offered if it supports the newest version", async () => {
  const packages = {
    "plugin@19.0.4": peer("eslint", "^8.2.0"),
    "plugin@20.0.0": peer("eslint", "^9.0.0"),
    "eslint@8.57.1": {},
    "eslint@9.1.0": {},
  };
  const project = { dependencies: { plugin: "^19.0.0", eslint: "^9.0.0" } };
  expect(await explained({ packages, project })).toContain(
    "Ways out:\n  1. Use plugin@^20.0.0 in package.json.\n  2. ",
  );
});

test("thirty versions that each require another companion are one sentence", async () => {
  const versions = Array.from({ length: 30 }, (_, at) => [`p@1.${at}.0`, { q: `1.${at}.0` }] as const);
  const companions = Array.from({ length: 30 }, (_, at) => [`q@1.${at}.0`, { r: "^2.0.0" }] as const);
  const packages = { ...Object.fromEntries([...versions, ...companions]), "r@1.0.0": {}, "r@2.0.0": {} };
  const project = { dependencies: { p: "^1.0.0", r: "^1.0.0" } };
  expect(await proofOf({ packages, project })).toBe(
    `Because the project requires r@^1.0.0 and p@^1.0.0, which requires q of the same version, which requires r@^2.0.0, ${CONCLUSION}`,
  );
});

test("a dependency of a dependency that no version satisfies", async () => {
  const packages = { "a@1.0.0": { b: "^1.0.0" }, "b@1.0.0": { c: "^9.0.0" }, "c@2.0.0": {} };
  expect(await explained({ packages, project: { dependencies: { a: "^1.0.0" } } })).toBe(
    `Because the project requires a@^1.0.0, which requires b@^1.0.0, which requires c@^9.0.0, which no version matches (the latest is 2.0.0), ${CONCLUSION}

Ways out:
  1. Override c with 2.0.0.
     "overrides": {"c":"2.0.0"}`,
  );
});

const PRERELEASE_OPTION = "\n  2. Allow prereleases where nothing else fits, with prereleases: if-necessary.";

test.each([
  [
    "a misspelled name",
    { react: "^18.0.0", raect: "^18.0.0" },
    "raect@^18.0.0, which does not exist",
    "  1. Use react instead of raect, if you meant that.\n  2. Check the name raect. A private package needs its scope's registry, or a token.",
  ],
  [
    "a misspelled dist-tag",
    { react: "nxet" },
    "react@nxet, a dist-tag that react does not have",
    "  1. Use react@next in package.json.\n  2. Use react@latest in package.json.",
  ],
  [
    "a range that only a prerelease satisfies",
    { beta: ">1.0.0" },
    "beta@>1.0.0, which exists only as a prerelease: 2.0.0-rc.1",
    `  1. Use beta@2.0.0-rc.1 in package.json.${PRERELEASE_OPTION}`,
  ],
  [
    "a major version that exists only as a prerelease",
    { beta: "^2.0.0" },
    "beta@^2.0.0, which exists only as a prerelease: 2.0.0-rc.1",
    "  1. Use beta@2.0.0-rc.1 in package.json.",
  ],
  [
    "a version that exists only as a prerelease",
    { beta: "2.0.0" },
    "beta@2.0.0, which exists only as a prerelease: 2.0.0-rc.1",
    "  1. Use beta@2.0.0-rc.1 in package.json.",
  ],
])("the project requires %s", async (_, dependencies, sentence, ways) => {
  const packages = { "react@18.2.0": {}, "beta@1.0.0": {}, "beta@2.0.0-rc.1": {} };
  const registry = { tags: { react: { next: "18.2.0" } } };
  expect(await explained({ packages, project: { dependencies }, registry })).toBe(
    `Because the project requires ${sentence}, ${CONCLUSION}\n\nWays out:\n${ways}`,
  );
});

test("overrides and optional peers are named as such", async () => {
  const packages = {
    "a@1.0.0": { dependencies: { b: "^1.0.0" } },
    "b@1.0.0": {},
    "b@2.0.0": { peerDependencies: { c: "^1.0.0" }, peerDependenciesMeta: { c: { optional: true } } },
    "c@1.0.0": {},
    "c@2.0.0": {},
  };
  const project = { dependencies: { a: "^1.0.0", c: "^2.0.0" }, overrides: { b: "2.0.0" } };
  expect(await proofOf({ packages, project })).toBe(
    `Because the project requires c@^2.0.0 and a@^1.0.0, which requires b@2.0.0 (overridden from ^1.0.0), which requires c@^1.0.0 as an optional peer (if c is installed, it must fit), ${CONCLUSION}`,
  );
});

/** Two lines of react-dom, each version with the peer that it is published with. */
const TWO_LINES: Conflict = {
  packages: {
    ...Object.fromEntries(
      ["18.0.0", "18.2.0", "18.3.1", "19.0.0", "19.1.0"].map((version) => [
        `react-dom@${version}`,
        peer("react", `^${version}`),
      ]),
    ),
    "react@17.0.2": {},
    "react@18.3.1": {},
    "react@19.1.0": {},
  },
  project: { dependencies: { react: "^17.0.0", "react-dom": "^18.0.0 || ^19.0.0" } },
};

test("the ranges of each version line are merged", async () => {
  expect(await proofOf(TWO_LINES)).toBe(
    `Because the project requires react@^17.0.0 and react-dom@"^18.0.0 || ^19.0.0", which requires react 18 or react 19 as a peer, ${CONCLUSION}`,
  );
});

test("a way out names the version of a dependent that has two lines in the proof", async () => {
  const { wayOut } = await failureFor(TWO_LINES);
  const texts = wayOut.map(({ text }) => text);
  expect(texts[0]).toBe("Use react@^19.1.0 in package.json: react-dom 19.1.0 requires it.");
  expect(new Set(texts).size).toBe(texts.length);
});

test("the message ends with the first sentence of the proof", async () => {
  const failure = await failureFor(TWO_LINES);
  expect(failure.message).toBe(`${HEADING} ${await proofOf(TWO_LINES)}`);
});
