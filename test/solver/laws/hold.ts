import fc from "fast-check";
import { ALL_TECHNIQUES, type Techniques } from "../../../src/solver/techniques.ts";
import { printCase, type RegistryCase } from "./registry-case.ts";

/** The seed of the random registries. `node test/solver/laws/search.mjs` sets it, and the number of runs. */
export const SEED: number = Number(process.env["LAWS_SEED"] ?? 1);

/** Returns the number of registries to try. */
export const runs = (usual: number): number => Number(process.env["LAWS_RUNS"] ?? usual);

/** Returns the errors found in one registry, one a line. `extra` is a random number that belongs to the registry. */
export type Check = (registryCase: RegistryCase, extra: number) => readonly string[] | Promise<readonly string[]>;

/**
 * Checks random registries. Shrinks the first registry with an error as far as possible.
 * @throws Error with its errors and the registry as text
 */
export async function hold(registries: fc.Arbitrary<RegistryCase>, check: Check, count: number): Promise<void> {
  const law = fc.asyncProperty(registries, fc.nat(), async (registryCase, extra) => {
    const errors = await check(registryCase, extra);
    if (errors.length > 0) throw new Error(errors.join("\n"));
  });
  const { failed, counterexample, errorInstance, numRuns } = await fc.check(law, {
    numRuns: count,
    seed: SEED,
  });
  if (!failed || !counterexample) return;
  const [registryCase, extra] = counterexample;
  const where = `seed ${SEED}, registry ${numRuns}, extra ${extra}`;
  throw new Error(`${(errorInstance as Error).message}\n${where}\n${printCase(registryCase)}`, {
    cause: errorInstance,
  });
}

/** Splits a random number into several smaller ones: each call returns a number below `of` and keeps the rest for later calls. */
export function parts(extra: number): (of: number) => number {
  let left = extra;
  return (of) => {
    const part = left % of;
    left = Math.floor(left / of);
    return part;
  };
}

/** Chooses a random set of the solver's techniques. Each is on with a probability of two thirds. */
export function someTechniques(part: (of: number) => number): Techniques {
  const chosen = Object.keys(ALL_TECHNIQUES).map((name) => [name, part(3) > 0]);
  return Object.fromEntries(chosen) as unknown as Techniques;
}
