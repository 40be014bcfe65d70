import type { Proof, ProofFact, ProofReference } from "../api/flat.ts";
import { type FactGroup, factsOf, type Plan, planLines } from "./proof-plan.ts";
import { listed, type ProofPart } from "./proof-versions.ts";
import { clauses, consequence, isLong, type Saying, sayings } from "./proof-words.ts";

export type { ProofPart } from "./proof-versions.ts";

/** A sentence of an explanation. */
export interface ProofLine {
  /** From 1; only where a later line refers to this one, as `(1)`. */
  readonly number?: number;
  readonly parts: readonly ProofPart[];
}

/**
 * Why there is no flat answer, in sentences. Each follows from facts that it tells, from the line before it (`And because …`)
 * and from lines that it refers to by number; the last one is the end. The way through the graph is that of the error reports
 * published with PubGrub, but a line may rest on three things, and facts of one package about another are one thing: a
 * ladder of versions that fail for one reason is one line.
 */
export function proofLines(proof: Proof): ProofLine[] {
  const { facts, steps } = proof;
  if (steps.length === 0)
    return [{ parts: sentence("Because ", clauses(facts.flatMap((one) => sayings([one]))), END) }];
  const plans = planLines(proof);
  const order = lineOrder(plans);
  const outline: Outline = { proof, plans, order, numbers: lineNumbers(order, plans), specs: specsOf(proof) };
  return order.map((step, line) => {
    const parts = lineParts(outline, step, order[line - 1]);
    const number = outline.numbers.get(step);
    return number === undefined ? { parts } : { number, parts };
  });
}

/** All that telling a step takes. */
interface Outline {
  readonly proof: Proof;
  readonly plans: readonly (Plan | undefined)[];
  /** Steps that have lines. */
  readonly order: readonly number[];
  readonly numbers: ReadonlyMap<number, number>;
  readonly specs: readonly ReadonlyMap<string, string>[];
}

function lineParts(outline: Outline, step: number, before: number | undefined): ProofPart[] {
  const { premises } = outline.plans[step] as Plan;
  const reasons = clauses(toldOf(outline, step));
  let opening = "Because ";
  for (const premise of premises) {
    if (!("step" in premise)) continue;
    if (premise.step === before) opening = "And because ";
    else reasons.push([...follows(outline, premise.step), ` (${outline.numbers.get(premise.step)})`]);
  }
  return sentence(opening, reasons, follows(outline, step));
}

function follows({ proof, specs }: Outline, step: number): readonly ProofPart[] {
  return consequence(proof.steps[step]?.terms ?? [], (name) => specs[step]?.get(name)) ?? END;
}

/**
 * The specs of which a group's dependents are all versions: those by which the line has the dependent wanted, where the line
 * ends without it. Then these facts have refuted whatever the specs take.
 */
function everyOf({ plans, proof, specs }: Outline, step: number, { key, from }: FactGroup): readonly string[] {
  const { premises, split } = plans[step] as Plan;
  const has = (at: number): boolean => proof.steps[at]?.terms.some((term) => term.package === from) ?? false;
  if (from === "" || has(step)) return [];
  const others = premises.filter((premise) =>
    "step" in premise
      ? has(premise.step)
      : premise.name === from || (premise.from === from && premise.key !== key && split.has(from)),
  );
  const [other] = others;
  if (!other || others.length > 1) return [];
  if ("step" in other) {
    const spec = specs[other.step]?.get(from);
    return spec === undefined ? [] : [spec];
  }
  const wants = other.name === from ? factsOf(other).map((at) => proof.facts[at] as ProofFact) : [];
  return wants.some(({ kind }) => kind !== "dependency") ? [] : [...new Set(wants.map(({ spec }) => spec))];
}

/** All that a line tells anew: what the project wants first, and of what is wanted what it wants itself. */
function toldOf(outline: Outline, step: number): Saying[] {
  const groups = (outline.plans[step]?.premises ?? []).filter((premise) => "key" in premise);
  const said = new Map(
    groups.map((group) => {
      const facts = factsOf(group).map((at) => outline.proof.facts[at] as ProofFact);
      return [group, sayings(facts, everyOf(outline, step, group))] as const;
    }),
  );
  const told = new Set<FactGroup>();
  const from = (name: string): FactGroup[] => groups.filter((group) => group.from === name);
  // What is said of what a group wants: only where nothing else in the line wants it, and one of them at most leads on.
  const nextOf = ({ name }: FactGroup): FactGroup[] => {
    const next = from(name);
    const plain = next.every((group) => said.get(group)?.length === 1 && said.get(group)?.[0]?.all && !told.has(group));
    const wanted = groups.filter((group) => group.name === name).length;
    return plain && wanted === 1 && next.filter((group) => from(group.name).length > 0).length < 2 ? next : [];
  };
  const tell = (group: FactGroup): Saying[] => {
    told.add(group);
    const all = said.get(group) ?? [];
    const which = all.length === 1 ? tellingOrder(nextOf(group), groups).flatMap(tell) : [];
    return all.map((one) => ({ ...one, which }));
  };
  const follow = new Set(groups.flatMap((group) => (said.get(group)?.length === 1 ? nextOf(group) : [])));
  const starts = tellingOrder(
    groups.filter((group) => !follow.has(group)),
    groups,
  ).flatMap(tell);
  // Those in a ring follow each other.
  return [...starts, ...groups.flatMap((group) => (told.has(group) ? [] : tell(group)))];
}

