// Loaded on demand: when a flat resolution has no solution, or gives up.
import type { Failure, WayOut } from "../api/failure.ts";
import type { Proof, Rung } from "../api/flat.ts";
import { failure } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";

export { hintsFor } from "./hints.ts";
export { makeProof } from "./make-proof.ts";

/** Returns the ENOSOLUTION of a proof. The installer adds the first sentence of the proof to its message. */
export function noSolution(proof: Proof, relaxation: Rung, wayOut: WayOut[]): Failure {
  const choice = relaxation === "copies" ? "choice of versions" : "single version of each package";
  return failure("ENOSOLUTION", `No ${choice} satisfies the whole project.`, {
    requiredBy: [""],
    wayOut,
    details: { proof, rung: relaxation },
  });
}

/** Returns the ELIMIT of a search that spent its steps. `names`: the packages that it decided most often, the first most of all. */
export function endlessSearch(names: readonly string[], limit: number): Failure {
  const [first] = names;
  const decided = first === undefined ? "" : ` It decided ${names.join(", ")} most often.`;
  const message = `The search for a flat tree took more than ${limit} steps, the limit.${decided}`;
  const raise: WayOut = { kind: "option", option: "solverLimit", text: "Raise the limit, with solverLimit." };
  if (first === undefined) return overLimit(message, { requiredBy: [""], wayOut: [raise] });
  const pin: WayOut = {
    kind: "other",
    text: `Pin ${first} in package.json or in overrides, so that there is less to choose.`,
  };
  return overLimit(message, { package: first, requiredBy: [""], details: { packages: names }, wayOut: [pin, raise] });
}
