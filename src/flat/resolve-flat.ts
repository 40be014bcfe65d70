// Loaded on demand: when a resolution asks for the flat strategy.
import type { Failure } from "../api/failure.ts";
import type { Rung, SolverStats } from "../api/flat.ts";
import type { ResolveOptions } from "../api/resolve.ts";
import type { Context } from "../engine/context.ts";
import { DepsQueue } from "../engine/deps-queue.ts";
import { finishTree } from "../engine/finish-tree.ts";
import { type Answer, type Need, needCode, PAUSE, type Steps } from "../engine/need.ts";
import { updatesAll } from "../engine/options.ts";
import { describeFailures } from "../engine/pending-failure.ts";
import type { Project } from "../engine/read-project.ts";
import { failure, InstallError, raise } from "../errors/failure.ts";
import type { Incompatibility } from "../solver/incompatibility.ts";
import { emptyStats, Solver } from "../solver/solver.ts";
import { ALL_TECHNIQUES, type Techniques } from "../solver/techniques.ts";
import { VersionSets } from "../solver/version-sets.ts";
import { buildFlatTree, type DecidedVersion, overrideOutOfReach } from "./build-flat-tree.ts";
import { SINGLETONS } from "./compatibility-lines.ts";
import type { Fact } from "./fact.ts";
import { assertFlat } from "./flat-overrides.ts";
import type { HintContext } from "./hints.ts";
import { lockedVersions, lockHolds } from "./lock-preferences.ts";
import { NpmDependencyProvider, type ProviderOptions, type Trial } from "./npm-dependency-provider.ts";
import { nameOf } from "./packages.ts";
import { SpecResolver } from "./resolve-specs.ts";

export interface FlatAnswer {
  readonly warnings: readonly Failure[];
  /** The relaxation that the solution needed. */
  readonly rung: Rung;
  readonly solver: SolverStats;
}

/** The number of steps of all searches of a resolution. The largest recorded project takes 750,000. */
export const MAX_STEPS = 100_000_000;
/** The number of steps that the searches for ways out may take together. */
const MAX_HINT_STEPS = 10_000_000;

/** The number of packages that the failure of a search without end names. */
const MAX_NAMED = 5;

/** The relaxations, the strictest first. Each includes the ones before it. */
const RELAXATIONS: readonly Rung[] = ["none", "peers", "copies"];

/**
 * Resolves a project to a flat tree: one version of each package (docs/solver.md).
 *
 * 1. If the lock is flat and valid, it is the result ("A lock").
 * 2. Otherwise search with each relaxation in turn, from `none` up to the option `relax` ("Relaxations"). The first solution wins.
 * 3. No solution: fail with the proof, and with the ways out that were tried ("The proof").
 * 4. Place the decided versions in the tree ("The tree").
 *
 * @throws InstallError ENOSOLUTION with `details.proof` (a `Proof`), EINVALIDOPTION, EOVERRIDE, ENONTERMINATING, and the errors of
 * the npm strategy for a project that it cannot read
 */
export function resolveFlat(project: Project, techniques: Techniques = ALL_TECHNIQUES): Steps<FlatAnswer> {
  return describeFailures(resolve(project, techniques), project.context);
}

function* resolve(project: Project, techniques: Techniques): Steps<FlatAnswer> {
  const { context, options } = project;
  if (yield* lockHolds(context, options.prereleases)) {
    yield* finishTree(context, true);
    return { warnings: context.warnings, rung: "none", solver: emptyStats() };
  }
  if (context.lockLoader && !updatesAll(options)) yield* context.lockLoader.loadWorkspaces(context);
  const { edits } = project;
  const requested = edits && (yield* edits.applyRequests(options, context, new DepsQueue()));
  context.specTable.overrides?.assertNoDirectConflict(context.tree.root.edges().values());
  assertFlat(context.specTable.overrides);
  const search = new FlatSearch(context, { options, techniques, locked: yield* lockedVersions(context) });
  const solution = yield* search.solve();
  const unmet = yield* buildFlatTree(solution.decided, context, options.prereleases ?? "as-written");
  const errors = solution.relaxation === "none" ? [...unmet.others, ...unmet.peers] : unmet.others;
  if (errors.length > 0) throw overrideOutOfReach(errors);
  yield* finishTree(context, false);
  project.requested = requested;
  const warnings = [...context.warnings, ...unmet.peers, ...solution.leftOut];
  return { warnings, rung: solution.relaxation, solver: search.stats };
}

