// Loaded on demand: when a flat resolution has no solution.
import type { WayOut } from "../api/failure.ts";
import type { Missing, Proof, ProofFact, Rung } from "../api/flat.ts";
import { areAlike } from "../base/alike.ts";
import { isOneEditAway } from "../base/one-edit.ts";
import { PAUSE, type Steps } from "../engine/need.ts";
import { shortenText } from "../errors/failure.ts";
import { overrideFor } from "../explain/way-out.ts";
import type { Packument } from "../registry/packument.ts";
import type { StepCounter } from "../solver/step-counter.ts";
import { joined } from "../solver/version-sets.ts";
import { parseRange, type Range, testRange } from "../spec/range.ts";
import { compare, parseVersion } from "../spec/version.ts";
import { STEPS_OF_MANIFEST } from "./installable-versions.ts";
import { intervalOf, WITH_PRERELEASES } from "./packument-versions.ts";

/** The project that hints are made for. */
export interface HintContext {
  /** Counts the steps. If they are spent, no more hints are sought. */
  readonly counter: StepCounter;
  /** Names of the packages that the search has read. */
  readonly names: Iterable<string>;
  /** Returns the packument of a registry name, if it was read. */
  packument(name: string): Packument | undefined;
  /** The project's own specs by installed name. */
  readonly direct: ReadonlyMap<string, string>;
  /**
   * Checks whether the project has a solution with additional overrides (`$a` is the project's own spec of a) and with other
   * specs in its package.json. Called at most {@link MAX_TRIALS} times.
   */
  isSolvable(overrides: Readonly<Record<string, string>>, specs: Readonly<Record<string, string>>): Steps<boolean>;
  /** Checks whether the project has a solution with a weaker relaxation. Called at most once for each. */
  isSolvableWith(relaxation: Exclude<Rung, "none">): Steps<boolean>;
}

/** The number of changes that may be tried. */
export const MAX_TRIALS = 6;
/** The number of hints that are returned. */
const MAX_HINTS = 5;
/** The number of names that are suggested for one that does not exist. */
const MAX_NAMES = 3;
/** The number of specs of one package that are compared. A long list of versions may have one spec each. */
const MAX_SPECS = 32;

/**
 * Returns ways out for a project without a flat solution, the best first (solver.md, "Ways out").
 *
 * 1. For each spec that no version satisfies, its replacements: a name or tag one edit away, a prerelease, the latest version.
 * 2. Changes that were tried and work. None if a dependency of the project itself is missing, because then no change helps.
 *    a. A newer version of a direct dependency that appears in the proof.
 *    b. Another spec in package.json for the most contested package: the spec that a dependent requires.
 *    c. An override of one of the three most contested packages.
 *    d. The relaxation `peers` if a peer appears in the proof and that gives a solution, otherwise `copies`.
 * 3. A direct dependency whose spec only deprecated versions satisfy: the latest version.
 */
export function* hintsFor(proof: Proof, context: HintContext): Steps<WayOut[]> {
  const hints = new Map<string, WayOut>();
  const add = (found: readonly WayOut[]): void => {
    for (const hint of found) if (hints.size < MAX_HINTS && !hints.has(hint.text)) hints.set(hint.text, hint);
  };
  for (const fact of proof.facts) {
    if (hints.size < MAX_HINTS && fact.missing) add(missingHints(fact, fact.missing, context));
    yield* countSteps(1, context);
  }
  if (hints.size < MAX_HINTS && !proof.facts.some(isHopeless)) add(yield* workingChanges(proof, context));
  for (const fact of proof.facts) {
    if (hints.size < MAX_HINTS && fact.from === "" && !fact.missing) add(yield* deprecatedHint(fact, context));
  }
  return [...hints.values()];
}

/** Counts steps, and pauses if that is due. Returns false if the steps are spent. */
function* countSteps(steps: number, { counter }: HintContext): Steps<boolean> {
  counter.steps += steps;
  if (counter.pauses()) yield PAUSE;
  return !counter.isSpent;
}

