import type { Proof, ProofFact, ProofReference, ProofTerm } from "../../src/api/flat.ts";

/** `fact("a 1.0.0", "b@^1.0.0")`: a requirement of a 1.0.0. The project is `""`. */
export function fact(dependent: string, dependency: string, more: Partial<ProofFact> = {}): ProofFact {
  const at = dependency.indexOf("@", 1);
  const [from = "", ...versions] = dependent.split(" ");
  const spec = dependency.slice(at + 1);
  const name = dependency.slice(0, at);
  return { kind: "dependency", from, versions: versions.join(" "), name, spec, rawSpec: spec, type: "prod", ...more };
}

/** `step("a 1.0.0, not b 1.0.0 - 1.2.0", 0, "1")`: refers to facts by number, and to steps by their number as text. */
export function step(terms: string, ...because: [number | string, number | string]): Proof["steps"][number] {
  const [one, two] = because.map(
    (at): ProofReference => (typeof at === "number" ? { fact: at } : { step: Number(at) }),
  );
  return { terms: terms.split(", ").filter(Boolean).map(term), because: [one!, two!] };
}

function term(text: string): ProofTerm {
  const [, not, name = "", versions = ""] = /^(not )?(\S+) (.*)$/.exec(text) ?? [];
  return { package: name === "root" ? "" : name, versions, positive: !not };
}
