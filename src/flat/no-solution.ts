// Loaded on demand: when a flat resolution has no solution.
import type { Failure, WayOut } from "../api/failure.ts";
import type { Proof, Rung } from "../api/flat.ts";
import { failure } from "../errors/failure.ts";
import { proofLines, proofText } from "../explain/proof.ts";

export { hintsFor } from "./hints.ts";

/** Returns the ENOSOLUTION of a proof. Its message ends with the first sentence of the proof. */
export function noSolution(proof: Proof, relaxation: Rung, wayOut: WayOut[]): Failure {
  const choice = relaxation === "copies" ? "choice of versions" : "single version of each package";
  const [first] = proofLines(proof);
  const sentence = first ? ` ${proofText([{ parts: first.parts }])}` : "";
  return failure("ENOSOLUTION", `No ${choice} satisfies the whole project.${sentence}`, {
    requiredBy: [""],
    wayOut,
    details: { proof, rung: relaxation },
  });
}
