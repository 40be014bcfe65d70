import type { Missing, ProofFact, ProofTerm } from "../flat-api.ts";
import { compare, parseVersion } from "../spec/version.ts";

/**
 * A piece of a sentence: words, or a package, which a page can link. Its `versions`, a spec, is written behind it as npm does:
 * `react@^18.2.0`.
 */
export type ProofPart = string | { readonly package: string; readonly versions?: string };

/** What a sentence says of one subject; those that share it are said in one breath. */
export interface Saying {
  /** Equal for equal subjects. */
  readonly who: string;
  readonly subject: readonly ProofPart[];
  readonly verb: string;
  readonly objects: readonly (readonly ProofPart[])[];
  /** `, which does not exist`. */
  readonly tail: readonly ProofPart[];
}

/** More ranges or specs than this are counted, not listed. */
const LISTED = 4;
const PROJECT = "the root project";

/** `a`, `a and b`, `a, b and c`; long items have a comma before the last word: `a and b, and c`. */
export function listed(items: readonly (readonly ProofPart[])[], last: string, long: boolean = false): ProofPart[] {
  const link = `${long ? "," : ""} ${last} `;
  return items.flatMap((item, at) => [at === 0 ? "" : at < items.length - 1 ? ", " : link, ...item]);
}

/** Versions as they are said. `*` is all there are. */
interface Spoken {
  readonly all: boolean;
  readonly many: boolean;
  /** Where they are told by a range that someone wrote. */
  readonly spec: string | undefined;
  words(last: string): string;
}

// `1.0.0`, `1.0.0 - 1.4.0`, `<=1.4.0`, `>=1.0.0`: versions there are, not a range that someone wrote.
const STRETCH = /^(?:\d\S* - |<=|>=)?\d+\.\d+\.\d[^\s|]*$/;

/** `1.0.0 - 1.4.0 || >=2.0.0` is `1.0.0 to 1.4.0 and from 2.0.0`. */
function spoken(texts: Iterable<string>): Spoken {
  const ranges = new Set<string>();
  let spec: string | undefined;
  for (const text of texts) {
    const stretches = text.split(" || ");
    const told = stretches.every((one) => STRETCH.test(one));
    if (!told) spec = text;
    for (const one of told ? stretches : [text]) ranges.add(one);
  }
  const sorted = ranges.size > 1 ? [...ranges].sort(byStart) : [...ranges];
  const rest = sorted.length - LISTED;
  const items = (rest > 1 ? sorted.slice(0, LISTED) : sorted).map(inWords);
  if (rest > 1) items.push(`${rest} more`);
  return {
    all: ranges.has("*"),
    many: sorted.length > 1 || sorted.some((range) => parseVersion(range) === null),
    spec: sorted.length > 1 ? undefined : spec,
    words: (last) =>
      listed(
        items.map((item) => [item]),
        last,
      ).join(""),
  };
}

function inWords(range: string): string {
  const [, sign, version] = /^([<>]=)(\d+\.\d+\.\d[^\s|]*)$/.exec(range) ?? [];
  return sign ? `${sign === "<=" ? "up to" : "from"} ${version}` : range.replace(" - ", " to ");
}

function byStart(a: string, b: string): number {
  return compare(start(a), start(b)) || byCode(a, b);
}

