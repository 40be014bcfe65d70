import type { WayOut } from "../api/failure.ts";
import type { Proof, ProofFact, Rung } from "../api/flat.ts";
import { isOneEditAway } from "../base/one-edit.ts";
import type { Steps } from "../engine/need.ts";
import { overrideFor } from "../explain/way-out.ts";
import type { Packument } from "../registry/packument.ts";
import { parseRange, testRange } from "../spec/range.ts";
import { compare, parseVersion, type Version } from "../spec/version.ts";

/** What hints are made of, and tried against. */
export interface HintWorld {
  /** Packages of the project, or met so far. */
  readonly names: Iterable<string>;
  /** By registry name, where it has been looked at. */
  packument(name: string): Packument | undefined;
  /** The project's own specs by installed name. */
  readonly direct: ReadonlyMap<string, string>;
  /**
   * Whether there is an answer with these overrides more (`$a` is the project's own spec of a), and with these specs instead of
   * the project's own. Asked at most {@link TRIES} times.
   */
  solvable(overrides: Readonly<Record<string, string>>, specs: Readonly<Record<string, string>>): Steps<boolean>;
  /** Whether there is an answer on that rung. Asked at most once of each. */
  rung(rung: Exclude<Rung, "none">): Steps<boolean>;
}

/** Searches that hints may take. */
export const TRIES = 6;
/** More hints than this are a menu, not a hint. */
const HINTS = 5;
/** Specs of one package that are looked at: a ladder of versions may have one each. */
const SPECS = 32;

/**
 * What would settle a project without a flat answer, the best first: for what is not there what is, then what was tried and
 * works: another spec of the project's own, an override, a lower rung.
 */
export function* hintsFor(proof: Proof, world: HintWorld): Steps<WayOut[]> {
  const missing = proof.facts.flatMap((fact) => missingHints(fact, world));
  const settling = proof.facts.some(isHopeless) ? [] : yield* settlingHints(proof, world);
  const deprecated = proof.facts.flatMap((fact) => deprecatedHint(fact, world));
  const told = new Set<string>();
  const all = [...missing, ...settling, ...deprecated].filter(({ text }) => !told.has(text) && told.add(text));
  return all.slice(0, HINTS);
}

/** A dependency of the project itself that nothing fits: no other change helps. */
function isHopeless({ kind, from, missing }: ProofFact): boolean {
  return kind === "dependency" && from === "" && missing !== undefined;
}

function missingHints(fact: ProofFact, world: HintWorld): WayOut[] {
  const { from, missing } = fact;
  if (!missing) return [];
  const { name, range, prefix } = wanted(fact);
  const ask = (spec: string): WayOut[] => (from === "" ? [askFor(fact.name, prefix + spec)] : []);
  const packument = world.packument(name);
  switch (missing.why) {
    case "package": {
      const near = [...world.names].filter((one) => isOneEditAway(one, name)).sort(byCode);
      return [
        ...near.map(
          (one): WayOut => ({ kind: "other", text: `Ask for ${one} instead of ${name}, if that was meant.` }),
        ),
        { kind: "other", text: "Check the name; for a private package give its scope's registry, or a token." },
      ];
    }
    case "tag":
      return nearestTags(range, packument).flatMap(ask);
    case "prerelease":
      return [
        ...(missing.found === undefined || missing.found === range ? [] : ask(missing.found)),
        option(
          "prereleases: if-necessary",
          "Take prereleases where nothing else fits, with prereleases: if-necessary.",
        ),
      ];
    case "time":
      return [option("before", "Allow newer versions (before).")];
    case "policy":
      return [{ kind: "other", text: `Ask whoever runs the registry to allow ${name}.` }];
    // whether another version helps is tried
    case "spec":
      return [];
    case "unreadable":
      return [{ kind: "other", text: `Try again, or have ${name} from another registry.` }];
    case "none": {
      const best = highest(packument) ?? missing.found;
      return best === undefined ? [] : ask(`^${best}`);
    }
    default:
      return missing.why satisfies never;
  }
}

