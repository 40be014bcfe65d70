import type { Proof, ProofFact, ProofReference } from "../api/flat.ts";

/** Facts of one dependent about one dependency. Told in one clause, however many they are. */
export interface FactGroup {
  readonly key: string;
  readonly from: string;
  readonly name: string;
  readonly kind: ProofFact["kind"];
  /** Facts, and groups that went into this one: flattened when it is told, so that joining costs nothing. */
  readonly members: readonly (number | FactGroup)[];
}

/** What a line rests on: a group of facts, or a step that has a line of its own. */
export type Premise = FactGroup | { readonly step: number };

/** What a step's line rests on. */
export interface Plan {
  readonly premises: readonly Premise[];
  /** Packages of which some versions may be refuted by other premises than the rest. */
  readonly split: ReadonlySet<string>;
}

/** More premises than this make two sentences; with a reference to another line, one less. */
const MOST = 4;
/** So many wishes of the project go without saying. */
const OWN = 3;

const NONE: ReadonlySet<string> = new Set();

/**
 * What each step's line would rest on, by step; undefined for steps that the end does not need. Steps that follow from a
 * few facts are passed over, so their facts stand for them: that makes one sentence of a ladder of versions that fail for one
 * reason, and of any few facts.
 */
export function planLines(proof: Proof): (Plan | undefined)[] {
  const { facts, steps } = proof;
  const uses = countUses(steps.map((step) => step.because));
  const plans: (Plan | undefined)[] = [];
  const whole = (reference: ProofReference): Plan => {
    if ("step" in reference) return plans[reference.step] ?? { premises: [], split: NONE };
    const { from, name, kind } = facts[reference.fact] as ProofFact;
    return { premises: [{ key: `${from}\n${name}`, from, name, kind, members: [reference.fact] }], split: NONE };
  };
  const asLine = (reference: ProofReference): Plan =>
    "step" in reference ? { premises: [reference], split: NONE } : whole(reference);
  // A step that others need too keeps its line, unless its facts go into what is told anyway.
  const isFree = (reference: ProofReference): boolean => "fact" in reference || uses[reference.step] === 1;
  for (const [at, { because }] of steps.entries()) {
    if (uses[at] === 0) {
      plans.push(undefined);
      continue;
    }
    const [a, b] = because;
    const divided = dividedBy(proof, at);
    const neither = join(asLine(a), asLine(b), divided);
    const onlyA = join(whole(a), asLine(b), divided);
    const onlyB = join(asLine(a), whole(b), divided);
    const both = join(whole(a), whole(b), divided);
    const fits = (plan: Plan, free: boolean, other: Plan): boolean =>
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

function isShort(plan: Plan): boolean {
  return weight(plan) <= (plan.premises.some((premise) => "step" in premise) ? MOST - 1 : MOST);
}

function weight({ premises }: Plan): number {
  const own = premises.filter((premise) => "key" in premise && premise.from === "").length;
  return premises.length - Math.min(own, OWN);
}

/**
 * Packages whose versions a step may have divided among its two reasons. All but the package that it resolves keep what both
 * refute.
 */
function dividedBy({ facts, steps }: Proof, at: number): string[] {
  const { because, terms } = steps[at] as Proof["steps"][number];
  const [one, two] = because.map((reference): ReadonlyMap<string, boolean> => {
    if ("step" in reference) return new Map(steps[reference.step]?.terms.map((term) => [term.package, term.positive]));
    const { from, name, kind } = facts[reference.fact] as ProofFact;
    return new Map([
      [name, kind === "constraint"],
      [from, true],
    ]);
  }) as [ReadonlyMap<string, boolean>, ReadonlyMap<string, boolean>];
  const shared = [...one.keys()].filter((name) => name !== "" && two.has(name));
  // What both speak of and the step does not is what it resolves.
  if (shared.some((name) => terms.every((term) => term.package !== name))) return [];
  const opposite = shared.filter((name) => one.get(name) !== two.get(name));
  return opposite.length > 0 ? opposite : shared;
}

/** How many steps need a step; those that lead nowhere do not count, the end counts once. */
function countUses(reasons: readonly (readonly ProofReference[])[]): number[] {
  const uses = reasons.map(() => 0);
  if (uses.length > 0) uses[uses.length - 1] = 1;
  for (let at = reasons.length - 1; at >= 0; at--) {
    if (uses[at] === 0) continue;
    for (const reference of reasons[at] ?? [])
      if ("step" in reference) uses[reference.step] = (uses[reference.step] ?? 0) + 1;
  }
  return uses;
}

function join(a: Plan, b: Plan, divided: readonly string[]): Plan {
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
  const split = new Set([...a.split, ...b.split]);
  for (const name of divided) {
    const [one, two] = [reasonsAgainst(a, name), reasonsAgainst(b, name)];
    if (one !== "" && two !== "" && one !== two) split.add(name);
  }
  return { premises, split: split.size > 0 ? split : NONE };
}

/** By what a plan may refute versions of a package: its own wishes, wishes that it should be another version, other lines. */
function reasonsAgainst({ premises }: Plan, name: string): string {
  const reasons = premises.flatMap((one) => {
    if ("step" in one) return [`${one.step}`];
    return one.from === name || (one.name === name && one.kind === "constraint") ? [one.key] : [];
  });
  return reasons.sort().join("\n\n");
}

/** The facts of a group, each once, in the proof's order. */
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
