import { compare, prerelease, valid } from "semver";
import type { Proof, ProofFact, ProofReference } from "../../../src/api/flat.ts";
import { findChoice } from "./brute-force.ts";
import { type Edge, type Model, type Problem, ROOT, type Rule, sourceOf } from "./model.ts";
import { splitId } from "./registry-case.ts";

/** The state of a package that is not installed. */
const ABSENT = "absent";

/** Terms that cannot all hold: no choice may have every package in its set. */
export type Ban = ReadonlyMap<string, ReadonlySet<string>>;

/** Returns the states of a package. */
function states({ installable }: Problem, name: string): string[] {
  return name === ROOT ? [ROOT] : [...(installable.get(name) ?? []), ABSENT];
}

/** Returns the choices that a rule excludes. */
export function banOf(problem: Problem, { kind, from, when, name, allowed }: Rule): Ban {
  const refused = states(problem, name).filter((id) => !allowed.has(id) && (kind === "dependency" || id !== ABSENT));
  // A package that requires itself: its versions that do not satisfy the requirement.
  if (from === name) return new Map([[from, new Set(refused.filter((id) => when.has(id)))]]);
  return new Map([
    [from, when],
    [name, new Set(refused)],
  ]);
}

/** Checks whether some bans together cover a ban: each choice that it rules out is ruled out by one of them. */
export function follows(problem: Problem, ban: Ban, [one, ...others]: readonly Ban[]): boolean {
  if ([...ban].some(([, set]) => set.size === 0)) return true;
  if (!one) return false;
  // Splits the part of the ban that `one` does not cover by package. The others must cover each part.
  for (const [name, set] of one) {
    const beyond = [...(ban.get(name) ?? states(problem, name))].filter((id) => !set.has(id));
    if (beyond.length > 0 && !follows(problem, new Map([...ban, [name, new Set(beyond)]]), others)) return false;
  }
  return true;
}

/** A step, which follows from two facts or earlier steps. */
export interface Derived {
  /** The possible meanings of the step. There are several if its text is ambiguous. */
  readonly readings: readonly Ban[];
  readonly because: readonly ProofReference[];
}

/** Returns the errors in a derivation: insufficient facts, steps that do not follow, a wrong conclusion, and unused parts. */
export function checkDerivation(problem: Problem, steps: readonly Derived[]): string[] {
  const wrong = findChoice(problem) === null ? [] : ["the facts can all be met"];
  const facts = problem.rules.map((rule) => [banOf(problem, rule)]);
  const shown: (readonly Ban[])[] = [];
  steps.forEach(({ readings, because }, at) => {
    const known = because.map((one) => ("fact" in one ? facts[one.fact] : shown[one.step]) ?? []);
    const [first = [], second = []] = known;
    const pairs = first.flatMap((one) => second.map((two) => [one, two] as const));
    const right = readings.filter((ban) => pairs.some((pair) => follows(problem, ban, pair)));
    if (pairs.length === 0) wrong.push(`step ${at} rests on what does not come before it`);
    else if (right.length === 0) wrong.push(`step ${at} does not follow`);
    shown.push(right.length > 0 ? right : readings);
  });
  const end = (steps.length > 0 ? shown : facts).at(-1) ?? [];
  const full = new Map<string, ReadonlySet<string>>();
  if (!end.some((ban) => follows(problem, full, [ban]))) wrong.push("the end is not that the project cannot be met");
  return [...wrong, ...unused(facts.length, steps)];
}

/** Returns the facts and steps that no step uses. */
function unused(facts: number, steps: readonly Derived[]): string[] {
  if (steps.length === 0) return facts === 1 ? [] : ["facts without steps"];
  const used = new Set(steps.flatMap(({ because }) => because.map((one) => JSON.stringify(one))));
  const references = [
    ...Array.from({ length: facts }, (_, fact) => ({ fact })),
    ...Array.from({ length: steps.length - 1 }, (_, step) => ({ step })),
  ];
  return references
    .map((one) => JSON.stringify(one))
    .filter((one) => !used.has(one))
    .map((one) => `nothing needs ${one}`);
}

/** Returns the errors in a proof: false facts, and those of {@link checkDerivation}. */
export function checkProof(model: Model, { facts, steps }: Proof): string[] {
  const wrong: string[] = [];
  const rules: Rule[] = [];
  facts.forEach((fact, at) => {
    const rule = ruleOf(model, fact);
    if (typeof rule === "string") wrong.push(`fact ${at} (${factText(fact)}): ${rule}`);
    else rules.push(rule);
  });
  if (wrong.length > 0) return wrong;
  const derived = steps.map(({ terms, because }) => ({ readings: readingsOf(model, terms), because }));
  return checkDerivation({ installable: model.installable, rules }, derived);
}

