// Full tier: every phase of npm's strategy with generated worst cases, each at two sizes.
import { expect, test } from "vitest";
import { InstallError } from "../../src/errors/failure.ts";
import { countOperations } from "./count-operations.ts";
import { TestEngine } from "./run-engine.ts";
import { documentsOf, WORST_PROJECTS, type WorstProject } from "./worst-projects.ts";

interface Measured {
  /** Operations on nodes and edges. */
  operations: number;
  /** The most operations between two places where other work can run. */
  longest: number;
  /** The code of the failure, or `ok`. */
  end: string;
}

async function measure(project: WorstProject): Promise<Measured> {
  const engine = new TestEngine(project);
  return await countOperations(async (count) => {
    let [last, longest] = [0, 0];
    const pause = (): void => {
      longest = Math.max(longest, count() - last);
      last = count();
    };
    let end = "ok";
    try {
      await engine.run(pause);
    } catch (error) {
      if (!(error instanceof InstallError)) throw error;
      end = error.code;
    }
    pause();
    return { operations: count(), longest, end };
  });
}

const SIZE = 600;

/** How much the operations may grow if the size doubles. Each exception is a loop of npm's own, with a limit. */
const GROWTH: Readonly<Record<string, number>> = {
  // A virtual root has 2,000 candidates at most. Each new one is compared with the others.
  "many peers of one package": 4,
  // Whether a package can be replaced depends on all of its dependents.
  "many peer sets that conflict": 4,
  // A tree nests 1,000 levels at most. A package on each level is looked for on all levels above it.
  "copies of one package nested in each other": 4,
  // The common dependencies grow with the size, too.
  "optional packages that fail, with common dependencies": 3,
};

/** Failures that are the right end. */
const FAILURES: Readonly<Record<string, string>> = { "optional peers that are not satisfied": "ERESOLVE" };

test.each(Object.keys(WORST_PROJECTS))(
  "%s: operations grow with the size, and pauses stay as near to each other",
  async (name) => {
    const make = WORST_PROJECTS[name] as (size: number) => WorstProject;
    const [small, large] = [await measure(make(SIZE)), await measure(make(2 * SIZE))];
    expect([small.end, large.end]).toEqual([FAILURES[name] ?? "ok", FAILURES[name] ?? "ok"]);
    expect(large.operations / small.operations).toBeLessThan((GROWTH[name] ?? 2) + 0.2);
    // A millisecond has about 2,000 operations. Single steps grow with the dependencies of one package, or the dependents.
    expect(large.longest).toBeLessThan(12_000 + 20 * 2 * SIZE);
  },
);

/** Runs a case whose size is past a limit. */
async function failureOf(project: WorstProject): Promise<{ code: string; message: string }> {
  try {
    await new TestEngine(project).run(() => {});
  } catch (error) {
    if (error instanceof InstallError) return error;
    throw error;
  }
  throw new Error("expected a failure");
}

const worst = (name: string, size: number): WorstProject =>
  (WORST_PROJECTS[name] as (size: number) => WorstProject)(size);

const LONG = { timeout: 120_000 };

test("a row of 10,000 packages resolves, also with overrides and in a project that bundles", LONG, async () => {
  for (const name of ["packages in a row", "overrides in a row of packages", "a row in a project that bundles"]) {
    const { project } = await new TestEngine(worst(name, 10_000)).run(() => {});
    expect(project.context.tree.inventory.size).toBeGreaterThan(10_000);
    expect([...project.context.tree.inventory.values()].filter((node) => node.bundler() !== null)).toEqual([]);
  }
});

test("a tree nests 1,000 levels, and one level more ends with ELIMIT that names the package", LONG, async () => {
  // Two packages alternate, so that two versions add one level.
  const { project } = await new TestEngine(worst("copies of one package nested in each other", 1_998)).run(() => {});
  const depths = [...project.context.tree.inventory.values()].map(({ depth }) => depth);
  expect(Math.max(...depths)).toBe(1_000);
  const failure = await failureOf(worst("copies of one package nested in each other", 2_000));
  expect(failure.code).toBe("ELIMIT");
  expect(failure.message).toMatch(/more than 1000 packages within each other, at "[xy]"/);
});

test("overrides nest as deep as a package.json, and one level more ends with ELIMIT", async () => {
  const nested = (depth: number): WorstProject => {
    let overrides: object | string = "1.0.0";
    for (let at = depth; at > 0; at--) overrides = { [`o${at}`]: overrides };
    const manifest = { name: "project", dependencies: { a: "1" }, overrides };
    return { files: { "package.json": JSON.stringify(manifest) }, documents: documentsOf({ "a@1.0.0": {} }) };
  };
  // The file itself is one of its 500 levels.
  await new TestEngine(nested(499)).run(() => {});
  expect((await failureOf(nested(500))).code).toBe("ELIMIT");
});

test("a description of a conflict leaves out what is beyond its budget", async () => {
  // Without a budget, six levels of dependents with 40 each would be described, which are 4,096,000,000.
  const { project } = await new TestEngine(worst("a conflict below layers of dependents", 1_600)).run(() => {});
  expect(JSON.stringify(project.context.warnings).length).toBeLessThan(50_000_000);
});
