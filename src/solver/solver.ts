import type { SolverStats } from "../api/flat.ts";
import type { DependencyProvider, Requirement } from "./dependency-provider.ts";
import {
  type Incompatibility,
  incompatibility,
  isFailure,
  type PackageId,
  priorCause,
  ROOT,
  ROOT_VERSION,
} from "./incompatibility.ts";
import { type Assignment, PartialSolution } from "./partial-solution.ts";
import { Priorities } from "./priorities.ts";
import type { StepCounter } from "./step-counter.ts";
import { ALL_TECHNIQUES, type Techniques } from "./techniques.ts";
import { DISJOINT, NOTHING, type SetId, SUBSET, type VersionSets } from "./version-sets.ts";

/**
 * A version for each package, or the incompatibility that rules out the project. Without a conflict, the search has given up after the
 * limit of steps.
 */
export type SolverResult<F> =
  | { readonly ok: true; readonly decisions: ReadonlyMap<PackageId, number> }
  | { readonly ok: false; readonly conflict: Incompatibility<F> | null };

/** Ends a search that has no solution, or that gives up. */
class NoSolution<F> extends Error {
  declare readonly conflict: Incompatibility<F> | null;
  constructor(conflict: Incompatibility<F> | null) {
    super();
    this.conflict = conflict;
  }
}

/** The level of the project's own decision, which is never removed. */
const ROOT_LEVEL = 1;

/**
 * Chooses one version of each package with PubGrub (N. Weizenbaum; described in pub's `doc/solver.md`). Names are those of the
 * paper. docs/solver.md explains each step, with a worked conflict.
 *
 * 1. Decide the project and add its requirements as incompatibilities ("Adding requirements").
 * 2. Unit propagation ("Unit propagation"): look at each incompatibility of each changed package.
 *    a. a term is contradicted, or two terms are inconclusive: nothing follows.
 *    b. all terms hold, so it is satisfied: this is a conflict, go to 3.
 *    c. it is almost satisfied (one term is inconclusive, all others hold): derive the negation of that term, which changes
 *       another package.
 *    When no changed package is left, go to 4.
 * 3. Conflict resolution ("Conflict resolution"): find the satisfier, the assignment that made the last term hold.
 *    a. the incompatibility rules out the project: there is no solution.
 *    b. the satisfier is a decision, or all other terms held at a lower level: learn the incompatibility, backjump to that
 *       level, and go to 2.
 *    c. otherwise replace the incompatibility by its prior cause with the satisfier's cause, and repeat 3.
 * 4. Decision making ("Deciding"): if every necessary package is decided, this is the solution. Otherwise choose a package and
 *    a version, and add the version's requirements.
 *    a. a new requirement conflicts at once: do not decide the version; propagation rules it out.
 *    b. otherwise decide it.
 *    Go to 2.
 *
 * Every part of the search counts its steps. The search pauses after some of them, and gives up after the counter's limit.
 */
export class Solver<F, N, A> {
  readonly stats: SolverStats = emptyStats();
  readonly #provider: DependencyProvider<F, N, A>;
  readonly #sets: VersionSets;
  readonly #techniques: Techniques;
  readonly #solution: PartialSolution<F>;
  readonly #priorities: Priorities;
  readonly #counter: StepCounter;
  /** The number of decisions about each package. */
  readonly #decisionCounts: number[] = [];
  /** The incompatibilities that have a term of a package, by package, the latest last. */
  readonly #incompatibilities: Incompatibility<F>[][] = [];
  /** Packages whose incompatibilities must be propagated. */
  readonly #changed = new Set<PackageId>();
  /** The package chosen last. Conflicts that follow are counted as its conflicts. */
  #lastChosen: PackageId = ROOT;

  constructor(provider: DependencyProvider<F, N, A>, sets: VersionSets, techniques: Techniques = ALL_TECHNIQUES) {
    this.#provider = provider;
    this.#sets = sets;
    this.#techniques = techniques;
    this.#counter = sets.counter;
    this.#solution = new PartialSolution(sets);
    const isDeferred = (name: PackageId): boolean => provider.isDeferred(name);
    this.#priorities = new Priorities(sets, { isDeferred, active: techniques.priorities });
  }

