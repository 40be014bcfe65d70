import type { Proof, ProofFact, ProofReference } from "../api/flat.ts";
import { runToEnd } from "../base/run-to-end.ts";
import { shortenText } from "../errors/failure.ts";
import { type FactGroup, factsOf, type LinePlan, planLines, STEPS_BETWEEN_PAUSES } from "./proof-plan.ts";
import { joinList, type ProofPart } from "./proof-versions.ts";
import { type Clause, consequence, isLong, joinClauses, toClauses } from "./proof-words.ts";

export type { ProofPart } from "./proof-versions.ts";

/** A sentence of a proof. */
export interface ProofLine {
  /** The line's number, from 1, if a later line refers to it as `(1)`. */
  readonly number?: number;
  readonly parts: readonly ProofPart[];
}

/**
 * Writes a proof as sentences (solver.md, "The proof"). Each line follows from the facts that it states, from the line before it
 * if it begins with `And because`, and from lines that it refers to by number. The last line is the conclusion.
 *
 * 1. Plan the premises of each step's line. Steps that follow from few facts get no line: see {@link planLines}.
 * 2. Order the lines so that each comes after its premises, the longest argument first.
 * 3. Number the lines that a line other than the next one refers to.
 * 4. Write each line: facts as clauses, then references to lines, then the conclusion.
 *
 * Of a shortened proof, a line without premises says that its reasons are left out.
 *
 * The order is that of the error reports published with PubGrub. Differences: a line may have more than two premises, and the
 * facts of one package about another are one premise, so a long list of versions that fail for one reason is one line.
 */
export function proofLines(proof: Proof): ProofLine[] {
  const { count, line } = outlineProof(proof);
  return Array.from({ length: count }, (_, at) => line(at));
}

/** The lines of a proof, each written when it is asked for. Most lines of a long proof are never shown. */
export interface ProofOutline {
  readonly count: number;
  line(at: number): ProofLine;
}

/** Plans the lines of a proof without a pause: see {@link proofLines}. */
export function outlineProof(proof: Proof): ProofOutline {
  return runToEnd(outlineSteps(proof));
}

/** Plans the lines of a proof, with pauses. */
export function* outlineSteps(proof: Proof): Generator<undefined, ProofOutline> {
  const { facts, steps } = proof;
  const factsByName = byName(facts);
  if (steps.length === 0) {
    const clauses = facts.flatMap((fact) => toClauses([fact], { proof: factsByName }));
    return { count: 1, line: () => ({ parts: sentence("Because ", joinClauses(clauses), CONCLUSION) }) };
  }
  const plans = yield* planLines(proof);
  const order = lineOrder(plans);
  const numbers = lineNumbers(order, plans);
  const outline: Outline = { proof, factsByName, plans, order, numbers, specs: yield* specsOf(proof) };
  const line = (at: number): ProofLine => {
    const step = order[at] as number;
    const parts = lineParts(outline, step, order[at - 1]);
    const number = numbers.get(step);
    return number === undefined ? { parts } : { number, parts };
  };
  return { count: order.length, line };
}

function byName(facts: readonly ProofFact[]): Map<string, ProofFact[]> {
  const found = new Map<string, ProofFact[]>();
  for (const fact of facts) {
    const known = found.get(fact.name);
    if (known) known.push(fact);
    else found.set(fact.name, [fact]);
  }
  return found;
}

/** The data from which a line is written. */
interface Outline {
  readonly proof: Proof;
  readonly factsByName: ReadonlyMap<string, readonly ProofFact[]>;
  readonly plans: readonly (LinePlan | undefined)[];
  /** The steps that have lines, in order. */
  readonly order: readonly number[];
  readonly numbers: ReadonlyMap<number, number>;
  readonly specs: readonly ReadonlyMap<string, string>[];
}

