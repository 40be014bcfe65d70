// Full tier: searches and proofs as long as their limits allow.
import { describe, expect, test } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import type { Proof } from "../../src/api/flat.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { MAX_PROOF_STEPS, MAX_PROOF_TEXT } from "../../src/flat/make-proof.ts";
import { runWorld, type WorldAnswer } from "./run-world.ts";
import { satWorld, WORST_CASES, type World } from "./worst-cases.ts";

/** Returns a worst case by its name. */
function worst(name: string, size: number): World {
  const make = WORST_CASES[name];
  if (!make) throw new Error(`no case ${name}`);
  return make(size);
}

function withOptions(world: World, options: ResolveOptions): World {
  return { ...world, options: { ...world.options, ...options } };
}

async function failureIn(world: World): Promise<{ failure: Failure; text: string }> {
  const answer = await runWorld(world, () => {});
  if (!("failure" in answer)) throw new Error("The world has a solution");
  return answer;
}

function proofOf({ details }: Failure): Proof {
  return details?.["proof"] as Proof;
}

describe("the limit of steps", () => {
  const world = satWorld(20);

  test("ends a search at one step past it, and no earlier", async () => {
    const free = await solved(world);
    expect(free.steps).toBeGreaterThan(1000);
    expect(await solved(withOptions(world, { solverLimit: free.steps }))).toEqual(free);
    const { failure } = await failureIn(withOptions(world, { solverLimit: free.steps - 1 }));
    expect([failure.code, failure.wayOut.map(({ kind }) => kind)]).toEqual(["ELIMIT", ["other", "option"]]);
  });

  test("ends a search that would never end, and names the packages that took the most decisions", async () => {
    const { failure } = await failureIn(satWorld(130));
    expect(failure.code).toBe("ELIMIT");
    const { packages } = failure.details as { packages: readonly string[] };
    expect(packages).toHaveLength(5);
    expect(packages.every((name) => /^[cv]\d+$/.test(name))).toBe(true);
    expect(failure.package).toBe(packages[0]);
    expect(failure.message).toBe(
      `The search for a flat tree took more than 100000000 steps, the limit. It decided ${packages.join(", ")} most often.`,
    );
  }, 120_000);

  async function solved(one: World): Promise<Extract<WorldAnswer, { lock: string }>> {
    const answer = await runWorld(one, () => {});
    if (!("lock" in answer)) throw new Error(answer.failure.message);
    return answer;
  }
});

test("ways out that would take too long are left out, and the conflict stays the failure", async () => {
  const { project, packages } = satWorld(130);
  const world = {
    project: { ...project, dependencies: { ...(project["dependencies"] as object), a: "1.0.0", b: "1.0.0" } },
    packages: new Map([
      ...packages,
      ["a", { "1.0.0": { dependencies: { b: "2.0.0" } } }],
      ["b", { "1.0.0": {}, "2.0.0": {} }],
    ]),
  };
  const { failure } = await failureIn(world);
  expect(failure.code).toBe("ENOSOLUTION");
  expect(failure.message).toContain("the project requires b@1.0.0 and a@1.0.0, which requires b@2.0.0");
  expect(failure.wayOut).toEqual([]);
}, 120_000);

describe("a proof", () => {
  const chain = (length: number): World => worst("a deep chain that ends at a missing package", length);

  test("is whole if it has as many steps as it may have", async () => {
    const { failure, text } = await failureIn(chain(MAX_PROOF_STEPS));
    const { steps, shortened } = proofOf(failure);
    expect([steps.length, shortened, failure.code]).toEqual([MAX_PROOF_STEPS, undefined, "ENOSOLUTION"]);
    expect(text).not.toContain("shortened");
  }, 60_000);

  test.each([MAX_PROOF_STEPS + 1, 2 * MAX_PROOF_STEPS])(
    "of %i steps is shortened, and says so",
    async (length) => {
      const { failure, text } = await failureIn(chain(length));
      const { facts, steps, shortened } = proofOf(failure);
      // One more step states what the steps that are left out conclude.
      expect([steps.length, facts.length, shortened]).toEqual([MAX_PROOF_STEPS + 1, MAX_PROOF_STEPS, true]);
      expect(steps.filter(({ because }) => because.length === 0)).toHaveLength(1);
      expect(text).toContain("\n\nThe proof is too long. It is shortened to the steps nearest to the conclusion.\n\n");
      expect(failure.message).toContain("For reasons that are left out, every version of ");
      expect(text.split("\n\nWays out:")[0]).toMatch(/no choice of versions satisfies the project\.$/);
    },
    60_000,
  );

  test("is shortened if its versions are too long a text", async () => {
    const { failure } = await failureIn(worst("versions ruled out one by one", 800));
    const { steps, shortened } = proofOf(failure);
    const length = steps.flatMap(({ terms }) => terms).reduce((sum, { versions }) => sum + versions.length, 0);
    expect(shortened).toBe(true);
    expect(length).toBeGreaterThan(MAX_PROOF_TEXT / 2);
    // The last step that is described may exceed the limit.
    expect(length).toBeLessThan(MAX_PROOF_TEXT + 2 * 800 * 20);
  }, 60_000);
});

test("a cancel is heard at the next pause, in every phase", async () => {
  for (const name of Object.keys(WORST_CASES)) {
    const world = worst(name, 30);
    let pauses = 0;
    await runWorld(world, () => pauses++);
    for (const at of [1, Math.floor(pauses / 3), Math.floor((2 * pauses) / 3)]) {
      // The last pauses are after the last need.
      if (at < 1 || at > pauses - 4) continue;
      const controller = new AbortController();
      const reason = new InstallError({ code: "EABORTED", message: "Cancelled", requiredBy: [], wayOut: [] });
      let heard = 0;
      const abort = (): void => {
        if (++heard === at + 1) controller.abort(reason);
      };
      await expect(runWorld(world, abort, controller.signal)).rejects.toBe(reason);
      expect([name, heard]).toEqual([name, at + 1]);
    }
  }
}, 120_000);
