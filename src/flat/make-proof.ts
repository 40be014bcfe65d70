import type { Proof, ProofFact, ProofReference, ProofStep, ProofTerm } from "../api/flat.ts";
import { type Incompatibility, type PackageId, ROOT } from "../solver/incompatibility.ts";
import { ABSENT, NOTHING, type SetId, type VersionSets } from "../solver/version-sets.ts";
import type { Fact } from "./fact.ts";
import type { PackageTable } from "./packages.ts";

/** Turns the derivation graph of a failed search into plain data: facts, and steps that each follow from earlier ones. */
export function makeProof(root: Incompatibility<Fact>, tables: { packages: PackageTable; sets: VersionSets }): Proof {
  const facts: ProofFact[] = [];
  const steps: ProofStep[] = [];
  const factReferences = new Map<Fact, ProofReference>();
  const stepReferences = new Map<Incompatibility<Fact>, ProofReference>();
  const refer = (incompatibility: Incompatibility<Fact>): ProofReference | undefined => {
    if (!("fact" in incompatibility.cause)) return stepReferences.get(incompatibility);
    const { fact } = incompatibility.cause;
    let reference = factReferences.get(fact);
    if (!reference) {
      reference = { fact: facts.push(factData(fact)) - 1 };
      factReferences.set(fact, reference);
    }
    return reference;
  };
  // Causes come first. A stack replaces recursion: a proof may be thousands of steps deep.
  const stack = [root];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if ("fact" in top.cause || stepReferences.has(top)) {
      refer(top);
      stack.pop();
      continue;
    }
    const { conflict, other } = top.cause;
    const [first, second] = [refer(conflict), refer(other)];
    if (first && second) {
      const { packages, sets } = top;
      const terms = packages.flatMap((name, at) => termData(name, sets[at] as SetId, tables));
      stepReferences.set(top, { step: steps.push({ terms, because: [first, second] }) - 1 });
      stack.pop();
    } else stack.push(first ? other : conflict);
  }
  return { facts, steps };
}

function factData({ kind, from, versions, to, spec, rawSpec, type, missing }: Fact): ProofFact {
  return {
    ...{ kind, from: from?.name ?? "", versions: from ? from.describe(versions) : "", name: to.name },
    ...{ spec: spec || "*", rawSpec: rawSpec || "*", type },
    ...(missing && { missing: missing() }),
  };
}

/** Returns a term as data. Terms of the project and of a droppable requirement are left out: they always hold. */
function termData(
  id: PackageId,
  set: SetId,
  { packages, sets }: { packages: PackageTable; sets: VersionSets },
): ProofTerm[] {
  const described = packages.get(id);
  if (id === ROOT || described.kind === "project" || described.kind === "droppable") return [];
  const positive = !sets.has(set, 0);
  if (described.kind === "lines") {
    const { fact } = described.choice;
    return [{ package: fact.to.name, versions: fact.spec || "*", positive }];
  }
  const { installable } = described;
  const named = positive ? set : sets.not(set);
  const versions = named === NOTHING || named === ABSENT ? "*" : installable.describe(named);
  return [{ package: installable.name, versions, positive }];
}