function lineParts(outline: Outline, step: number, before: number | undefined): ProofPart[] {
  const { premises } = outline.plans[step] as LinePlan;
  if (premises.length === 0) return sentence("For reasons that are left out", [], follows(outline, step));
  const reasons = joinClauses(clausesOf(outline, step));
  let opening = "Because ";
  for (const premise of premises) {
    if (!("step" in premise)) continue;
    if (premise.step === before) opening = "And because ";
    else reasons.push([...follows(outline, premise.step), ` (${outline.numbers.get(premise.step)})`]);
  }
  return sentence(opening, reasons, follows(outline, step));
}

function follows({ proof, specs }: Outline, step: number): readonly ProofPart[] {
  return consequence(proof.steps[step]?.terms ?? [], (name) => specs[step]?.get(name)) ?? CONCLUSION;
}

/**
 * Returns the specs whose versions all have the facts of a group. These are the specs by which the line requires the dependent, if
 * the line's conclusion does not mention the dependent: then the facts have ruled out every version that the specs allow.
 */
function everyOf({ plans, proof, specs }: Outline, step: number, { key, from }: FactGroup): readonly string[] {
  const { premises, split } = plans[step] as LinePlan;
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

/**
 * Returns the clauses of a line's facts. The project's requirements come first. A clause about a package that another clause
 * requires is attached to that clause (`which requires …`).
 */
function clausesOf(outline: Outline, step: number): Clause[] {
  const groups = (outline.plans[step]?.premises ?? []).filter((premise) => "key" in premise);
  const { proof, factsByName } = outline;
  const clauses = new Map(
    groups.map((group) => {
      const own = factsOf(group).map((at) => proof.facts[at] as ProofFact);
      return [group, toClauses(own, { every: everyOf(outline, step, group), proof: factsByName })] as const;
    }),
  );
  const written = new Set<FactGroup>();
  const from = (name: string): FactGroup[] => groups.filter((group) => group.from === name);
  // The groups to attach to a group: only if nothing else in the line requires the package, and at most one has groups itself.
  const nextOf = ({ name }: FactGroup): FactGroup[] => {
    const next = from(name);
    const isPlain = (group: FactGroup): boolean => {
      const own = clauses.get(group);
      return own?.length === 1 && own[0]?.all === true && !written.has(group);
    };
    const dependents = groups.filter((group) => group.name === name).length;
    const continuing = next.filter((group) => from(group.name).length > 0).length;
    return next.every(isPlain) && dependents === 1 && continuing < 2 ? next : [];
  };
  const write = (group: FactGroup): Clause[] => {
    written.add(group);
    const own = clauses.get(group) ?? [];
    const which = own.length === 1 ? clauseOrder(nextOf(group), groups).flatMap(write) : [];
    return own.map((clause) => ({ ...clause, which }));
  };
  const attached = new Set(groups.flatMap((group) => (clauses.get(group)?.length === 1 ? nextOf(group) : [])));
  const first = clauseOrder(
    groups.filter((group) => !attached.has(group)),
    groups,
  ).flatMap(write);
  // Packages that require each other in a cycle are all attached; they are written here.
  return [...first, ...groups.flatMap((group) => (written.has(group) ? [] : write(group)))];
}

/**
 * Returns the lines as text, with their numbers in front: `(1) Because …`. `left`: the number of lines before them that are left out,
 * because later lines repeat the conclusions that they use.
 */
export function proofText(lines: readonly ProofLine[], left = 0): string {
  const margin = Math.max(0, ...lines.map(({ number }) => (number === undefined ? 0 : `(${number}) `.length)));
  const texts = lines.map(({ number, parts }) => {
    const mark = number === undefined ? "" : `(${number})`;
    return mark.padEnd(margin) + parts.map(partText).join("");
  });
  return [...(left > 0 ? [`The first ${left} lines are left out.`] : []), ...texts].join("\n");
}

/** Returns a part as text: `a`, `a@^1.0.0`, `a@"^1.0.0 || ^2.0.0"`. */
function partText(part: ProofPart): string {
  if (typeof part === "string") return part;
  const { package: name, versions } = part;
  if (versions === undefined) return name;
  const spec = shortenText(versions);
  return `${name}@${spec.includes(" ") ? `"${spec}"` : spec}`;
}

function sentence(opening: string, reasons: readonly ProofPart[][], result: readonly ProofPart[]): ProofPart[] {
  const parts: ProofPart[] = [];
  for (const part of [opening, ...joinList(reasons, "and", reasons.some(isLong)), ", ", ...result, "."]) {
    const last = parts.length - 1;
    if (typeof part === "string" && typeof parts[last] === "string") parts[last] += part;
    else parts.push(part);
  }
  return parts;
}

const CONCLUSION: readonly ProofPart[] = ["no choice of versions satisfies the project"];

/** Returns the steps that have lines, each after its premises. The longer of two arguments comes first. */
function lineOrder(plans: readonly (LinePlan | undefined)[]): number[] {
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

/** Numbers the steps that a line other than the next one has as a premise, from 1. */
function lineNumbers(order: readonly number[], plans: readonly (LinePlan | undefined)[]): Map<number, number> {
  const referred = new Set<number>();
  for (const [line, step] of order.entries())
    for (const premise of plans[step]?.premises ?? [])
      if ("step" in premise && order[line - 1] !== premise.step) referred.add(premise.step);
  const numbers = new Map<number, number>();
  for (const step of order) if (referred.has(step)) numbers.set(step, numbers.size + 1);
  return numbers;
}

/**
 * Sorts groups for a sentence: the project's requirements first, then those of packages mentioned before. Of one package's
 * requirements, those that other clauses continue come last.
 */
function clauseOrder(groups: readonly FactGroup[], all: readonly FactGroup[]): FactGroup[] {
  const left = new Set(groups);
  const sorted: FactGroup[] = [];
  const mentioned = new Set<string>();
  const continues = ({ name }: FactGroup): boolean => all.some(({ from }) => from === name);
  while (left.size > 0) {
    const rest = [...left];
    const first =
      rest.find(({ from }) => from === "") ??
      rest.find(({ from }) => mentioned.has(from)) ??
      rest.find(continues) ??
      rest[0];
    const same = rest.filter(({ from }) => from === first?.from);
    for (const group of [...same.filter((one) => !continues(one)), ...same.filter(continues)]) {
      left.delete(group);
      sorted.push(group);
      mentioned.add(group.name);
    }
  }
  return sorted;
}

/**
 * Returns the spec that each term of each step comes from, by package. If only one of a step's two causes mentions the package,
 * the term is unchanged and keeps its spec. If both do, the term is new and has no spec.
 */
function* specsOf({ facts, steps }: Proof): Generator<undefined, ReadonlyMap<string, string>[]> {
  const specs: Map<string, string>[] = [];
  const named = steps.map(({ terms }) => new Set(terms.map((term) => term.package)));
  const mentions = (reference: ProofReference, name: string): boolean => {
    if ("step" in reference) return named[reference.step]?.has(name) ?? false;
    const fact = facts[reference.fact];
    return fact?.from === name || fact?.name === name;
  };
  const specOf = (reference: ProofReference, name: string): string | undefined => {
    if ("step" in reference) return specs[reference.step]?.get(name);
    const fact = facts[reference.fact];
    return fact?.kind === "dependency" && fact.name === name ? fact.spec : undefined;
  };
  for (const { terms, because } of steps) {
    if (specs.length % STEPS_BETWEEN_PAUSES === 0) yield;
    const own = new Map<string, string>();
    for (const { package: name, positive } of terms) {
      if (positive) continue;
      const [one, another] = because.filter((reference: ProofReference) => mentions(reference, name));
      const spec = one && !another ? specOf(one, name) : undefined;
      if (spec !== undefined) own.set(name, spec);
    }
    specs.push(own);
  }
  return specs;
}
