// Loaded on demand: when a flat resolution has no solution.
import type { Failure } from "../api/failure.ts";
import type { Proof } from "../api/flat.ts";
import { outlineProof, proofText } from "./proof.ts";

/**
 * Returns an ENOSOLUTION whose message ends with the first sentence of its proof. The page adds the sentence, so that workers need
 * not load the code that words proofs.
 */
export function withProofSentence(failure: Failure): Failure {
  const { parts } = outlineProof(failure.details?.["proof"] as Proof).line(0);
  return { ...failure, message: `${failure.message} ${proofText([{ parts }])}` };
}