/** `<=1.4.0` starts before all others. */
function start(range: string): string {
  return range.startsWith("<=") ? "0.0.0-0" : (range.replace(/^[^\d]+/, "").split(" ", 1)[0] as string);
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function subject(name: string, said: Spoken): ProofPart[] {
  if (name === "") return [PROJECT];
  if (said.all) return ["every version of ", { package: name }];
  return said.spec === undefined
    ? [{ package: name }, ` ${said.words("and")}`]
    : ["every ", { package: name, versions: said.spec }];
}

/** A spec as it was written, or the versions that are left of one. */
function object({ package: name, versions }: ProofTerm, spec: string | undefined): ProofPart[] {
  if (spec !== undefined) return [spec === "*" || spec === "" ? { package: name } : { package: name, versions: spec }];
  const said = spoken([versions]);
  if (said.all) return [{ package: name }];
  return said.spec === undefined
    ? [{ package: name }, ` ${said.words("or")}`]
    : [{ package: name, versions: said.spec }];
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
  const objects = listed(
    needed.map((term) => object(term, specOf(term.package))),
    "or",
  );
  const [first, second] = there;
  if (!first) return needed.length > 0 ? [`${PROJECT} needs `, ...objects] : null;
  const said = spoken([first.versions]);
  if (needed.length > 0) {
    if (!second) return [...subject(first.package, said), isPlural(said) ? " need " : " needs ", ...objects];
    return [...listed(there.map(member), "and"), " together need ", ...objects];
  }
  if (there.length > 2) return [...listed(there.map(member), "and"), " cannot go together"];
  return [...unable(first.package, said), ...(second ? ["go with ", ...member(second)] : ["be used"])];
}

function isPlural({ many, all, spec }: Spoken): boolean {
  return many && !all && spec === undefined;
}

function unable(name: string, said: Spoken): ProofPart[] {
  if (said.all) return ["no version of ", { package: name }, " can "];
  return said.spec === undefined
    ? [...subject(name, said), " cannot "]
    : ["no ", { package: name, versions: said.spec }, " can "];
}

function member({ package: name, versions }: ProofTerm): ProofPart[] {
  const said = spoken([versions]);
  if (said.all) return ["any version of ", { package: name }];
  return said.spec === undefined ? subject(name, said) : [{ package: name, versions: said.spec }];
}

/**
 * What the facts of one dependent about one dependency say: those of one form together. `every`: a spec, where these facts
 * are those of all versions that it takes.
 */
export function sayings(facts: readonly ProofFact[], every?: string): Saying[] {
  const forms = new Map<string, [ProofFact, ...ProofFact[]]>();
  for (const fact of facts) {
    const { kind, type, spec, rawSpec, missing } = fact;
    const form = `${kind} ${type} ${spec === rawSpec} ${missing?.why}`;
    const others = forms.get(form);
    if (others) others.push(fact);
    else forms.set(form, [fact]);
  }
  return [...forms.values()].map((alike) => saying(alike, forms.size === 1 ? every : undefined));
}

function saying(facts: readonly [ProofFact, ...ProofFact[]], every: string | undefined): Saying {
  const [{ kind, from, name, type, missing }] = facts;
  const own = spoken(facts.map(({ versions }) => versions));
  const said = every !== undefined && isPlural(own) ? spoken([every]) : own;
  const plural = isPlural(said) && from !== "";
  const who = from === "" ? "" : `${from} ${said.all ? "*" : said.words("and")}`;
  const specs = new Map(facts.map(({ spec, rawSpec }) => [spec, rawSpec]));
  const [spec, rawSpec] = [...specs][0] as [string, string];
  const more = specs.size - LISTED;
  const objects = [...specs.keys()]
    .slice(0, more > 1 ? LISTED : specs.size)
    .map((one) => object({ package: name, versions: "*", positive: false }, type === "workspace" ? "*" : one));
  if (more > 1) objects.push([`${more} more ranges`]);
  const notes: string[] = [];
  if (type === "dev" || (type === "optional" && kind === "dependency")) notes.push(type);
  if (spec !== rawSpec) notes.push(specs.size > 1 ? "overridden" : `overridden from ${rawSpec}`);
  if (kind === "constraint") notes.push(`if ${name} is there, it must fit`);
  const what = listed(objects, "or");
  if (notes.length > 0) what.push(` (${notes.join(", ")})`);
  return {
    who,
    subject: subject(from, said),
    verb: verb(facts[0], plural),
    objects: [what],
    tail: missing ? whyMissing(missing, name) : [],
  };
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
    case "unreadable":
      return [`, which could not be looked up${failure ? ` (${failure.code})` : ""}`];
    case "none":
      return [`, of which there is no version${found === undefined ? "" : ` (the latest is ${found})`}`];
    default:
      return why satisfies never;
  }
}

/** All of what is said in one clause after another: `a 1.0.0 wants b@^1 and has the peer c@^2`. */
export function clauses(all: readonly Saying[]): ProofPart[][] {
  const said: ProofPart[][] = [];
  let before: Saying | undefined;
  for (const next of all) {
    const same = before?.who === next.who && before.tail.length === 0;
    const what = listed(next.objects, "and");
    const predicate = same && before?.verb === next.verb ? what : [`${next.verb} `, ...what];
    if (same) said.at(-1)?.push(" and ", ...predicate, ...next.tail);
    else said.push([...next.subject, " ", ...predicate, ...next.tail]);
    before = next;
  }
  return said;
}
