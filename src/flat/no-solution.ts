// Loaded on demand: when a flat resolution has no solution.
import type { Failure, WayOut } from "../api/failure.ts";
import type { Proof, Rung } from "../api/flat.ts";
import { failure } from "../errors/failure.ts";

export { hintsFor } from "./hints.ts";

/** Returns the ENOSOLUTION of a proof. The installer adds the first sentence of the proof to its message. */
export function noSolution(proof: Proof, relaxation: Rung, wayOut: WayOut[]): Failure {
  const choice = relaxation === "copies" ? "choice of versions" : "single version of each package";
  return failure("ENOSOLUTION", `No ${choice} satisfies the whole project.`, {
    requiredBy: [""],
    wayOut,
    details: { proof, rung: relaxation },
  });
}