/** The tags there are: those one edit away, then `latest`, then the others by name; at most three. */
function nearestTags(tag: string, packument: Packument | undefined): string[] {
  const rank = (one: string): number => (isOneEditAway(one, tag) ? 0 : one === "latest" ? 1 : 2);
  const tags = [...(packument?.distTags.keys() ?? [])];
  return tags.sort((a, b) => rank(a) - rank(b) || byCode(a, b)).slice(0, 3);
}

/** A spec of the project's own that only deprecated versions fit, where there are others. */
function deprecatedHint(fact: ProofFact, { packument }: HintWorld): WayOut[] {
  const { name, range, prefix } = wanted(fact);
  const found = fact.from === "" && !fact.missing ? packument(name) : undefined;
  const parsed = parseRange(range || "*");
  if (!found || !parsed) return [];
  const fitting = releasesOf(found).filter(({ version }) => testRange(parsed, version));
  const best = highest(found);
  if (best === undefined || fitting.length === 0 || fitting.some(({ key }) => key === best)) return [];
  if (!fitting.every(({ key }) => isDeprecated(found, key)) || isDeprecated(found, best)) return [];
  return [askFor(fact.name, `${prefix}^${best}`, `: all versions that fit ${range || "*"} are deprecated`)];
}

function isDeprecated(packument: Packument, key: string): boolean {
  return Boolean(packument.manifest(key)?.deprecated);
}

/** What was tried, and settles it: one change of the project's own specs of either sort, two overrides, the rungs. */
function* settlingHints(proof: Proof, world: HintWorld): Steps<WayOut[]> {
  let tries = 0;
  function* isSolvable(overrides: Record<string, string>, specs: Record<string, string> = {}): Steps<boolean> {
    return ++tries <= TRIES && (yield* world.solvable(overrides, specs));
  }
  const hints: WayOut[] = [];
  const targets = contested(proof, world);
  for (const [name, spec] of upgrades(proof, world).slice(0, 2)) {
    if (yield* isSolvable({}, { [name]: spec })) hints.push(askFor(name, spec));
  }
  for (const { name, others } of targets.slice(0, 1)) {
    const [other] = others;
    if (!other || !world.direct.has(name) || !(yield* isSolvable({}, { [name]: other.spec }))) continue;
    hints.push(askFor(name, other.spec, `: that is what ${other.from} works with`));
  }
  for (const { name, missing } of proof.facts.filter((fact) => fact.missing?.why === "spec").slice(0, 1)) {
    if (missing && (yield* isSolvable({ [name]: "latest" }))) hints.push(overrideFor(name, "latest"));
  }
  for (const { name, version } of targets.slice(0, 3)) {
    if (yield* isSolvable({ [name]: version })) hints.push(overrideFor(name, version));
  }
  const peers = proof.facts.some(({ type }) => type.startsWith("peer"));
  if (peers && (yield* world.rung("peers")))
    hints.push(option("relax: peers", "Take peers that do not fit as warnings, with relax: peers."));
  else if (yield* world.rung("copies"))
    hints.push(
      option("relax: copies", "Allow several copies of a package where they must differ, with relax: copies."),
    );
  return hints;
}

/** Own dependencies in the proof whose latest version their spec leaves out: a newer one may agree with the rest. */
function upgrades({ facts }: Proof, world: HintWorld): [name: string, spec: string][] {
  const found = new Map<string, string>();
  for (const fact of facts) {
    const { name, range, prefix } = wanted(fact);
    const packument = fact.from === "" ? world.packument(name) : undefined;
    const latest = highest(packument);
    const parsed = parseRange(range || "*");
    const version = latest === undefined ? null : parseVersion(latest);
    // Who asks nothing that the proof knows of is not at fault.
    if (!parsed || !version || testRange(parsed, version) || !facts.some(({ from }) => from === fact.name)) continue;
    found.set(fact.name, `${prefix}^${latest}`);
  }
  return [...found];
}

