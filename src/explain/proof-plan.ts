import type { Proof, ProofFact, ProofReference } from "../api/flat.ts";

/** The facts of one dependent about one dependency. They share a clause. */
export interface FactGroup {
  readonly key: string;
  readonly from: string;
  readonly name: string;
  readonly kind: ProofFact["kind"];
  /** Facts, and groups joined into this one. {@link factsOf} flattens them, so that joining is cheap. */
  readonly members: readonly (number | FactGroup)[];
}

/** A premise of a line: a group of facts, or a step that has its own line. */
export type Premise = FactGroup | { readonly step: number };

/** The premises of a step's line. */
export interface LinePlan {
  readonly premises: readonly Premise[];
  /** Packages whose versions may be ruled out by different premises. */
  readonly split: ReadonlySet<string>;
}

/** The most premises of a line. A line that refers to another line may have one fewer. */
const MAX_PREMISES = 4;
/** The number of the project's own requirements that do not count as premises. */
const FREE_OWN = 3;

/** The number of steps that are planned between two pauses. */
export const STEPS_BETWEEN_PAUSES = 200;

const NONE: ReadonlySet<string> = new Set();

/**
 * Plans the premises of each step's line. Undefined for a step that the conclusion does not need.
 *
 * For each step, from the first to the last, with its two causes A and B:
 *
 * 1. A fact is a premise. Facts of one dependent about one dependency are one premise.
 * 2. A step can be a premise in two ways: by reference to its own line, or by its own premises in its place.
 * 3. Use the premises of both A and B in their place, if the result is short enough.
 * 4. Otherwise do so for the one that gives the shorter line, if that is short enough.
 * 5. Otherwise refer to both.
 * 6. A step without causes, in a shortened proof, has a line without premises.
 *
 * A step that several steps use is only replaced by its premises if the line gets no longer.
 *
 *     // p 1.0.0 requires q ^2;  p 1.1.0 requires q ^3;  the project requires p ^1 and q ^1
 *     //   three steps, but all four facts fit one line: the first two are one premise, "p requires q"
 *
 * Pauses now and then: a proof may have thousands of steps.
 */
export function* planLines(proof: Proof): Generator<undefined, (LinePlan | undefined)[]> {
  const { facts, steps } = proof;
  const uses = countUses(steps.map((step) => step.because));
  const plans: (LinePlan | undefined)[] = [];
  const premisesOf = (reference: ProofReference): LinePlan => {
    if ("step" in reference) {
      const plan = plans[reference.step];
      // A step without causes has nothing to put in its place.
      return plan && plan.premises.length > 0 ? plan : { premises: [reference], split: NONE };
    }
    const { from, name, kind } = facts[reference.fact] as ProofFact;
    return { premises: [{ key: `${from}\n${name}`, from, name, kind, members: [reference.fact] }], split: NONE };
  };
  const asReference = (reference: ProofReference): LinePlan =>
    "step" in reference ? { premises: [reference], split: NONE } : premisesOf(reference);
  const isFree = (reference: ProofReference): boolean => "fact" in reference || uses[reference.step] === 1;
  for (const [at, { because }] of steps.entries()) {
    if (at % STEPS_BETWEEN_PAUSES === 0) yield;
    if (uses[at] === 0) {
      plans.push(undefined);
      continue;
    }
    const [a, b] = because;
    if (!a || !b) {
      plans.push({ premises: [], split: NONE });
      continue;
    }
    const divided = dividedBy(proof, at);
    const [ownA, ownB] = [premisesOf(a), premisesOf(b)];
    // A fact is its own premise, in its place or not.
    const [referA, referB] = ["fact" in a ? ownA : asReference(a), "fact" in b ? ownB : asReference(b)];
    const neither = join(referA, referB, divided);
    const onlyA = ownA === referA ? neither : join(ownA, referB, divided);
    const onlyB = ownB === referB ? neither : join(referA, ownB, divided);
    const both = ownA === referA ? onlyB : ownB === referB ? onlyA : join(ownA, ownB, divided);
    const fits = (plan: LinePlan, free: boolean, other: LinePlan): boolean =>
      free ? isShort(plan) : isShort(plan) && weight(plan) <= weight(other);
    const fitsA = fits(onlyA, isFree(a), neither);
    const fitsB = fits(onlyB, isFree(b), neither);
    let best = neither;
    if (fits(both, isFree(a), onlyB) && fits(both, isFree(b), onlyA)) best = both;
    else if (fitsA && !(fitsB && weight(onlyB) < weight(onlyA))) best = onlyA;
    else if (fitsB) best = onlyB;
    plans.push(best);
  }
  return plans;
}