/**
 * The lines as text, their numbers in front: `(1) Because …`. Of more than `most` lines the first ones are left out: the end is
 * what they lead to, and what it takes from them it tells again.
 */
export function proofText(lines: readonly ProofLine[], most: number = Number.POSITIVE_INFINITY): string {
  const shown = lines.slice(-most);
  const margin = Math.max(0, ...shown.map(({ number }) => (number === undefined ? 0 : `(${number}) `.length)));
  const texts = shown.map(({ number, parts }) => {
    const mark = number === undefined ? "" : `(${number})`;
    return mark.padEnd(margin) + parts.map(partText).join("");
  });
  const rest = lines.length - shown.length;
  return [...(rest > 0 ? [`${rest} lines come before these.`] : []), ...texts].join("\n");
}

/** `a`, `a@^1.0.0`, `a@"^1.0.0 || ^2.0.0"`. */
function partText(part: ProofPart): string {
  if (typeof part === "string") return part;
  const { package: name, versions } = part;
  return versions === undefined ? name : `${name}@${versions.includes(" ") ? `"${versions}"` : versions}`;
}

function sentence(opening: string, reasons: readonly ProofPart[][], so: readonly ProofPart[]): ProofPart[] {
  const parts: ProofPart[] = [];
  for (const part of [opening, ...listed(reasons, "and", reasons.some(isLong)), ", ", ...so, "."]) {
    const last = parts.length - 1;
    if (typeof part === "string" && typeof parts[last] === "string") parts[last] += part;
    else parts.push(part);
  }
  return parts;
}

const END: readonly ProofPart[] = ["no choice of versions suits the root project"];

/** The steps that have lines, each after those it rests on; of two that a line rests on the longer argument first. */
function lineOrder(plans: readonly (Plan | undefined)[]): number[] {
  const lengths: number[] = [];
  const below = plans.map((plan) => {
    const steps = plan?.premises.flatMap((premise) => ("step" in premise ? [premise.step] : [])) ?? [];
    lengths.push(steps.reduce((sum, step) => sum + (lengths[step] ?? 0), 1));
    return steps.sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
  });
  const order: number[] = [];
  const placed = new Set<number>();
  const open = [plans.length - 1];
  for (let step = open.at(-1); step !== undefined; step = open.at(-1)) {
    const next = below[step]?.find((one) => !placed.has(one));
    if (next !== undefined && !placed.has(step)) {
      open.push(next);
      continue;
    }
    if (!placed.has(step)) order.push(step);
    placed.add(step);
    open.pop();
  }
  return order;
}

/** Numbers, from 1, of the steps that another line than the next one rests on. */
function lineNumbers(order: readonly number[], plans: readonly (Plan | undefined)[]): Map<number, number> {
  const referred = new Set<number>();
  for (const [line, step] of order.entries())
    for (const premise of plans[step]?.premises ?? [])
      if ("step" in premise && order[line - 1] !== premise.step) referred.add(premise.step);
  const numbers = new Map<number, number>();
  for (const step of order) if (referred.has(step)) numbers.set(step, numbers.size + 1);
  return numbers;
}

/** What the project wants first, then who wants what was spoken of before; of what one wants, what leads on comes last. */
function tellingOrder(groups: readonly FactGroup[], all: readonly FactGroup[]): FactGroup[] {
  const left = new Set(groups);
  const told: FactGroup[] = [];
  const spokenOf = new Set<string>();
  const leads = ({ name }: FactGroup): boolean => all.some(({ from }) => from === name);
  while (left.size > 0) {
    const rest = [...left];
    const first =
      rest.find(({ from }) => from === "") ??
      rest.find(({ from }) => spokenOf.has(from)) ??
      rest.find(leads) ??
      rest[0];
    const same = rest.filter(({ from }) => from === first?.from);
    for (const group of [...same.filter((one) => !leads(one)), ...same.filter(leads)]) {
      left.delete(group);
      told.push(group);
      spokenOf.add(group.name);
    }
  }
  return told;
}

/**
 * For each step: which spec its terms stand for, by package. Where one of its two reasons alone speaks of a package, the
 * term has come through unchanged; where both do, it is a new one, of versions only.
 */
function specsOf({ facts, steps }: Proof): ReadonlyMap<string, string>[] {
  const specs: Map<string, string>[] = [];
  const speaksOf = (reference: ProofReference, name: string): boolean => {
    if ("step" in reference) return steps[reference.step]?.terms.some((term) => term.package === name) ?? false;
    const fact = facts[reference.fact];
    return fact?.from === name || fact?.name === name;
  };
  const specOf = (reference: ProofReference, name: string): string | undefined => {
    if ("step" in reference) return specs[reference.step]?.get(name);
    const fact = facts[reference.fact];
    return fact?.kind === "dependency" && fact.name === name ? fact.spec : undefined;
  };
  for (const { terms, because } of steps) {
    const own = new Map<string, string>();
    for (const { package: name, positive } of terms) {
      if (positive) continue;
      const [one, another] = because.filter((reference) => speaksOf(reference, name));
      const spec = one && !another ? specOf(one, name) : undefined;
      if (spec !== undefined) own.set(name, spec);
    }
    specs.push(own);
  }
  return specs;
}