/** A package on which dependents do not agree. */
interface Contested {
  readonly name: string;
  /** What to override it with: the project's own spec (`$a`), or the version that most of the specs take. */
  readonly version: string;
  /** What others than the project want of it. */
  readonly others: readonly ProofFact[];
}

/** The worst first: packages of which no version takes all that the proof's dependents want. */
function contested({ facts }: Proof, world: HintWorld): Contested[] {
  const wishes = new Map<string, Map<string, ProofFact>>();
  for (const fact of facts) {
    const known = wishes.get(fact.name) ?? new Map<string, ProofFact>();
    wishes.set(fact.name, known);
    if (known.size < SPECS && !known.has(fact.spec)) known.set(fact.spec, fact);
  }
  const found: (Contested & { misses: number })[] = [];
  for (const [name, bySpec] of wishes) {
    const all = [...bySpec.values()];
    const packument = world.packument(wanted(all[0] as ProofFact).name);
    if (!packument || (all.length < 2 && !all[0]?.missing)) continue;
    const best = mostWanted(packument, all);
    const others = all.filter(({ from, missing }) => from !== "" && !missing).sort(byWeight(world));
    if (best)
      found.push({ name, version: world.direct.has(name) ? `$${name}` : best.key, others, misses: best.misses });
  }
  return found.sort((a, b) => b.misses - a.misses);
}

/** What the project's own dependencies want first, the latest of them first. */
function byWeight({ direct }: HintWorld): (a: ProofFact, b: ProofFact) => number {
  const last = ({ versions }: ProofFact): string => versions.split(" ").at(-1) ?? "";
  return (a, b) =>
    Number(direct.has(b.from)) - Number(direct.has(a.from)) || compare(last(b), last(a)) || byCode(a.from, b.from);
}

/** The highest of the versions that meet most of the facts, and how many of those it misses. */
function mostWanted(packument: Packument, facts: readonly ProofFact[]): { key: string; misses: number } | undefined {
  const ranges = facts.map((fact) => parseRange(wanted(fact).range || "*"));
  let best: { key: string; misses: number } | undefined;
  for (const { key, version } of releasesOf(packument)) {
    const misses = ranges.filter((range) => !range || !testRange(range, version)).length;
    if (!best || misses < best.misses) best = { key, misses };
  }
  return best;
}

/** Registry name and range of what a fact asks for: `npm:b@^1` is b's. */
function wanted({ name, spec }: ProofFact): { name: string; range: string; prefix: string } {
  const [, target, range = ""] = /^npm:(@?[^@]+)(?:@(.*))?$/.exec(spec) ?? [];
  return target === undefined ? { name, range: spec, prefix: "" } : { name: target, range, prefix: `npm:${target}@` };
}

/** The highest first. */
function releasesOf(packument: Packument): { key: string; version: Version }[] {
  return Array.from(packument.releases(), (entry) => ({
    key: packument.keyOf(entry),
    version: packument.versionOf(entry),
  })).reverse();
}

/** What the tag `latest` names, else the highest release, else the highest prerelease. */
function highest(packument: Packument | undefined): string | undefined {
  const latest = packument?.distTags.get("latest");
  if (!packument || (latest !== undefined && packument.has(latest))) return latest;
  const entry = Array.from(packument.releases()).at(-1) ?? Array.from(packument.sorted()).at(-1);
  return entry === undefined ? undefined : packument.keyOf(entry);
}

function askFor(name: string, spec: string, why = ""): WayOut {
  const text = `Ask for ${name}@${spec.includes(" ") ? `"${spec}"` : spec} in package.json${why}.`;
  return { kind: "spec", package: name, spec, text };
}

function option(name: string, text: string): WayOut {
  return { kind: "option", option: name, text };
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
