// Loaded on demand: when a flat resolution has no solution.
import type { Failure } from "../api/failure.ts";
import type { Proof } from "../api/flat.ts";
import { runWithPauses } from "../base/run-to-end.ts";
import { outlineSteps, proofText } from "./proof.ts";

/**
 * Returns an ENOSOLUTION whose message ends with the first sentence of its proof. The page adds the sentence, so that workers need
 * not load the code that words proofs. Waits for `pause` now and then.
 */
export function withProofSentence(failure: Failure, pause: () => Promise<void>): Promise<Failure> {
  return runWithPauses(sentenceSteps(failure), pause);
}

/** Does the work of {@link withProofSentence}: a generator that pauses. */
export function* sentenceSteps(failure: Failure): Generator<undefined, Failure> {
  const { line } = yield* outlineSteps(failure.details?.["proof"] as Proof);
  const { parts } = line(0);
  return { ...failure, message: `${failure.message} ${proofText([{ parts }])}` };
}