/** Checks whether a fact is a dependency of the project itself that no version satisfies. */
function isHopeless({ kind, from, missing }: ProofFact): boolean {
  return kind === "dependency" && from === "" && missing !== undefined;
}

/** Returns replacements for the spec of a fact that no version satisfies. */
function missingHints(fact: ProofFact, missing: Missing, context: HintContext): WayOut[] {
  const { name, range, prefix } = target(fact);
  const own = fact.from === "";
  const use = (spec: string): WayOut => useSpec(fact.name, prefix + spec);
  const packument = context.packument(name);
  switch (missing.why) {
    case "package": {
      const near = [...context.names]
        .filter((other) => areAlike(other, name))
        .sort(byCode)
        .slice(0, MAX_NAMES);
      return [
        ...near.map(
          (other): WayOut => ({ kind: "other", text: `Use ${other} instead of ${name}, if you meant that.` }),
        ),
        { kind: "other", text: `Check the name ${name}. A private package needs its scope's registry, or a token.` },
      ];
    }
    case "tag":
      return own ? nearestTags(range, packument).map(use) : [];
    case "prerelease":
      return [
        ...(!own || missing.found === undefined || missing.found === range ? [] : [use(missing.found)]),
        ...prereleaseOption(range, missing.found),
      ];
    case "time":
      return [option("before", "Allow newer versions, with a later date in before.")];
    case "policy":
      return [{ kind: "other", text: `Ask the operator of the registry to allow ${name}.` }];
    // No override is tried: the registry's package of that name may be a stranger's.
    case "spec":
      return [
        {
          kind: "other",
          text: `If ${name} in the registry is the same package, write a published version of it instead.`,
        },
      ];
    case "workspace": {
      const fits = missing.found === undefined ? "*" : `^${missing.found}`;
      const where = own ? "package.json" : `the package.json of ${fact.from}`;
      return [
        {
          kind: "other",
          text: `Write ${fits} for ${name} in ${where}, or change the version of the workspace ${name}.`,
        },
      ];
    }
    case "empty":
      return [{ kind: "other", text: `Remove ${name}, or use a registry that has versions of it.` }];
    case "unreadable":
      return [{ kind: "other", text: `Try again, or use a registry that has ${name}.` }];
    case "none": {
      const best = own ? (highest(packument) ?? missing.found) : undefined;
      return best === undefined ? [] : [use(`^${best}`)];
    }
    default:
      return missing.why satisfies never;
  }
}

/** Offers the option `prereleases` if it would allow the prerelease: `^2.0.0` never allows 2.0.0-rc.1. */
function prereleaseOption(range: string, found = ""): WayOut[] {
  const parsed = parseRange(range || "*", WITH_PRERELEASES);
  const version = parseVersion(found);
  if (parsed && version && !testRange(parsed, version, WITH_PRERELEASES)) return [];
  const text = "Allow prereleases where nothing else fits, with prereleases: if-necessary.";
  return [option("prereleases: if-necessary", text)];
}

/** Returns up to three existing tags: the tags one edit away, then `latest`, then the others by name. */
function nearestTags(tag: string, packument: Packument | undefined): string[] {
  const rank = (other: string): number => (isOneEditAway(other, tag) ? 0 : other === "latest" ? 1 : 2);
  const tags = [...(packument?.distTags.keys() ?? [])];
  return tags.sort((a, b) => rank(a) - rank(b) || byCode(a, b)).slice(0, 3);
}

