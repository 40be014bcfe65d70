import type { SolverStats } from "../api/flat.ts";
import type { DependencyProvider, Requirement } from "./dependency-provider.ts";
import {
  type Incompatibility,
  incompatibility,
  type PackageId,
  ROOT,
  ROOT_VERSION,
  refutesRoot,
  resolvent,
} from "./incompatibility.ts";
import { type Assignment, PartialSolution } from "./partial-solution.ts";
import { Priorities } from "./priorities.ts";
import { ALL_TECHNIQUES, type Techniques } from "./techniques.ts";
import { DISJOINT, NOTHING, type SetId, SUBSET, type VersionSets } from "./version-sets.ts";

/** Which version each package has, or what refutes the project. */
export type Solved<F> =
  | { readonly ok: true; readonly decisions: ReadonlyMap<PackageId, number> }
  | { readonly ok: false; readonly conflict: Incompatibility<F> };

/** What ends a search: there is no answer, and this is why. */
class Refuted<F> extends Error {
  declare readonly conflict: Incompatibility<F>;
  constructor(conflict: Incompatibility<F>) {
    super();
    this.conflict = conflict;
  }
}

/** The level of the project's own decision: it is never taken back. */
const GROUND = 1;

/**
 * PubGrub (N. Weizenbaum; described with pub, `doc/solver.md`): decides package after package, derives what follows, and
 * learns from each conflict an incompatibility that leads back to the decisions at fault. How it is told for npm, with a
 * worked conflict: docs/solver.md.
 */
export class Solver<F, N, A> {
  readonly stats: SolverStats = noStats();
  readonly #source: DependencyProvider<F, N, A>;
  readonly #sets: VersionSets;
  readonly #techniques: Techniques;
  readonly #solution: PartialSolution<F>;
  readonly #priorities: Priorities;
  /** By package, those that have a term of it, the latest last. */
  readonly #known: Incompatibility<F>[][] = [];
  /** Packages whose assignments changed since their incompatibilities were looked at. */
  readonly #changed = new Set<PackageId>();
  /** What was decided last: conflicts that come of it are its own. */
  #latest: PackageId = ROOT;

  constructor(source: DependencyProvider<F, N, A>, sets: VersionSets, techniques: Techniques = ALL_TECHNIQUES) {
    this.#source = source;
    this.#sets = sets;
    this.#techniques = techniques;
    this.#solution = new PartialSolution(sets);
    const waits = (name: PackageId): boolean => source.waits(name);
    this.#priorities = new Priorities(sets, { waits, active: techniques.priorities });
  }

  *run(): Generator<N, Solved<F>, A> {
    try {
      this.#solution.decide(ROOT, ROOT_VERSION);
      let next: PackageId | null = ROOT;
      let index = ROOT_VERSION;
      for (;;) {
        yield* this.#consider(next, index);
        this.#propagate();
        next = this.#priorities.next(this.#solution);
        if (next === null) return { ok: true, decisions: new Map(this.#solution.decisions()) };
        index = this.#source.pick(next, this.#solution.left(next), this.#solution);
      }
    } catch (error) {
      if (error instanceof Refuted) return { ok: false, conflict: error.conflict as Incompatibility<F> };
      throw error;
    } finally {
      this.stats.sets = this.#sets.size;
    }
  }

  /** Takes in what a version asks, and decides it unless that cannot be. */
  *#consider(name: PackageId, index: number): Generator<N, void, A> {
    const requirements = yield* this.#source.requirements(name, index);
    let obstacle: Incompatibility<F> | null = null;
    for (const requirement of requirements) {
      const told = this.#learn(requirement);
      if (told && this.#techniques.lookahead && this.#forbids(told, name, index)) obstacle ??= told;
    }
    this.#changed.add(name);
    this.#latest = name;
    if (name === ROOT) return;
    if (obstacle) {
      this.#avoid(name, obstacle);
      return;
    }
    this.stats.decisions++;
    this.#solution.decide(name, index);
  }

  #learn({ of: name, versions, package: other, allowed, fact }: Requirement<F>): Incompatibility<F> | null {
    const sets = this.#sets;
    const refused = sets.not(allowed);
    const terms = new Map<PackageId, SetId>([[name, versions]]);
    if (other === name) terms.set(name, sets.and(versions, refused));
    // nothing satisfies it: the versions themselves cannot be
    else if (allowed !== NOTHING) terms.set(other, refused);
    if (sets.count(terms.get(name) as SetId) === 0) return null;
    const told = incompatibility(terms, { fact });
    this.#add(told);
    return told;
  }

  #add(one: Incompatibility<F>): void {
    this.stats.incompatibilities++;
    for (const name of one.packages) {
      const known = this.#known[name];
      if (known) known.push(one);
      else this.#known[name] = [one];
    }
  }

