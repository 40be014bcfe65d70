import type { Missing, ProofFact, ProofTerm } from "../api/flat.ts";
import { LISTED, listed, type ProofPart, type Spoken, spoken } from "./proof-versions.ts";

const PROJECT = "the root project";

/** What a sentence says of one subject: `a 1.0.0` `has the peer` `b@^2.0.0`. */
export interface Saying {
  readonly subject: readonly ProofPart[];
  readonly verb: string;
  readonly what: readonly ProofPart[];
  /** Whether the subject is whatever was wanted before: then it is `which`. */
  readonly all: boolean;
  /** What is said next of what was wanted: `…, which wants c@^1.0.0`. */
  readonly which?: readonly Saying[];
}

/**
 * What cannot all hold, turned into what follows: `a 1.0.0 needs b@^2`, `a 1.0.0 cannot go with b 1.0.0`. Null when there is
 * nothing left to say but the end. `specOf`: the spec that a package's versions stand for, where one alone does.
 */
export function consequence(
  terms: readonly ProofTerm[],
  specOf: (name: string) => string | undefined,
): ProofPart[] | null {
  const there = terms.filter((term) => term.positive && term.package !== "");
  const needed = terms.filter((term) => !term.positive && term.package !== "");
  const found = needed.map(({ package: name, versions }) => spoken(name, [specOf(name) ?? versions]).object);
  const objects = listed(found, "or", found.length > 1 && found.some(isLong));
  const [first, second] = there.map((term) => spoken(term.package, [term.versions]));
  if (!first) return needed.length > 0 ? [`${PROJECT} needs `, ...objects] : null;
  if (needed.length > 0 && !second) return [...first.subject, first.plural ? " need " : " needs ", ...objects];
  if (needed.length > 0) return [...together(there), " together need ", ...objects];
  if (there.length > 2) return [...together(there), " cannot go together"];
  return [...unable(first), ...(second ? ["go with ", ...any(second)] : ["be used"])];
}

function together(terms: readonly ProofTerm[]): ProofPart[] {
  return listed(
    terms.map((term) => any(spoken(term.package, [term.versions]))),
    "and",
  );
}

function any({ all, object, subject, spec }: Spoken): readonly ProofPart[] {
  if (all) return ["any version of ", ...object];
  return spec === undefined ? subject : object;
}

function unable({ all, object, subject, spec }: Spoken): ProofPart[] {
  if (all) return ["no version of ", ...object, " can "];
  return spec === undefined ? [...subject, " cannot "] : ["no ", ...object, " can "];
}

/**
 * What the facts of one dependent about one dependency say: those of one form together. `every`: specs, where these facts
 * are those of all versions that they take.
 */
export function sayings(facts: readonly ProofFact[], every: readonly string[] = []): Saying[] {
  const forms = new Map<string, [ProofFact, ...ProofFact[]]>();
  for (const fact of facts) {
    const { kind, type, spec, rawSpec, missing } = fact;
    const form = `${kind} ${type} ${spec === rawSpec} ${missing?.why}`;
    const others = forms.get(form);
    if (others) others.push(fact);
    else forms.set(form, [fact]);
  }
  return [...forms.values()].map((alike) => saying(alike, forms.size === 1 ? every : []));
}

function saying(facts: readonly [ProofFact, ...ProofFact[]], every: readonly string[]): Saying {
  const [{ from, name, missing }] = facts;
  const own = spoken(
    from,
    facts.map(({ versions }) => versions),
  );
  const { subject, plural, all } = every.length === 1 && own.plural ? spoken(from, every) : own;
  return {
    subject: from === "" ? [PROJECT] : subject,
    verb: verb(facts[0], plural && from !== ""),
    what: [...wanted(facts), ...notes(facts), ...(missing ? whyMissing(missing, name) : [])],
    all: all || every.length > 0,
  };
}