/** Suggests the latest version if a direct dependency's spec allows only deprecated versions, and the latest is not deprecated. */
function* deprecatedHint(fact: ProofFact, context: HintContext): Steps<WayOut[]> {
  const { name, range, prefix } = target(fact);
  const packument = context.packument(name);
  const parsed = parseRange(range || "*");
  const best = highest(packument);
  if (!packument || !parsed || best === undefined || isDeprecated(packument, best)) return [];
  const latest = parseVersion(best);
  const fitting = releasesIn(parsed, packument);
  if (fitting.length === 0 || (latest && !latest.pre && testRange(parsed, latest))) return [];
  const releases = packument.releases();
  for (let at = 0; at < fitting.length; at += 2) {
    for (let position = fitting[at] as number; position < (fitting[at + 1] as number); position++) {
      if (!(yield* countSteps(STEPS_OF_MANIFEST, context))) return [];
      if (!packument.manifestAt(releases[position] as number).deprecated) return [];
    }
  }
  const reason = `: all versions that match ${shortenText(range || "*")} are deprecated`;
  return [useSpec(fact.name, `${prefix}^${best}`, reason)];
}

function isDeprecated(packument: Packument, key: string): boolean {
  return Boolean(packument.manifest(key)?.deprecated);
}

/** Returns the positions of the releases in a range, as intervals. */
function releasesIn(range: Range, packument: Packument): number[] {
  const releases = packument.releases();
  const version = (position: number) => packument.versionOf(releases[position] as number);
  return joined(range.flatMap((set) => intervalOf(set, [0, releases.length], version)));
}

/** Tries changes to the project, and returns those that give a solution. */
function* workingChanges(proof: Proof, context: HintContext): Steps<WayOut[]> {
  let trials = 0;
  function* isSolvable(overrides: Record<string, string>, specs: Record<string, string> = {}): Steps<boolean> {
    return ++trials <= MAX_TRIALS && (yield* context.isSolvable(overrides, specs));
  }
  const hints: WayOut[] = [];
  const contested = yield* contestedPackages(proof, context);
  for (const [name, spec] of (yield* upgrades(proof, context)).slice(0, 2)) {
    if (yield* isSolvable({}, { [name]: spec })) hints.push(useSpec(name, spec));
  }
  for (const { name, others } of contested.slice(0, 1)) {
    const [other] = others;
    if (!other || !context.direct.has(name) || !(yield* isSolvable({}, { [name]: other.spec }))) continue;
    hints.push(useSpec(name, other.spec, `: ${dependentText(other)} requires it`));
  }
  for (const { name, version } of contested.slice(0, 3)) {
    if (yield* isSolvable({ [name]: version })) hints.push(overrideFor(name, version));
  }
  const peers = proof.facts.some(({ type }) => type.startsWith("peer"));
  if (peers && (yield* context.isSolvableWith("peers")))
    hints.push(option("relax: peers", "Turn peers that do not fit into warnings, with relax: peers (--relax=peers)."));
  else if (yield* context.isSolvableWith("copies"))
    hints.push(
      option(
        "relax: copies",
        "Allow several copies of a package where necessary, with relax: copies (--relax=copies).",
      ),
    );
  return hints;
}

/** Names a dependent with its latest version in the fact, so that two lines of one package have different names. */
function dependentText(fact: ProofFact): string {
  return fact.versions === "*" ? fact.from : `${fact.from} ${latestVersion(fact)}`;
}

/** Returns the direct dependencies in the proof whose spec excludes their latest version. A newer version may fit the rest. */
function* upgrades({ facts }: Proof, context: HintContext): Steps<[name: string, spec: string][]> {
  const found = new Map<string, string>();
  const dependents = new Set(facts.map(({ from }) => from));
  for (const fact of facts) {
    yield* countSteps(1, context);
    // A package without requirements in the proof is not the cause.
    if (fact.from !== "" || !dependents.has(fact.name)) continue;
    const { name, range, prefix } = target(fact);
    const latest = highest(context.packument(name));
    const parsed = parseRange(range || "*");
    const version = latest === undefined ? null : parseVersion(latest);
    if (!parsed || !version || testRange(parsed, version)) continue;
    found.set(fact.name, `${prefix}^${latest}`);
  }
  return [...found];
}

/** A package whose dependents in the proof require different versions. */
interface ContestedPackage {
  readonly name: string;
  /** The override to try: the project's own spec (`$a`), or the version that satisfies the most specs. */
  readonly version: string;
  /** The requirements of dependents other than the project. */
  readonly others: readonly ProofFact[];
}

