import type { Proof, ProofReference } from "../flat-api.ts";

/** Facts of one dependent about one dependency. Told in one clause, however many they are. */
export interface FactGroup {
  readonly key: string;
  readonly from: string;
  readonly name: string;
  /** Facts, and groups that went into this one: flattened when it is told, so that joining costs nothing. */
  readonly members: readonly (number | FactGroup)[];
}

/** What a line rests on: a group of facts, or a step that has a line of its own. */
export type Premise = FactGroup | { readonly step: number };

/** More premises than this make two sentences. */
const MOST = 3;

/**
 * What each step's line would rest on, by step; undefined for steps that the end does not need. Steps that follow from a
 * few facts are passed over, so their facts stand for them: that makes one sentence of a ladder of versions that fail for one
 * reason, and of any three facts.
 */
export function planLines({ facts, steps }: Proof): (readonly Premise[] | undefined)[] {
  const uses = countUses(steps.map((step) => step.because));
  const plans: (readonly Premise[] | undefined)[] = [];
  const inline = (reference: ProofReference): readonly Premise[] => {
    if ("step" in reference) return plans[reference.step] ?? [];
    const { from, name } = facts[reference.fact] as (typeof facts)[number];
    return [{ key: `${from}\n${name}`, from, name, members: [reference.fact] }];
  };
  for (const [at, { because }] of steps.entries()) {
    if (uses[at] === 0) {
      plans.push(undefined);
      continue;
    }
    const [a, b] = because;
    const wholeA = inline(a);
    const wholeB = inline(b);
    const lineA = "step" in a ? [a] : wholeA;
    const lineB = "step" in b ? [b] : wholeB;
    // A step that others need too keeps its line, unless its facts go into what is told anyway.
    const freeA = "fact" in a || uses[a.step] === 1;
    const freeB = "fact" in b || uses[b.step] === 1;
    const choices = [join(wholeA, wholeB), join(wholeA, lineB), join(lineA, wholeB), join(lineA, lineB)] as const;
    const [both, onlyA, onlyB, neither] = choices;
    const few = (choice: readonly Premise[], free: boolean, other: readonly Premise[]): boolean =>
      choice.length <= (free ? MOST : other.length);
    if (few(both, freeA, onlyB) && few(both, freeB, onlyA)) plans.push(both);
    else if (few(onlyA, freeA, neither) && !(few(onlyB, freeB, neither) && onlyB.length < onlyA.length))
      plans.push(onlyA);
    else plans.push(few(onlyB, freeB, neither) ? onlyB : neither);
  }
  return plans;
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

function join(a: readonly Premise[], b: readonly Premise[]): readonly Premise[] {
  const joined = [...a];
  for (const premise of b) {
    const at = joined.findIndex((other) =>
      "key" in premise ? "key" in other && other.key === premise.key : "step" in other && other.step === premise.step,
    );
    const other = joined[at];
    if (!other) joined.push(premise);
    else if ("key" in premise && "key" in other && premise !== other)
      joined[at] = { ...premise, members: [other, premise] };
  }
  return joined;
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