  *run(): Generator<N, SolverResult<F>, A> {
    try {
      this.#solution.decide(ROOT, ROOT_VERSION);
      let next: PackageId | null = ROOT;
      let index = ROOT_VERSION;
      for (;;) {
        yield* this.#addVersion(next, index);
        yield* this.#propagate();
        next = this.#priorities.next(this.#solution);
        yield* this.#rest();
        if (next === null) return { ok: true, decisions: new Map(this.#solution.decisions()) };
        index = yield* this.#provider.chooseVersion(next, this.#solution.remaining(next), this.#solution);
      }
    } catch (error) {
      if (error instanceof NoSolution) return { ok: false, conflict: error.conflict as Incompatibility<F> | null };
      throw error;
    } finally {
      this.stats.sets = this.#sets.size;
      this.stats.steps = this.#counter.steps;
    }
  }

  /** Pauses if that is due. @throws NoSolution without a conflict if the steps are spent */
  *#rest(): Generator<N, void, A> {
    if (this.#counter.isSpent) throw new NoSolution<F>(null);
    if (this.#counter.pauses()) yield this.#provider.pause;
  }

  /** Returns the packages with the most decisions, the first one with the most of all. */
  mostDecided(): PackageId[] {
    const names = [...this.#decisionCounts.keys()].filter((name) => this.#decisionCounts[name]);
    return names.sort((a, b) => (this.#decisionCounts[b] as number) - (this.#decisionCounts[a] as number) || a - b);
  }

  /**
   * Adds the requirements of a version, and decides the version unless a requirement conflicts at once (step 4).
   *
   *     icons is 3;  panel 1 requires icons 2
   *       panel 1 is not decided: the new incompatibility { panel 1, icons not 2 } would be satisfied
   */
  *#addVersion(name: PackageId, index: number): Generator<N, void, A> {
    const requirements = yield* this.#provider.requirements(name, index);
    let obstacle: Incompatibility<F> | null = null;
    for (const requirement of requirements) {
      this.#counter.steps++;
      if (this.#counter.pauses()) yield this.#provider.pause;
      const added = this.#addRequirement(requirement);
      if (added && this.#techniques.lookahead && this.#conflictsAtOnce(added, name, index)) obstacle ??= added;
    }
    this.#changed.add(name);
    this.#lastChosen = name;
    if (name === ROOT) return;
    if (obstacle) {
      this.#blameObstacle(name, obstacle);
      return;
    }
    this.stats.decisions++;
    this.#decisionCounts[name] = (this.#decisionCounts[name] ?? 0) + 1;
    this.#solution.decide(name, index);
  }

  /** Adds a requirement as an incompatibility. Returns null if the requirement always holds. */
  #addRequirement({ of: name, versions, package: other, allowed, fact }: Requirement<F>): Incompatibility<F> | null {
    const sets = this.#sets;
    const rejected = sets.not(allowed);
    const terms = new Map<PackageId, SetId>([[name, versions]]);
    // a 1 requires a ^1: always holds.  a 2 requires a ^1: { a 2 }
    if (other === name) terms.set(name, sets.and(versions, rejected));
    // a 1 requires b ^9, which no version satisfies: { a 1 }
    else if (allowed !== NOTHING) terms.set(other, rejected);
    if (terms.get(name) === NOTHING) return null;
    const added = incompatibility(terms, { fact });
    this.#addIncompatibility(added);
    return added;
  }

  #addIncompatibility(added: Incompatibility<F>): void {
    this.stats.incompatibilities++;
    for (const name of added.packages) {
      const known = this.#incompatibilities[name];
      if (known) known.push(added);
      else this.#incompatibilities[name] = [added];
    }
  }

  /** Checks whether an incompatibility would be satisfied if a version were decided. */
  #conflictsAtOnce({ packages, sets }: Incompatibility<F>, name: PackageId, index: number): boolean {
    return packages.every((other, at) => {
      const set = sets[at] as SetId;
      return other === name ? this.#sets.has(set, index) : this.#solution.relation(other, set) === SUBSET;
    });
  }

  /** Blames the decision that makes a version impossible, and goes back if that decision has been blamed often enough. */
  #blameObstacle(name: PackageId, { packages, sets }: Incompatibility<F>): void {
    const at = packages.findIndex((other) => other !== name);
    if (at < 0) return;
    const satisfier = this.#solution.satisfier(packages[at] as PackageId, sets[at] as SetId);
    const level = this.#blame(satisfier?.level ?? ROOT_LEVEL);
    if (level !== null) this.stats.undone += this.#solution.backtrack(level);
  }

  /**
   * Blames the decision at a level for the conflict of the package chosen last. Returns the level before that decision if the
   * two packages must be decided in the other order, otherwise null.
   */
  #blame(level: number): number | null {
    const culprit = level > ROOT_LEVEL ? this.#solution.decisionAt(level) : ROOT;
    if (culprit === ROOT || culprit === this.#lastChosen) return null;
    return this.#priorities.blame(this.#lastChosen, culprit) ? Math.max(ROOT_LEVEL, level - 1) : null;
  }

  /** Unit propagation: derives everything that follows from the changed packages (step 2). */
  *#propagate(): Generator<N, void, A> {
    const counter = this.#counter;
    for (const name of this.#changed) {
      this.#changed.delete(name);
      const known = this.#incompatibilities[name] ?? [];
      // The latest first: learned incompatibilities rule out the most.
      for (let at = known.length - 1; at >= 0; at--) {
        const candidate = known[at] as Incompatibility<F>;
        if (++counter.steps >= counter.nextPause) yield* this.#rest();
        const { contradictedBy } = candidate;
        if (this.#techniques.contradicted && contradictedBy && !contradictedBy.undone) continue;
        const derived = this.#propagateIncompatibility(candidate);
        if (derived === CONFLICT) {
          const learned = yield* this.#resolveConflict(candidate);
          this.#changed.clear();
          const next = this.#propagateIncompatibility(learned);
          // If blame went back further than necessary, the learned incompatibility may be inconclusive now.
          if (next !== null && next !== CONFLICT) this.#changed.add(next);
          break;
        }
        if (derived !== null) this.#changed.add(derived);
      }
    }
  }

  /**
   * Propagates one incompatibility. Returns the package of the derivation, null if nothing follows, or CONFLICT.
   *
   *     { theme 1|2, icons not 3 }
   *       theme is 2, icons is open   → almost satisfied: derive icons 3
   *       theme is 3                  → contradicted: nothing follows
   *       theme is 2, icons is 2      → satisfied: a conflict
   */
  #propagateIncompatibility(candidate: Incompatibility<F>): PackageId | null | typeof CONFLICT {
    const { packages, sets } = candidate;
    let open = -1;
    this.#counter.steps += packages.length;
    for (let at = 0; at < packages.length; at++) {
      const relation = this.#solution.relation(packages[at] as PackageId, sets[at] as SetId);
      if (relation === DISJOINT) {
        candidate.contradictedBy = this.#solution.latest(packages[at] as PackageId);
        return null;
      }
      if (relation === SUBSET) continue;
      if (open >= 0) return null;
      open = at;
    }
    if (open < 0) return CONFLICT;
    const name = packages[open] as PackageId;
    const set = this.#sets.not(sets[open] as SetId);
    this.#solution.derive(name, set, candidate);
    candidate.contradictedBy = this.#solution.latest(name);
    return name;
  }

  /**
   * Conflict resolution (step 3): finds the root cause of a conflict, learns it and backjumps. Returns the root cause, which
   * is almost satisfied unless the search went back further than necessary.
   *
   *     { editor 1|2, panel absent } is satisfied; editor 1|2 was derived from { editor 3, panel not 3 }
   *       prior cause: { editor 1|2|3, panel absent }, which held in part since level 1: backjump to level 1
   *
   * @throws NoSolution if the prior cause rules out the project
   */
  *#resolveConflict(conflict: Incompatibility<F>): Generator<N, Incompatibility<F>, A> {
    this.stats.conflicts++;
    let current = conflict;
    for (;;) {
      this.#counter.steps += current.packages.length;
      yield* this.#rest();
      if (isFailure(current)) throw new NoSolution(current);
      const { satisfier, previousLevel } = this.#mostRecentSatisfier(current);
      if (satisfier.cause === null || previousLevel < satisfier.level) {
        if (current !== conflict) this.#addIncompatibility(current);
        this.#backjump(previousLevel, satisfier);
        return current;
      }
      current = priorCause(current, satisfier.cause, { pivot: satisfier.package, sets: this.#sets });
    }
  }

  /** Returns the most recent satisfier of the terms, and the level at which all other terms held already. */
  #mostRecentSatisfier({ packages, sets }: Incompatibility<F>): { satisfier: Assignment<F>; previousLevel: number } {
    let latest: Assignment<F> | null = null;
    let set: SetId = 0;
    let level = ROOT_LEVEL;
    for (const [at, name] of packages.entries()) {
      const satisfier = this.#solution.satisfier(name, sets[at] as SetId);
      if (!satisfier) continue;
      if (!latest || satisfier.index > latest.index) {
        if (latest) level = Math.max(level, latest.level);
        latest = satisfier;
        set = sets[at] as SetId;
      } else level = Math.max(level, satisfier.level);
    }
    if (!latest) throw new Error("a conflict without a satisfier");
    return { satisfier: latest, previousLevel: Math.max(level, this.#solution.previousLevel(latest, set)) };
  }

  #backjump(level: number, satisfier: Assignment<F>): void {
    const target = this.#techniques.backjump ? level : satisfier.level - 1;
    this.stats.backtracks++;
    this.stats.undone += this.#solution.backtrack(this.#blame(level) ?? target);
  }
}

const CONFLICT = "conflict";

/** Returns the counts of a search that has not begun. */
export function emptyStats(): SolverStats {
  return { decisions: 0, conflicts: 0, backtracks: 0, undone: 0, incompatibilities: 0, sets: 0, steps: 0 };
}
