import { check } from "./laws.ts";
import { Random } from "./random.ts";
import type { Target } from "./target.ts";

/** The seed of the tests. It is fixed, so that a change of the sources is the only reason for another result. */
const SEED = 11;

/** Tries a target's inputs. @throws Error with the first fault, and with the command that shows and shrinks it */
export async function tryTarget(target: Target): Promise<void> {
  for (let index = 0; index < target.perTest; index++) {
    const { fault } = await check(target, target.make(new Random(SEED, index)));
    if (fault === null) continue;
    const command = `npm run fuzz -- --target ${target.name} --seed ${SEED} --from ${index}`;
    throw new Error(`${fault}\n\nTo shrink the input and add it to the corpus: ${command}`);
  }
}