/** `b@^1.0.0 or b@^2.0.0`; where each version wants its own, `b of the same version`. */
function wanted(facts: readonly [ProofFact, ...ProofFact[]]): ProofPart[] {
  const [{ name, type }] = facts;
  if (type === "workspace") return [{ package: name }];
  const specs = [...new Set(facts.map(({ spec }) => spec))];
  if (specs.length > 1 && facts.every(({ versions, spec }) => versions === spec))
    return [{ package: name }, " of the same version"];
  const shown = specs.length > LISTED ? specs.slice(0, 2) : specs;
  const objects = shown.map((spec) => [
    spec === "*" || spec === "" ? { package: name } : { package: name, versions: spec },
  ]);
  const rest = specs.length - shown.length;
  return listed(rest > 0 ? [...objects, [`${rest} more ranges`]] : objects, "or");
}

function notes(facts: readonly [ProofFact, ...ProofFact[]]): string[] {
  const [{ kind, name, type, spec, rawSpec }] = facts;
  const found: string[] = [];
  if (type === "dev" || (type === "optional" && kind === "dependency")) found.push(type);
  if (spec !== rawSpec)
    found.push(facts.some((fact) => fact.rawSpec !== rawSpec) ? "overridden" : `overridden from ${rawSpec}`);
  if (kind === "constraint") found.push(`if ${name} is there, it must fit`);
  return found.length > 0 ? [` (${found.join(", ")})`] : [];
}

function verb({ kind, type }: ProofFact, plural: boolean): string {
  const has = plural ? "have" : "has";
  if (type === "peer") return `${has} the peer`;
  if (type === "peerOptional") return `${has} the optional peer`;
  if (type === "workspace") return `${has} the workspace`;
  if (kind === "constraint") return `${has} the optional dependency`;
  return plural ? "want" : "wants";
}

function whyMissing({ why, found, failure }: Missing, name: string): ProofPart[] {
  const example = found === undefined ? "" : ` (${found})`;
  switch (why) {
    case "package":
      return [", which does not exist"];
    case "tag":
      return [", a tag that ", { package: name }, " does not have"];
    case "prerelease":
      return [`, of which there are only prereleases${example}`];
    case "time":
      return [`, of which all versions are younger than the date limit${example}`];
    case "policy":
      return [`, which the registry withholds${example}`];
    case "spec":
      return [", which cannot be had that way here"];
    case "unreadable":
      return [`, which could not be looked up${failure ? ` (${failure.code})` : ""}`];
    case "none":
      return [`, of which there is no version${found === undefined ? "" : ` (the latest is ${found})`}`];
    default:
      return why satisfies never;
  }
}

/** Sayings as clauses; those of one subject in a row make one: `a 1.0.0 wants b@^1 and has the peer c@^2`. */
export function clauses(all: readonly Saying[]): ProofPart[][] {
  const said: ProofPart[][] = [];
  let before: Saying | undefined;
  for (const next of all) {
    const last = said.at(-1);
    if (last && JSON.stringify(before?.subject) === JSON.stringify(next.subject)) {
      const verb = before?.verb === next.verb ? "" : `${next.verb} `;
      last.push(isLong(last) ? ", and " : " and ", verb, ...withWhich(next));
    } else said.push([...next.subject, ` ${next.verb} `, ...withWhich(next)]);
    before = next;
  }
  return said;
}

function withWhich({ what, which = [] }: Saying): readonly ProofPart[] {
  const said = which.map((one) => ({
    ...one,
    subject: ["which"],
    verb: one.verb.replace(/^have/, "has").replace(/^want$/, "wants"),
  }));
  return [...what, ...clauses(said).flatMap((clause) => [", ", ...clause])];
}

/** Whether a comma is needed before the next `and`: `a wants b and c, and d wants e`; `a wants b, which does not exist, and …`. */
export function isLong(parts: readonly ProofPart[]): boolean {
  return parts.some((part) => typeof part === "string" && / (and|or) |, /.test(part));
}
