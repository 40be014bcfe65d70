// Full tier: random registries, each resolved several times.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import type { Resolution, TreeNode } from "../../src/api/resolve.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { type FakeManifest, type FakeOptions, fakeRegistry } from "../support/fake-registry.ts";
import { resolveIn, resolveManifest } from "../support/tree.ts";

const NAMES = ["a", "b", "c", "d", "e", "f"] as const;
const VERSIONS = ["1.0.0", "1.1.0", "2.0.0"] as const;

const spec = fc.constantFrom("*", "^1.0.0", "1.0.0", "^2.0.0", ">=1.1.0");
const SPECS = ["*", "^1.0.0", "npm:a@^1.0.0"] as const;

/** Mostly required dependencies, some peers, a few optional ones. Optional ones may ask for packages that do not exist. */
function manifestOf(own: string): fc.Arbitrary<FakeManifest> {
  // npm leaves a dependency on the dependent's own name unsatisfied, without a warning.
  const other = fc.constantFrom(...NAMES.filter((each) => each !== own));
  const optional = fc.oneof(other, fc.constant("gone"));
  return fc.record(
    {
      dependencies: fc.dictionary(other, spec, { maxKeys: 3 }),
      peerDependencies: fc.dictionary(other, spec, { maxKeys: 2 }),
      optionalDependencies: fc.dictionary(optional, fc.constantFrom(...SPECS), { maxKeys: 2 }),
    },
    { requiredKeys: ["dependencies"] },
  );
}

const PLACES = NAMES.flatMap((name) => VERSIONS.map((version) => ({ name, id: `${name}@${version}` })));
const packages = fc
  .tuple(...PLACES.map(({ name }) => manifestOf(name)))
  .map((all) => Object.fromEntries(PLACES.map(({ id }, index) => [id, all[index] ?? {}])));

/** Registries without optional dependencies. */
const certain = packages.map((published) =>
  Object.fromEntries(Object.entries(published).map(([id, { optionalDependencies: _, ...rest }]) => [id, rest])),
);

const name = fc.constantFrom(...NAMES);
const project = fc.record(
  {
    dependencies: fc.dictionary(name, spec, { minKeys: 1, maxKeys: 4 }),
    devDependencies: fc.dictionary(name, spec, { maxKeys: 2 }),
    optionalDependencies: fc.dictionary(name, spec, { maxKeys: 1 }),
    overrides: fc.dictionary(name, fc.constantFrom("1.0.0", "2.0.0"), { maxKeys: 1 }),
  },
  { requiredKeys: ["dependencies"] },
);

const RUNS = { numRuns: 60 };
const TIME = { timeout: 120_000 };

type Answer = { resolution: Resolution } | { failure: Failure };

async function answerTo(
  published: Record<string, FakeManifest>,
  manifest: object,
  options?: FakeOptions,
): Promise<Answer> {
  try {
    return { resolution: await resolveManifest(fakeRegistry(published, options), manifest) };
  } catch (error) {
    // Any other error is a crash.
    if (error instanceof InstallError) return { failure: error.failure };
    throw error;
  }
}

const bytes = (answer: Answer): unknown =>
  "failure" in answer ? answer.failure : { ...answer.resolution.files, warnings: answer.resolution.warnings };

/** Counts the random projects that had a tree: without one, the test would prove nothing. */
function tally(): { count(answer: Answer): void; trees: number } {
  const seen = {
    trees: 0,
    count(answer: Answer) {
      if ("resolution" in answer) seen.trees++;
    },
  };
  return seen;
}

test("every order of arrival gives the same bytes or the same failure", TIME, async () => {
  const seen = tally();
  const law = fc.asyncProperty(packages, project, fc.integer(), async (published, manifest, shuffle) => {
    const straight = await answerTo(published, manifest);
    seen.count(straight);
    expect(bytes(await answerTo(published, manifest, { shuffle }))).toEqual(bytes(straight));
  });
  await fc.assert(law, RUNS);
  expect(seen.trees).toBeGreaterThan(20);
});