interface FlatSolution {
  readonly relaxation: Rung;
  /** The decided versions, by key of the installed name. The version for the top of `node_modules` is first. */
  readonly decided: ReadonlyMap<string, DecidedVersion[]>;
  /** Warnings about optional dependencies that were left out. */
  readonly leftOut: readonly Failure[];
}

interface FlatSearchOptions {
  readonly options: ResolveOptions;
  readonly techniques: Techniques;
  /** The versions in the lock, by key of the installed name. */
  readonly locked: ReadonlyMap<string, readonly string[]>;
}

/** The searches of one resolution. They share the packages that were read and the interned sets, but no search state. */
class FlatSearch {
  readonly stats: SolverStats = emptyStats();
  readonly #context: Context;
  readonly #options: ResolveOptions;
  readonly #techniques: Techniques;
  readonly #sets: VersionSets;
  readonly #specs: SpecResolver;
  readonly #locked: ReadonlyMap<string, readonly string[]>;

  constructor(context: Context, { options, techniques, locked }: FlatSearchOptions) {
    this.#context = context;
    this.#options = options;
    this.#techniques = techniques;
    this.#sets = new VersionSets(techniques.remember);
    this.#sets.counter.limit = options.solverLimit ?? MAX_STEPS;
    this.#locked = locked;
    const { prereleases = "as-written" } = options;
    this.#specs = new SpecResolver(context, this.#sets, { prereleases, locked: this.#locked });
  }

