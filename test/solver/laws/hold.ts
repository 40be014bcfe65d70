import fc from "fast-check";
import { ALL_TECHNIQUES, type Techniques } from "../../../src/solver/techniques.ts";
import { printCase, type RegistryCase } from "./registry-case.ts";

/** How many registries, and from which seed. `node test/solver/laws/search.mjs` sets both. */
export const SEED: number = Number(process.env["LAWS_SEED"] ?? 1);
export const runs = (usual: number): number => Number(process.env["LAWS_RUNS"] ?? usual);

/** What to do with each of them: what is wrong with it, line by line. */
export type Check = (registryCase: RegistryCase, extra: number) => readonly string[] | Promise<readonly string[]>;

/**
 * Holds registries drawn from the seed against a check. The first that something is wrong with is made as small as it goes,
 * and printed. `extra` is a number drawn with each.
 */
export async function hold(drawn: fc.Arbitrary<RegistryCase>, check: Check, count: number): Promise<void> {
  const law = fc.asyncProperty(drawn, fc.nat(), async (registryCase, extra) => {
    const wrong = await check(registryCase, extra);
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
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

/** A number drawn with a registry, as answers to several questions: each but the last is left to the rest. */
export function parts(extra: number): (of: number) => number {
  let left = extra;
  return (of) => {
    const part = left % of;
    left = Math.floor(left / of);
    return part;
  };
}

/** Some of the search's techniques: most of the time most of them. */
export function someTechniques(part: (of: number) => number): Techniques {
  const chosen = Object.keys(ALL_TECHNIQUES).map((name) => [name, part(3) > 0]);
  return Object.fromEntries(chosen) as unknown as Techniques;
}
