import { compare } from "semver";
import type { Proof, ProofFact, ProofReference } from "../../../src/flat-api.ts";
import { findChoice } from "./brute-force.ts";
import { type Ask, type Model, type Problem, ROOT, type Rule } from "./model.ts";
import { splitId } from "./told.ts";

/** What a package that is not there is. */
const ABSENT = "absent";

/** A choice in which every package named here is one of its set: none of them is allowed. Of other packages nothing is said. */
export type Ban = ReadonlyMap<string, ReadonlySet<string>>;

/** What a package can be. */
function states({ universe }: Problem, name: string): string[] {
  return name === ROOT ? [ROOT] : [...(universe.get(name) ?? []), ABSENT];
}

/** A rule as what it rules out. */
export function banOf(problem: Problem, { kind, from, when, name, allowed }: Rule): Ban {
  const refused = states(problem, name).filter((id) => !allowed.has(id) && (kind === "dependency" || id !== ABSENT));
  // a asks for itself: its versions that are not what they ask for
  if (from === name) return new Map([[from, new Set(refused.filter((id) => when.has(id)))]]);
  return new Map([
    [from, when],
    [name, new Set(refused)],
  ]);
}

/** Whether every choice that the ban is about is one that one of these is about. */
export function follows(problem: Problem, ban: Ban, [one, ...others]: readonly Ban[]): boolean {
  if ([...ban].some(([, set]) => set.size === 0)) return true;
  if (!one) return false;
  // What `one` leaves of the ban, cut along each of its packages: the others must have all of it.
  for (const [name, set] of one) {
    const beyond = [...(ban.get(name) ?? states(problem, name))].filter((id) => !set.has(id));
    if (beyond.length > 0 && !follows(problem, new Map([...ban, [name, new Set(beyond)]]), others)) return false;
  }
  return true;
}

/** What follows from two facts or earlier steps. */
export interface Derived {
  readonly ban: Ban;
  readonly because: readonly ProofReference[];
}

/** What is wrong with a derivation: facts that do not suffice, a step that does not follow, an end that is none, what nothing needs. */
export function checkDerivation(problem: Problem, steps: readonly Derived[]): string[] {
  const wrong = findChoice(problem) === null ? [] : ["the facts can all be met"];
  const facts = problem.rules.map((rule) => banOf(problem, rule));
  steps.forEach(({ ban, because }, at) => {
    const before = steps.slice(0, at);
    const known = because.map((one) => ("fact" in one ? facts[one.fact] : before[one.step]?.ban));
    const there = known.filter((each) => each !== undefined);
    if (there.length < because.length) wrong.push(`step ${at} rests on what does not come before it`);
    else if (!follows(problem, ban, there)) wrong.push(`step ${at} does not follow`);
  });
  const end = steps.length > 0 ? steps.at(-1)?.ban : facts[0];
  if (!end || !follows(problem, new Map(), [end])) wrong.push("the end is not that the project cannot be met");
  return [...wrong, ...unused(facts.length, steps)];
}

/** What leads nowhere. */
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

/** What is wrong with a proof: a fact that is not so, and all that {@link checkDerivation} finds. */
export function checkProof(model: Model, { facts, steps }: Proof): string[] {
  const wrong: string[] = [];
  const rules = facts.map((fact) => ruleOf(model, fact));
  facts.forEach((fact, at) => {
    wrong.push(...checkFact(model, fact, rules[at]).map((text) => `fact ${at} (${told(fact)}): ${text}`));
  });
  const derived: Derived[] = [];
  steps.forEach(({ terms, because }, at) => {
    const ban = banOfTerms(model, terms);
    if (typeof ban === "string") wrong.push(`step ${at}: ${ban}`);
    else derived.push({ ban, because });
  });
  if (wrong.length > 0) return wrong;
  return checkDerivation({ universe: model.universe, rules: rules as Rule[] }, derived);
}

const told = ({ from, versions, name, spec, type }: ProofFact): string =>
  `${from || "the project"} ${versions} ${type} ${name}@${spec}`;

function ruleOf(model: Model, { kind, from, versions, name, spec }: ProofFact): Rule | string {
  const when = from === ROOT ? new Set([ROOT]) : parseVersions(model, from, versions);
  return typeof when === "string" ? when : { kind, from, when, name, allowed: model.allowed(name, spec) };
}

function checkFact(model: Model, fact: ProofFact, rule: Rule | string | undefined): string[] {
  if (!rule || typeof rule === "string") return [rule ?? "no such fact"];
  const wrong: string[] = [];
  for (const id of rule.when) {
    const so = model.rules.some((ask) => ask.from === fact.from && ask.when.has(id) && isSaid(ask, fact));
    if (!so) wrong.push(`${id} does not say so`);
  }
  if (rule.when.size === 0) wrong.push("it is about no version");
  if (Boolean(fact.missing) !== (rule.allowed.size === 0)) wrong.push(`missing is ${JSON.stringify(fact.missing)}`);
  return wrong;
}

/** An optional dependency may be told as the constraint that it is; nothing weaker may be told as a dependency. */
const isSaid = (ask: Ask, { kind, name, spec, rawSpec, type }: ProofFact): boolean =>
  ask.name === name && ask.spec === spec && ask.raw === rawSpec && ask.type === type && ask.kind === kind;

function banOfTerms(model: Model, terms: Proof["steps"][number]["terms"]): Ban | string {
  const ban = new Map<string, ReadonlySet<string>>();
  for (const { package: name, versions, positive } of terms) {
    const set = name === ROOT ? new Set([ROOT]) : parseVersions(model, name, versions);
    if (typeof set === "string") return set;
    const own = positive ? set : new Set(states(model, name).filter((id) => !set.has(id)));
    const before = ban.get(name);
    ban.set(name, before ? new Set([...own].filter((id) => before.has(id))) : own);
  }
  return ban;
}

/** `*`, `1.0.0 - 1.4.1 || 2.0.0`: over the versions that there are, in their order. Or what is wrong with the text. */
export function parseVersions(model: Problem, name: string, text: string): ReadonlySet<string> | string {
  const ids = model.universe.get(name) ?? [];
  if (text === "*") return new Set(ids);
  const found = new Set<string>();
  for (const part of text.split(" || ")) {
    const [low = "", high = low] = part.split(" - ");
    const ends = [low, high].filter((end) => ids.some((id) => splitId(id).version === end));
    if (ends.length < 2) return `${name} has no ${part}`;
    for (const id of ids) {
      const { version } = splitId(id);
      if (compare(version, low) >= 0 && compare(version, high) <= 0) found.add(id);
    }
  }
  return found;
}
