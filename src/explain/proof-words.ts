import type { Missing, ProofFact, ProofTerm } from "../api/flat.ts";
import {
  joinList,
  MAX_LISTED,
  type ProofPart,
  phraseLine,
  phraseVersions,
  type VersionsPhrase,
} from "./proof-versions.ts";
import { isWholeLine, lineOfRange, sortByLowestVersion, touchesLine } from "./version-line.ts";

const PROJECT = "the project";

/** The number of ranges, and of other facts, that are compared to merge ranges. Of more ranges, two are listed. */
const MAX_COMPARED = 100;

type FactsByName = ReadonlyMap<string, readonly ProofFact[]>;

/** A statement about one subject: `a 1.0.0` `requires` `b@^2.0.0 as a peer`. */
export interface Clause {
  readonly subject: readonly ProofPart[];
  readonly verb: string;
  readonly object: readonly ProofPart[];
  /** True if the subject is every version that the clause before requires. Then the subject can be `which`. */
  readonly all: boolean;
  /** True if the object is a compatibility line that stands for several ranges. */
  readonly merged: boolean;
  /** The subject to use instead of `which` if the object is merged: `react-dom 18`. */
  readonly line?: readonly ProofPart[] | undefined;
  /** Clauses about the object: `…, which requires c@^1.0.0`. */
  readonly which?: readonly Clause[];
}

/**
 * Returns the conclusion from terms that cannot all hold: `a 1.0.0 needs b@^2`, `a 1.0.0 cannot be used with b 1.0.0`. Null if no
 * term is left but the project.
 * @param specOf the spec that a package's versions come from, if they come from one alone
 */
export function consequence(
  terms: readonly ProofTerm[],
  specOf: (name: string) => string | undefined,
): ProofPart[] | null {
  const present = terms.filter((term) => term.positive && term.package !== "");
  const needed = terms.filter((term) => !term.positive && term.package !== "");
  const found = needed.map(({ package: name, versions }) => phraseVersions(name, [specOf(name) ?? versions]).object);
  const objects = joinList(found, "or", found.length > 1 && found.some(isLong));
  const [first, second] = present.map((term) => phraseVersions(term.package, [term.versions]));
  if (!first) return needed.length > 0 ? [`${PROJECT} needs `, ...objects] : null;
  if (needed.length > 0 && !second) return [...first.subject, first.plural ? " need " : " needs ", ...objects];
  if (needed.length > 0) return [...together(present), " together need ", ...objects];
  if (present.length > 2) return [...together(present), " cannot be used together"];
  return [...cannot(first), "be used", ...(second ? [" with ", ...any(second)] : [])];
}

function together(terms: readonly ProofTerm[]): ProofPart[] {
  return joinList(
    terms.map((term) => any(phraseVersions(term.package, [term.versions]))),
    "and",
  );
}

function any({ all, object, subject, spec }: VersionsPhrase): readonly ProofPart[] {
  if (all) return ["any version of ", ...object];
  return spec === undefined ? subject : object;
}

function cannot({ all, object, subject, spec }: VersionsPhrase): ProofPart[] {
  if (all) return ["no version of ", ...object, " can "];
  return spec === undefined ? [...subject, " cannot "] : ["no ", ...object, " can "];
}

/**
 * Returns the clauses of the facts of one dependent about one dependency. Facts of one form share a clause.
 * @param every the specs whose versions all have these facts
 * @param proof all facts by dependency, to see which ranges can be merged
 */
export function toClauses(
  facts: readonly ProofFact[],
  { every = [], proof }: { every?: readonly string[]; proof: FactsByName },
): Clause[] {
  const forms = new Map<string, [ProofFact, ...ProofFact[]]>();
  for (const fact of facts) {
    const { kind, type, spec, rawSpec, missing } = fact;
    const form = `${kind} ${type} ${spec === rawSpec} ${missing?.why}`;
    const others = forms.get(form);
    if (others) others.push(fact);
    else forms.set(form, [fact]);
  }
  return [...forms.values()].map((alike) => toClause(alike, forms.size === 1 ? every : [], proof));
}

function toClause(facts: readonly [ProofFact, ...ProofFact[]], every: readonly string[], proof: FactsByName): Clause {
  const [{ from, name, missing }] = facts;
  const own = phraseVersions(
    from,
    facts.map(({ versions }) => versions),
  );
  const [spec] = every;
  const { subject, plural, all } = every.length === 1 && own.plural ? phraseVersions(from, every) : own;
  const { parts, merged } = required(facts, proof);
  return {
    subject: from === "" ? [PROJECT] : subject,
    verb: verb(facts[0], plural && from !== ""),
    object: [...parts, role(facts[0]), ...notes(facts), ...(missing ? whyMissing(missing, name) : [])],
    all: all || every.length > 0,
    merged,
    line:
      spec !== undefined && every.length === 1 && isWholeLine(spec) ? phraseVersions(from, every).subject : undefined,
  };
}

/**
 * Names what facts require, sorted by version:
 *
 * - `b@^1.0.0 or b@^2.0.0`.
 * - `b of the same version`, if each version requires its own.
 * - `react 18` instead of several ranges of that line, if no other fact depends on which of its versions is meant.
 */