/** Checks that every edge is valid, no node is extraneous and no conflict was overridden. */
function sound({ tree, warnings }: Resolution): boolean {
  const met = [tree.root, ...tree.nodes].every(({ edgesOut }) =>
    edgesOut.every(({ valid, to, type }) => valid && (to ? to.version !== "" : type === "peerOptional")),
  );
  return met && warnings.length === 0 && tree.nodes.every(({ extraneous }) => !extraneous);
}

test("the lock of a valid tree is written again by the next run, without a request", TIME, async () => {
  const seen = tally();
  const law = fc.asyncProperty(certain, project, async (published, { optionalDependencies: _, ...manifest }) => {
    const first = await answerTo(published, manifest);
    if ("failure" in first || !sound(first.resolution)) return;
    seen.count(first);
    const registry = fakeRegistry(published);
    const files = { "package.json": JSON.stringify(manifest, null, 2), ...first.resolution.files };
    expect((await resolveIn(registry, files)).files).toEqual(first.resolution.files);
    expect(registry.log).toEqual([]);
  });
  await fc.assert(law, { numRuns: 150 });
  expect(seen.trees).toBeGreaterThan(10);
});

test("every failure has a code, a message and a way out", TIME, async () => {
  let failures = 0;
  const law = fc.asyncProperty(packages, project, async (published, manifest) => {
    const answer = await answerTo(published, manifest);
    if ("resolution" in answer) return;
    failures++;
    const { code, message, wayOut } = answer.failure;
    expect(code).toMatch(/^E[A-Z0-9]+$/);
    expect(message).not.toMatch(/undefined|null|NaN|\[object/);
    expect(wayOut.length).toBeGreaterThan(0);
  });
  await fc.assert(law, RUNS);
  expect(failures).toBeGreaterThan(5);
});

// With peers this does not hold: npm leaves some dependencies unsatisfied without a warning, and webhoist matches npm.
test("without peers, every dependency is satisfied and there are no warnings", TIME, async () => {
  const law = fc.asyncProperty(
    packages,
    project,
    async (published, { overrides: _, optionalDependencies: __, ...manifest }) => {
      const resolution = await resolveManifest(fakeRegistry(published), manifest, { legacyPeerDeps: true });
      for (const { edgesOut } of [resolution.tree.root, ...resolution.tree.nodes]) {
        for (const { valid, type } of edgesOut) expect(valid || type === "optional").toBe(true);
      }
      expect(resolution.warnings).toEqual([]);
    },
  );
  await fc.assert(law, RUNS);
});

test("a dependency leads to the nearest package of its name, and that package lists the edge", TIME, async () => {
  const seen = tally();
  const law = fc.asyncProperty(packages, project, async (published, manifest) => {
    const answer = await answerTo(published, manifest);
    if ("failure" in answer) return;
    seen.count(answer);
    const { tree } = answer.resolution;
    const nodes = [tree.root, ...tree.nodes];
    for (const node of nodes) {
      for (const edge of node.edgesOut) {
        expect(edge.from === node && edge.to === nearest(node, edge.name)).toBe(true);
        expect(edge.to === null || edge.to.edgesIn.includes(edge)).toBe(true);
      }
      expect(tree.get(node.location) === node).toBe(true);
    }
    const edges = nodes.flatMap(({ edgesOut }) => edgesOut);
    expect(nodes.flatMap(({ edgesIn }) => edgesIn)).toHaveLength(edges.filter(({ to }) => to).length);
  });
  await fc.assert(law, RUNS);
  expect(seen.trees).toBeGreaterThan(10);
});

function nearest(node: TreeNode, wanted: string): TreeNode | null {
  for (let at: TreeNode | null = node; at; at = at.parent) {
    const found = at.children.find((child) => child.name === wanted);
    if (found) return found;
  }
  return null;
}