  /** Whether all its terms would hold once this version was decided. */
  #forbids({ packages, sets }: Incompatibility<F>, name: PackageId, index: number): boolean {
    return packages.every((one, at) => {
      const set = sets[at] as SetId;
      return one === name ? this.#sets.has(set, index) : this.#solution.relation(one, set) === SUBSET;
    });
  }

  /** A version that cannot be decided: whoever stands in its way is to blame. */
  #avoid(name: PackageId, { packages, sets }: Incompatibility<F>): void {
    const at = packages.findIndex((one) => one !== name);
    if (at < 0) return;
    const satisfier = this.#solution.satisfier(packages[at] as PackageId, sets[at] as SetId);
    const level = this.#blame(satisfier?.level ?? GROUND, GROUND);
    if (level !== null) this.stats.undone += this.#solution.backtrack(level);
  }

  /** The level to go back to where the decision at `level` has been in the way often enough to come after what was decided last. */
  #blame(level: number, least: number): number | null {
    const culprit = level > GROUND ? this.#solution.decisionAt(level) : ROOT;
    if (culprit === ROOT || culprit === this.#latest) return null;
    return this.#priorities.blame(this.#latest, culprit) ? Math.max(least, level - 1) : null;
  }

  /** Derives all that follows from what changed. */
  #propagate(): void {
    for (const name of this.#changed) {
      this.#changed.delete(name);
      const known = this.#known[name] ?? [];
      // The latest first: what was learned of conflicts says most.
      for (let at = known.length - 1; at >= 0; at--) {
        const one = known[at] as Incompatibility<F>;
        if (this.#techniques.refuted && one.refuted && !one.refuted.undone) continue;
        const follows = this.#follow(one);
        if (follows === CONFLICT) {
          const learned = this.#resolve(one);
          this.#changed.clear();
          const derived = this.#follow(learned);
          // Further back than need be, it may say nothing yet.
          if (derived !== null && derived !== CONFLICT) this.#changed.add(derived);
          break;
        }
        if (follows !== null) this.#changed.add(follows);
      }
    }
  }

  /** Derives from one incompatibility: the package it says something new of, null when none, or that all its terms hold. */
  #follow(one: Incompatibility<F>): PackageId | null | typeof CONFLICT {
    const { packages, sets } = one;
    let open = -1;
    for (let at = 0; at < packages.length; at++) {
      const relation = this.#solution.relation(packages[at] as PackageId, sets[at] as SetId);
      if (relation === DISJOINT) {
        one.refuted = this.#solution.refuter(packages[at] as PackageId);
        return null;
      }
      if (relation === SUBSET) continue;
      if (open >= 0) return null;
      open = at;
    }
    if (open < 0) return CONFLICT;
    const name = packages[open] as PackageId;
    const set = this.#sets.not(sets[open] as SetId);
    this.#solution.derive(name, set, one);
    one.refuted = this.#solution.refuter(name);
    return name;
  }

  /**
   * Finds what a conflict comes from: resolves the incompatibility with the causes of its latest terms until one decision
   * alone makes the difference, and goes back to before that. @throws Refuted
   */
  #resolve(conflict: Incompatibility<F>): Incompatibility<F> {
    this.stats.conflicts++;
    let current = conflict;
    for (;;) {
      if (refutesRoot(current)) throw new Refuted(current);
      const { latest, level } = this.#latestTerm(current);
      if (latest.cause === null || level < latest.level) {
        if (current !== conflict) this.#add(current);
        this.#goBack(level, latest);
        return current;
      }
      current = resolvent(current, latest.cause, { pivot: latest.package, sets: this.#sets });
    }
  }

  /** The assignment that made the last of the terms hold, and the level at which all the rest held. */
  #latestTerm({ packages, sets }: Incompatibility<F>): { latest: Assignment<F>; level: number } {
    let latest: Assignment<F> | null = null;
    let set: SetId = 0;
    let level = GROUND;
    for (const [at, name] of packages.entries()) {
      const satisfier = this.#solution.satisfier(name, sets[at] as SetId);
      if (!satisfier) continue;
      if (!latest || satisfier.index > latest.index) {
        if (latest) level = Math.max(level, latest.level);
        latest = satisfier;
        set = sets[at] as SetId;
      } else level = Math.max(level, satisfier.level);
    }
    if (!latest) throw new Error("a conflict that nothing made");
    return { latest, level: Math.max(level, this.#solution.levelWithout(latest, set)) };
  }

  #goBack(level: number, latest: Assignment<F>): void {
    const target = this.#techniques.backjump ? level : latest.level - 1;
    this.stats.backtracks++;
    this.stats.undone += this.#solution.backtrack(this.#blame(level, GROUND) ?? target);
  }
}

const CONFLICT = "conflict";

/** Of a search that has not begun. */
export function noStats(): SolverStats {
  return { decisions: 0, conflicts: 0, backtracks: 0, undone: 0, incompatibilities: 0, sets: 0 };
}