function isShort(plan: LinePlan): boolean {
  return weight(plan) <= (plan.premises.some((premise) => "step" in premise) ? MAX_PREMISES - 1 : MAX_PREMISES);
}

function weight({ premises }: LinePlan): number {
  const own = premises.filter((premise) => "key" in premise && premise.from === "").length;
  return premises.length - Math.min(own, FREE_OWN);
}

/**
 * Returns the packages whose versions a step may have divided among its two causes. Empty if the step resolves a package: then
 * every other package keeps the versions that both causes rule out.
 */
function dividedBy({ facts, steps }: Proof, at: number): string[] {
  const { because, terms } = steps[at] as Proof["steps"][number];
  const [one, two] = because.map((reference: ProofReference): ReadonlyMap<string, boolean> => {
    if ("step" in reference) return new Map(steps[reference.step]?.terms.map((term) => [term.package, term.positive]));
    const { from, name, kind } = facts[reference.fact] as ProofFact;
    return new Map([
      [name, kind === "constraint"],
      [from, true],
    ]);
  }) as [ReadonlyMap<string, boolean>, ReadonlyMap<string, boolean>];
  const shared = [...one.keys()].filter((name) => name !== "" && two.has(name));
  // A package that both causes mention, but the step does not, is the one that the step resolves.
  const left = new Set(terms.map((term) => term.package));
  if (shared.some((name) => !left.has(name))) return [];
  const opposite = shared.filter((name) => one.get(name) !== two.get(name));
  return opposite.length > 0 ? opposite : shared;
}

/** Counts, for each step, the steps that use it. The conclusion counts as used once. Uses by unused steps do not count. */
function countUses(causes: readonly (readonly ProofReference[])[]): number[] {
  const uses = causes.map(() => 0);
  if (uses.length > 0) uses[uses.length - 1] = 1;
  for (let at = causes.length - 1; at >= 0; at--) {
    if (uses[at] === 0) continue;
    for (const reference of causes[at] ?? [])
      if ("step" in reference) uses[reference.step] = (uses[reference.step] ?? 0) + 1;
  }
  return uses;
}

function join(a: LinePlan, b: LinePlan, divided: readonly string[]): LinePlan {
  const premises = [...a.premises];
  for (const premise of b.premises) {
    const at = premises.findIndex((other) =>
      "key" in premise ? "key" in other && other.key === premise.key : "step" in other && other.step === premise.step,
    );
    const other = premises[at];
    if (!other) premises.push(premise);
    else if ("key" in premise && "key" in other && premise !== other)
      premises[at] = { ...premise, members: [other, premise] };
  }
  if (a.split.size + b.split.size + divided.length === 0) return { premises, split: NONE };
  const split = new Set([...a.split, ...b.split]);
  for (const name of divided) {
    const [one, two] = [reasonsAgainst(a, name), reasonsAgainst(b, name)];
    if (one !== "" && two !== "" && one !== two) split.add(name);
  }
  return { premises, split: split.size > 0 ? split : NONE };
}

/** Names the premises by which a plan may rule out versions of a package: its requirements, constraints on it, other lines. */
function reasonsAgainst({ premises }: LinePlan, name: string): string {
  const reasons = premises.flatMap((one) => {
    if ("step" in one) return [`${one.step}`];
    return one.from === name || (one.name === name && one.kind === "constraint") ? [one.key] : [];
  });
  return reasons.sort().join("\n\n");
}

/** Returns the facts of a group, each once, in the order of the proof. */
export function factsOf(group: FactGroup): number[] {
  const found = new Set<number>();
  const seen = new Set<FactGroup>([group]);
  for (const { members } of seen) {
    for (const member of members) {
      if (typeof member === "number") found.add(member);
      else seen.add(member);
    }
  }
  return [...found].sort((a, b) => a - b);
}