const factText = ({ from, versions, name, spec, type }: ProofFact): string =>
  `${from || "the project"} ${versions} ${type} ${name}@${spec}`;

/** Prints a proof, line by line. */
export function printProof({ facts, steps }: Proof): string[] {
  const refer = (one: ProofReference): string => ("fact" in one ? `fact ${one.fact}` : `step ${one.step}`);
  const lines = steps.map(({ terms, because }) => {
    const all = terms.map((term) => `${term.positive ? "" : "not "}${term.package} ${term.versions}`);
    return `{ ${all.join(", ")} } from ${because.map(refer).join(" and ")}`;
  });
  return [
    ...facts.map((fact, at) => `fact ${at}: ${factText(fact)}`),
    ...lines.map((line, at) => `step ${at}: ${line}`),
  ];
}

/** Returns the rule of a fact if it is true for every version, otherwise the error. */
function ruleOf(model: Model, fact: ProofFact): Rule | string {
  const { kind, from, versions, name, spec, missing } = fact;
  const allowed = model.allowed(name, spec);
  if (Boolean(missing) !== (allowed.size === 0)) return `missing is ${JSON.stringify(missing)}`;
  const isStated = (id: string): boolean =>
    model.rules.some((edge) => edge.from === from && edge.when.has(id) && isFactOf(edge, fact));
  const when = possibleSets(model, from, versions).find((ids) => [...ids].every(isStated));
  return when ? { kind, from, when, name, allowed } : "it is not so";
}

const isFactOf = (edge: Edge, { kind, name, spec, rawSpec, type }: ProofFact): boolean =>
  edge.name === name &&
  (edge.spec || "*") === spec &&
  (edge.raw || "*") === rawSpec &&
  edge.type === type &&
  edge.kind === kind;

/** The number of possible meanings of a step that are checked. */
const MOST = 64;

function readingsOf(model: Model, terms: Proof["steps"][number]["terms"]): Ban[] {
  let readings: Ban[] = [new Map()];
  for (const { package: name, versions, positive } of terms) {
    const sets = possibleSets(model, name, versions).map((ids) =>
      positive ? ids : new Set(states(model, name).filter((id) => !ids.has(id))),
    );
    readings = readings.flatMap((ban) => sets.map((set) => new Map([...ban, [name, set]]))).slice(0, MOST);
  }
  return readings;
}

/**
 * Returns the possible meanings of a text like `1.0.0 - 1.4.1 || npm:b@2.0.0`, the largest first. Each interval is one of releases or
 * one of prereleases of one source. The text may also be a spec of a manifest, where `*` allows no prerelease. `*` may also mean all
 * versions that the solver has met, which may be those of one source.
 */
function possibleSets(model: Model, name: string, text: string): ReadonlySet<string>[] {
  if (name === ROOT) return [new Set([ROOT])];
  const ids = model.installable.get(name) ?? [];
  const sources = new Set(ids.map((id) => splitId(id).name));
  const one = (source: string): string[] => ids.filter((id) => splitId(id).name === source);
  const readings =
    text === "*"
      ? [ids, ...[...sources].map(one)]
      : [text.split(" || ").flatMap((part) => idsWithin(ids, sourceOf(name, part)))];
  const found = [...readings, model.allowed(name, text)].map((list) => new Set(list)).filter(({ size }) => size > 0);
  return found.sort((a, b) => b.size - a.size);
}

function idsWithin(ids: readonly string[], { source, text }: { source: string; text: string }): string[] {
  const [low, high] = ends(text).map((end) => valid(end));
  const one = low ?? high;
  if (!one) return [];
  return ids.filter((id) => {
    const { name, version } = splitId(id);
    const sameBand = name === source && (prerelease(version) === null) === (prerelease(one) === null);
    return sameBand && (!low || compare(version, low) >= 0) && (!high || compare(version, high) <= 0);
  });
}

/** Returns the ends of an interval. `<=1.0.0` has no lower end, `>=1.0.0` no upper one. */
function ends(part: string): [string | null, string | null] {
  if (part.startsWith("<=")) return [null, part.slice(2)];
  if (part.startsWith(">=")) return [part.slice(2), null];
  const [low = "", high = low] = part.split(" - ");
  return [low, high];
}