function required(
  facts: readonly [ProofFact, ...ProofFact[]],
  proof: FactsByName,
): { parts: ProofPart[]; merged: boolean } {
  const [{ name, type, missing }] = facts;
  if (type === "workspace") return { parts: [{ package: name }], merged: false };
  const specs = sortByLowestVersion(new Set(facts.map(({ spec }) => spec)));
  if (specs.length > 1 && facts.every(({ versions, spec }) => versions === spec))
    return { parts: [{ package: name }, " of the same version"], merged: false };
  const lines = specs.length > 1 && !missing ? mergeableLines(specs, facts, proof) : new Set<string>();
  const found = new Map<string, ProofPart[]>();
  for (const spec of specs) {
    const line = lines.size > 0 ? lineOfRange(spec) : null;
    if (line !== null && lines.has(line)) found.set(line, phraseLine(name, line));
    else found.set(`@${spec}`, [spec === "*" || spec === "" ? { package: name } : { package: name, versions: spec }]);
  }
  const objects = [...found.values()];
  const shown = objects.length > MAX_LISTED ? objects.slice(0, 2) : objects;
  const rest = objects.length - shown.length;
  const parts = joinList(rest > 0 ? [...shown, [`${rest} more ranges`]] : shown, "or");
  return { parts, merged: lines.size > 0 };
}

/**
 * Returns the compatibility lines that can stand for two or more specs.
 *
 *     // react ^18.2.0, ^18.3.1 against react ^17.0.0  →  react 18
 *     // react ^18.2.0, ^18.3.1 against react 18.0.0   →  not merged: "react 18" would not contradict 18.0.0
 */
function mergeableLines(
  specs: readonly string[],
  facts: readonly [ProofFact, ...ProofFact[]],
  proof: FactsByName,
): Set<string> {
  if (specs.length > MAX_COMPARED) return new Set();
  const lines = specs.map(lineOfRange);
  const repeated = lines.filter((line, at): line is string => line !== null && lines.indexOf(line) !== at);
  if (repeated.length === 0) return new Set();
  const own = new Set(facts);
  const others = (proof.get(facts[0].name) ?? []).filter((fact) => !own.has(fact));
  if (others.length > MAX_COMPARED) return new Set();
  return new Set(repeated.filter((line) => !others.some(({ spec }) => touchesLine(spec, line))));
}

function role({ kind, type }: ProofFact): string {
  if (type === "peer") return " as a peer";
  if (type === "peerOptional") return " as an optional peer";
  return kind === "constraint" && type !== "workspace" ? " as an optional dependency" : "";
}

function notes(facts: readonly [ProofFact, ...ProofFact[]]): string[] {
  const [{ kind, name, type, spec, rawSpec }] = facts;
  const found: string[] = [];
  if (type === "dev" || (type === "optional" && kind === "dependency")) found.push(type);
  if (spec !== rawSpec)
    found.push(facts.some((fact) => fact.rawSpec !== rawSpec) ? "overridden" : `overridden from ${rawSpec}`);
  if (kind === "constraint") found.push(`if ${name} is installed, it must fit`);
  return found.length > 0 ? [` (${found.join(", ")})`] : [];
}

function verb({ type }: ProofFact, plural: boolean): string {
  if (type === "workspace") return plural ? "have the workspace" : "has the workspace";
  return plural ? "require" : "requires";
}

function whyMissing({ why, found, failure }: Missing, name: string): ProofPart[] {
  const example = found === undefined ? "" : ` (${found})`;
  switch (why) {
    case "package":
      return [", which does not exist"];
    case "tag":
      return [", a dist-tag that ", { package: name }, " does not have"];
    case "prerelease":
      return [
        found === undefined ? ", which exists only as a prerelease" : `, which exists only as a prerelease: ${found}`,
      ];
    case "time":
      return [`, of which all matching versions are newer than the date limit${example}`];
    case "policy":
      return [`, which the registry withholds${example}`];
    case "spec":
      return [", which cannot be resolved in a page"];
    case "unreadable":
      return [`, which could not be read${failure ? ` (${failure.code})` : ""}`];
    case "workspace":
      return [
        `, which the workspace of that name does not match${found === undefined ? "" : ` (its version is ${found})`}`,
      ];
    case "empty":
      return [", which has no versions"];
    case "none":
      return [`, which no version matches${found === undefined ? "" : ` (the latest is ${found})`}`];
    default:
      return why satisfies never;
  }
}

/** Joins clauses that follow each other and have the same subject: `a 1.0.0 requires b@^1 and c@^2 as a peer`. */
export function joinClauses(all: readonly Clause[]): ProofPart[][] {
  const joined: ProofPart[][] = [];
  let before: Clause | undefined;
  for (const next of all) {
    const last = joined.at(-1);
    if (last && JSON.stringify(before?.subject) === JSON.stringify(next.subject)) {
      const verb = before?.verb === next.verb ? "" : `${next.verb} `;
      last.push(isLong(last) ? ", and " : " and ", verb, ...withWhich(next));
    } else joined.push([...next.subject, ` ${next.verb} `, ...withWhich(next)]);
    before = next;
  }
  return joined;
}

/**
 * Returns an object with the clauses about it: `b@^1.0.0, which requires c@^2.0.0`. A clause with a merged object names its
 * subject: `react-dom@^18.0.0, and react-dom 18 requires react 18 as a peer`.
 */
function withWhich({ object, which = [] }: Clause): readonly ProofPart[] {
  const clauses = which.map((clause) => ({
    ...clause,
    subject: clause.merged && clause.line ? clause.line : ["which"],
    verb: clause.verb.replace(/^have/, "has").replace(/^require$/, "requires"),
  }));
  return [...object, ...joinClauses(clauses).flatMap((clause) => [clause[0] === "which" ? ", " : ", and ", ...clause])];
}

/** Checks whether the next `and` needs a comma: `a requires b and c, and d requires e`. */
export function isLong(parts: readonly ProofPart[]): boolean {
  return parts.some((part) => typeof part === "string" && / (and|or) |, /.test(part));
}
