import type { Proof, ProofFact, ProofReference, ProofStep, ProofTerm } from "../api/flat.ts";
import { type Incompatibility, type PackageId, ROOT } from "../solver/incompatibility.ts";
import { ABSENT, NOTHING, type SetId, type VersionSets } from "../solver/version-sets.ts";
import type { Fact } from "./fact.ts";
import type { Packages } from "./packages.ts";

type Known = Incompatibility<Fact>;

/** Why the project cannot be met, as plain data: each step after those it follows from. */
export function prove(end: Known, world: { packages: Packages; sets: VersionSets }): Proof {
  const facts: ProofFact[] = [];
  const steps: ProofStep[] = [];
  const factsOf = new Map<Fact, ProofReference>();
  const stepsOf = new Map<Known, ProofReference>();
  const refer = (one: Known): ProofReference | undefined => {
    if (!("fact" in one.cause)) return stepsOf.get(one);
    const { fact } = one.cause;
    let reference = factsOf.get(fact);
    if (!reference) {
      reference = { fact: facts.push(factOf(fact)) - 1 };
      factsOf.set(fact, reference);
    }
    return reference;
  };
  // Causes first, without recursion: a proof may be thousands of steps deep.
  const stack: Known[] = [end];
  for (let one = stack.at(-1); one; one = stack.at(-1)) {
    if ("fact" in one.cause || stepsOf.has(one)) {
      refer(one);
      stack.pop();
      continue;
    }
    const { conflict, other } = one.cause;
    const [first, second] = [refer(conflict), refer(other)];
    if (first && second) {
      const terms = [...one.packages].flatMap((name, at) => termOf(name, one.sets[at] as SetId, world));
      stepsOf.set(one, { step: steps.push({ terms, because: [first, second] }) - 1 });
      stack.pop();
    } else stack.push(first ? other : conflict);
  }
  return { facts, steps };
}

function factOf({ kind, from, versions, to, spec, rawSpec, type, missing }: Fact): ProofFact {
  return {
    ...{ kind, from: from?.name ?? "", versions: from ? from.describe(versions) : "", name: to.name },
    ...{ spec: spec || "*", rawSpec: rawSpec || "*", type },
    ...(missing && { missing: missing() }),
  };
}

/** The project itself goes without saying, and so does what stands for a choice. */
function termOf(id: PackageId, set: SetId, { packages, sets }: { packages: Packages; sets: VersionSets }): ProofTerm[] {
  const entry = packages.entry(id);
  if (id === ROOT || entry.kind === "project" || entry.kind === "choice") return [];
  if (entry.kind === "lines") {
    const { fact } = entry.lines;
    return [{ package: fact.to.name, versions: fact.spec || "*", positive: !sets.has(set, 0) }];
  }
  const { installable } = entry;
  const positive = !sets.has(set, 0);
  const named = positive ? set : sets.not(set);
  return [
    {
      package: installable.name,
      versions: named === NOTHING || named === ABSENT ? "*" : installable.describe(named),
      positive,
    },
  ];
}
