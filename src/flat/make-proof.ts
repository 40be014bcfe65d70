import type { Proof, ProofFact, ProofReference, ProofStep, ProofTerm } from "../api/flat.ts";
import { PAUSE, type Steps } from "../engine/need.ts";
import { type Incompatibility, type PackageId, ROOT } from "../solver/incompatibility.ts";
import { ABSENT, NOTHING, type SetId, type VersionSets } from "../solver/version-sets.ts";
import type { Fact } from "./fact.ts";
import type { PackageTable } from "./packages.ts";

/** The number of steps that a proof may have. */
export const MAX_PROOF_STEPS = 2000;
/** The number of characters that a proof's specs and versions may have. */
export const MAX_PROOF_TEXT = 500_000;

interface ProofTables {
  readonly packages: PackageTable;
  readonly sets: VersionSets;
}

/**
 * Turns the derivation graph of a failed search into plain data: facts, and steps that each follow from earlier ones.
 *
 * 1. Choose the steps, from the conclusion back, until the proof is as long as it may be. Describe their terms.
 * 2. Number facts and steps, the causes first. A step that was not chosen has no causes.
 */
export function* makeProof(root: Incompatibility<Fact>, tables: ProofTables): Steps<Proof> {
  const { chosen, terms } = yield* choose(root, tables);
  const { counter } = tables.sets;
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
  const addStep = (of: Incompatibility<Fact>, because: ProofStep["because"]): void => {
    stepReferences.set(of, { step: steps.push({ terms: terms.get(of) ?? [], because }) - 1 });
  };
  // Causes come first. A stack replaces recursion: a proof may be thousands of steps deep.
  const stack = [root];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    counter.steps++;
    if (counter.pauses()) yield PAUSE;
    if ("fact" in top.cause || stepReferences.has(top)) {
      refer(top);
      stack.pop();
      continue;
    }
    if (!chosen.has(top)) {
      addStep(top, []);
      stack.pop();
      continue;
    }
    const { conflict, other } = top.cause;
    const [first, second] = [refer(conflict), refer(other)];
    if (first && second) {
      addStep(top, [first, second]);
      stack.pop();
    } else stack.push(first ? other : conflict);
  }
  const shortened = chosen.size < stepReferences.size;
  return { facts, steps, ...(shortened && { shortened }) };
}

interface ChosenSteps {
  /** The steps whose causes the proof has. */
  readonly chosen: ReadonlySet<Incompatibility<Fact>>;
  /** The terms of these steps and of their causes. */
  readonly terms: ReadonlyMap<Incompatibility<Fact>, readonly ProofTerm[]>;
}

/** Chooses the steps nearest to the conclusion, as many as a proof may have. */
function* choose(root: Incompatibility<Fact>, tables: ProofTables): Steps<ChosenSteps> {
  const { counter } = tables.sets;
  const chosen = new Set<Incompatibility<Fact>>();
  const terms = new Map<Incompatibility<Fact>, readonly ProofTerm[]>();
  const facts = new Set<Fact>();
  let length = 0;
  const queue = [root];
  const add = (one: Incompatibility<Fact>): void => {
    if ("fact" in one.cause) {
      const { fact } = one.cause;
      if (!facts.has(fact)) length += fact.spec.length + fact.rawSpec.length;
      facts.add(fact);
    } else if (!terms.has(one)) {
      const own = termsOf(one, tables);
      terms.set(one, own);
      for (const { versions } of own) length += versions.length;
      queue.push(one);
    }
  };
  for (const one of queue) {
    if ("fact" in one.cause || chosen.size >= MAX_PROOF_STEPS || length > MAX_PROOF_TEXT) break;
    if (one === root) terms.set(one, termsOf(one, tables));
    chosen.add(one);
    add(one.cause.conflict);
    add(one.cause.other);
    counter.steps += one.packages.length;
    if (counter.pauses()) yield PAUSE;
  }
  return { chosen, terms };
}

function factData({ kind, from, versions, to, spec, rawSpec, type, missing }: Fact): ProofFact {
  return {
    ...{ kind, from: from?.name ?? "", versions: from ? from.describe(versions) : "", name: to.name },
    ...{ spec: spec || "*", rawSpec: rawSpec || "*", type },
    ...(missing && { missing: missing() }),
  };
}

/** Returns terms as data. Terms of the project and of a droppable requirement are left out: they always hold. */
function termsOf({ packages, sets }: Incompatibility<Fact>, tables: ProofTables): ProofTerm[] {
  return packages.flatMap((name, at) => termData(name, sets[at] as SetId, tables));
}

function termData(id: PackageId, set: SetId, { packages, sets }: ProofTables): ProofTerm[] {
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