/** Returns the contested packages, those with the most unsatisfied specs first. */
function* contestedPackages({ facts }: Proof, context: HintContext): Steps<ContestedPackage[]> {
  const factsBySpec = new Map<string, Map<string, ProofFact>>();
  for (const fact of facts) {
    yield* countSteps(1, context);
    const known = factsBySpec.get(fact.name) ?? new Map<string, ProofFact>();
    factsBySpec.set(fact.name, known);
    if (known.size < MAX_SPECS && !known.has(fact.spec)) known.set(fact.spec, fact);
  }
  const found: (ContestedPackage & { misses: number })[] = [];
  for (const [name, bySpec] of factsBySpec) {
    const all = [...bySpec.values()];
    const packument = context.packument(target(all[0] as ProofFact).name);
    if (!packument || (all.length < 2 && !all[0]?.missing)) continue;
    if (!(yield* countSteps(packument.releases().length, context))) break;
    const best = mostWanted(packument, all);
    const others = all.filter(({ from, missing }) => from !== "" && !missing).sort(byWeight(context));
    if (best)
      found.push({ name, version: context.direct.has(name) ? `$${name}` : best.key, others, misses: best.misses });
  }
  return found.sort((a, b) => b.misses - a.misses);
}

/** Sorts requirements: those of direct dependencies first, then by version, the latest first. */
function byWeight({ direct }: HintContext): (a: ProofFact, b: ProofFact) => number {
  return (a, b) =>
    Number(direct.has(b.from)) - Number(direct.has(a.from)) ||
    compare(latestVersion(b), latestVersion(a)) ||
    byCode(a.from, b.from);
}

function latestVersion({ versions }: ProofFact): string {
  return versions.split(" ").at(-1) ?? "";
}

/** Returns the highest version that satisfies the most facts, and the number of facts that it does not satisfy. */
function mostWanted(packument: Packument, facts: readonly ProofFact[]): { key: string; misses: number } | undefined {
  const releases = packument.releases();
  // How many more facts a position satisfies than the one before it.
  const changes = new Int32Array(releases.length + 1);
  for (const fact of facts) {
    const bounds = releasesIn(parseRange(target(fact).range || "*") ?? [], packument);
    bounds.forEach((position, at) => {
      changes[position] = (changes[position] as number) + (at % 2 === 0 ? 1 : -1);
    });
  }
  let best = -1;
  let most = 0;
  let fitting = 0;
  for (let position = 0; position < releases.length; position++) {
    fitting += changes[position] as number;
    if (fitting < most) continue;
    best = position;
    most = fitting;
  }
  const entry = releases[best];
  return entry === undefined ? undefined : { key: packument.keyOf(entry), misses: facts.length - most };
}

/** Returns the registry name and the range of a fact's spec: those of b for `npm:b@^1`. */
function target({ name, spec }: ProofFact): { name: string; range: string; prefix: string } {
  const [, alias, range = ""] = /^npm:(@?[^@]+)(?:@(.*))?$/.exec(spec) ?? [];
  return alias === undefined ? { name, range: spec, prefix: "" } : { name: alias, range, prefix: `npm:${alias}@` };
}

/** Returns the version tagged `latest`, otherwise the highest release, otherwise the highest prerelease. */
function highest(packument: Packument | undefined): string | undefined {
  const latest = packument?.distTags.get("latest");
  if (!packument || (latest !== undefined && packument.has(latest))) return latest;
  const entry = last(packument.releases()) ?? last(packument.sorted());
  return entry === undefined ? undefined : packument.keyOf(entry);
}

function last(entries: ArrayLike<number>): number | undefined {
  return entries[entries.length - 1];
}

function useSpec(name: string, spec: string, reason = ""): WayOut {
  const text = `Use ${name}@${spec.includes(" ") ? `"${shortenText(spec)}"` : spec} in package.json${reason}.`;
  return { kind: "spec", package: name, spec, text };
}

function option(name: string, text: string): WayOut {
  return { kind: "option", option: name, text };
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