  /** Searches with each relaxation in turn. @throws InstallError ENOSOLUTION */
  *solve(): Steps<FlatSolution> {
    const last = RELAXATIONS.indexOf(this.#options.relax ?? "none");
    for (const [at, relaxation] of RELAXATIONS.entries()) {
      const { provider, solver } = this.#createSolver(relaxation);
      const result = yield* solver.run();
      for (const [name, count] of Object.entries(solver.stats) as [keyof SolverStats, number][]) {
        // All searches share these two.
        const isTotal = name === "sets" || name === "steps";
        this.stats[name] = isTotal ? count : this.stats[name] + count;
      }
      if (result.ok) return { relaxation, ...(yield* this.#collect(provider, result.decisions)) };
      if (!result.conflict) return yield* this.#giveUp(solver.mostDecided(), provider);
      if (at === last) return yield* this.#fail(result.conflict, provider, relaxation);
    }
    throw new Error("unreachable: the last relaxation returns or throws");
  }

  #createSolver(
    relaxation: Rung,
    trial?: Trial,
  ): { provider: NpmDependencyProvider; solver: Solver<Fact, Need, Answer> } {
    const { resolutionMode: mode = "highest", singletons = [] } = this.#options;
    const { merge } = this.#techniques;
    const options: ProviderOptions = {
      ...{ relaxation, mode, locked: this.#locked, merge, trial },
      singletons: new Set([...SINGLETONS, ...singletons]),
    };
    const provider = new NpmDependencyProvider(this.#context, options, { sets: this.#sets, specs: this.#specs });
    return { provider, solver: new Solver(provider, this.#sets, this.#techniques) };
  }

  *#collect(
    provider: NpmDependencyProvider,
    decisions: ReadonlyMap<number, number>,
  ): Steps<Pick<FlatSolution, "decided" | "leftOut">> {
    const byKey = new Map<string, Map<number, DecidedVersion>>();
    const leftOut: Failure[] = [];
    for (const [id, index] of decisions) {
      yield PAUSE;
      const described = provider.packages.get(id);
      if (described.kind === "package") {
        const { installable } = described;
        const key = this.#specs.keyOf(installable);
        const known = byKey.get(key) ?? new Map<number, DecidedVersion>();
        byKey.set(key, known);
        // A line and a pinned copy may have the same version.
        if (!known.has(index)) known.set(index, { installable, index });
      } else if (described.kind === "droppable" && index > 1 && described.requirement.fact.type === "optional") {
        leftOut.push(conflictingOptional(described.requirement.fact));
      }
    }
    const decided = new Map<string, DecidedVersion[]>();
    for (const [key, known] of byKey) decided.set(key, this.#sorted([...known.values()]));
    for (const [name, { message }] of provider.unread) leftOut.push(optionalLeftOut(name, message));
    return { decided, leftOut };
  }

  /** Sorts the versions of a name. The version for the top comes first: the project's own, or else the highest. */
  #sorted(list: DecidedVersion[]): DecidedVersion[] {
    if (list.length < 2) return list;
    const { root } = this.#context.tree;
    const own = root.edges().get(this.#specs.keyOf((list[0] as DecidedVersion).installable));
    const fits = ({ installable, index }: DecidedVersion): boolean =>
      own !== undefined && this.#context.specTable.ranges.satisfies(installable.version(index), own.effective);
    const fitting = new Set(own ? list.filter(fits) : []);
    return list.sort((a, b) => Number(fitting.has(b)) - Number(fitting.has(a)) || b.index - a.index);
  }

  /** Fails because the steps are spent. Names the packages that the last search decided most often. */
  *#giveUp(mostDecided: readonly number[], { packages }: NpmDependencyProvider): Steps<never> {
    const names = new Set<string>();
    for (const id of mostDecided) {
      const name = nameOf(packages.get(id));
      if (name !== undefined && names.size < MAX_NAMED) names.add(name);
    }
    const { endlessSearch } = yield* needCode(() => import("./no-solution.ts"));
    return raise(endlessSearch([...names], this.#options.solverLimit ?? MAX_STEPS));
  }

  *#fail(conflict: Incompatibility<Fact>, provider: NpmDependencyProvider, relaxation: Rung): Steps<never> {
    const { hintsFor, makeProof, noSolution } = yield* needCode(() => import("./no-solution.ts"));
    const proof = yield* makeProof(conflict, { packages: provider.packages, sets: this.#sets });
    // If a spec in the project's package.json cannot be followed, that is the failure.
    const unread = proof.facts.find(({ missing, from }) => missing?.why === "spec" && from === "");
    if (unread?.missing?.failure) return raise({ ...unread.missing.failure, requiredBy: [""] });
    const { counter } = this.#sets;
    counter.limit = counter.steps + MAX_HINT_STEPS;
    const wayOut = yield* hintsFor(proof, this.#hintContext(relaxation));
    return raise(noSolution(proof, relaxation, wayOut));
  }

  #hintContext(relaxation: Rung): HintContext {
    const { root } = this.#context.tree;
    const edges = [...root.edges().values()];
    const isWeaker = (other: Rung): boolean => RELAXATIONS.indexOf(other) > RELAXATIONS.indexOf(relaxation);
    const isSolvable = this.#isSolvable.bind(this);
    return {
      counter: this.#sets.counter,
      names: [...this.#specs.installables()].filter(({ isEmpty }) => !isEmpty).map(({ name }) => name),
      packument: (name) => this.#specs.packument(name)?.packument,
      direct: new Map(edges.map((edge) => [edge.name, edge.effective])),
      isSolvable: (overrides, specs) =>
        isSolvable(relaxation, {
          overrides: new Map(Object.entries(overrides)),
          specs: new Map(Object.entries(specs)),
        }),
      *isSolvableWith(other) {
        return isWeaker(other) && (yield* isSolvable(other));
      },
    };
  }

  /** Checks whether a trial has a solution. A trial that fails, for example because a package cannot be read, has none. */
  *#isSolvable(relaxation: Rung, trial?: Trial): Steps<boolean> {
    try {
      return (yield* this.#createSolver(relaxation, trial).solver.run()).ok;
    } catch (error) {
      if (error instanceof InstallError) return false;
      throw error;
    }
  }
}

function conflictingOptional({ from, to, spec }: Fact): Failure {
  const reason = `No version that matches ${spec}, which ${from?.name ?? "the project"} requires, fits the rest of the tree.`;
  const text = "npm ci rejects a lock without it. Install from the lock with webhoist.";
  return optionalLeftOut(to.name, reason, { spec, wayOut: [{ kind: "other", text }] });
}

function optionalLeftOut(name: string, reason: string, more?: Partial<Failure>): Failure {
  return failure("EOPTIONAL", `The optional dependency ${name} is left out. ${reason}`, { package: name, ...more });
}
