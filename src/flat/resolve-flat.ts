import type { Failure } from "../api/failure.ts";
import type { Proof, Rung, SolverStats } from "../api/flat.ts";
import type { ResolveOptions } from "../api/resolve.ts";
import type { Context } from "../engine/context.ts";
import { DepsQueue } from "../engine/deps-queue.ts";
import { finishTree } from "../engine/finish-tree.ts";
import { type Answer, type Need, needCode, type Steps } from "../engine/need.ts";
import { updatesAll } from "../engine/options.ts";
import { describeFailures } from "../engine/pending-failure.ts";
import type { Project } from "../engine/read-project.ts";
import { failure, InstallError, raise } from "../errors/failure.ts";
import { invalidOption } from "../errors/invalid-option.ts";
import { fold } from "../graph/fold.ts";
import type { Incompatibility } from "../solver/incompatibility.ts";
import { noStats, Solver } from "../solver/solver.ts";
import { ALL_TECHNIQUES, type Techniques } from "../solver/techniques.ts";
import { VersionSets } from "../solver/version-sets.ts";
import { buildFlatTree, type Copy, outOfReach } from "./build-flat-tree.ts";
import { SINGLETONS } from "./compatibility-lines.ts";
import type { Fact } from "./fact.ts";
import { assertFlat } from "./flat-overrides.ts";
import { lockHolds } from "./lock-preferences.ts";
import { prove } from "./make-proof.ts";
import { NpmDependencyProvider, type SourceOptions, type Trial } from "./npm-dependency-provider.ts";
import { Settler } from "./resolve-specs.ts";

export interface FlatAnswer {
  readonly warnings: readonly Failure[];
  readonly rung: Rung;
  readonly solver: SolverStats;
}

const RUNGS: readonly Rung[] = ["none", "peers", "copies"];

/**
 * One version of each package of a project, as its tree (docs/solver.md).
 * @throws InstallError ENOSOLUTION with `details.proof` (a `Proof`) where there is none, EINVALIDOPTION, EOVERRIDE, and what
 * the npm strategy throws of a project that it cannot read
 */
export function resolveFlat(project: Project, techniques: Techniques = ALL_TECHNIQUES): Steps<FlatAnswer> {
  return describeFailures(resolve(project, techniques));
}

const CHOICES = {
  relax: RUNGS,
  resolutionMode: ["highest", "lowest", "lowest-direct"],
  prereleases: ["as-written", "never", "if-necessary", "allow"],
} as const;

function checkOptions(options: ResolveOptions): void {
  for (const [name, known] of Object.entries(CHOICES)) {
    const value = options[name as keyof typeof CHOICES];
    if (value !== undefined && !(known as readonly string[]).includes(value)) {
      throw invalidOption(`options.${name} must be one of ${known.join(", ")}, not "${String(value)}".`);
    }
  }
  const { singletons = [] } = options;
  if (!Array.isArray(singletons) || singletons.some((name) => typeof name !== "string")) {
    throw invalidOption("options.singletons must be a list of package names.");
  }
}

function* resolve(project: Project, techniques: Techniques): Steps<FlatAnswer> {
  const { context, options } = project;
  checkOptions(options);
  if (lockHolds(context, options.prereleases)) {
    yield* finishTree(context, true);
    return { warnings: context.warnings, rung: "none", solver: noStats() };
  }
  if (!updatesAll(options)) context.lockLoader?.loadWorkspaces(context);
  const { edits } = project;
  const requested = edits && (yield* edits.applyRequests(options, context, new DepsQueue()));
  context.specTable.overrides?.assertNoDirectConflict(context.tree.root.edges().values());
  assertFlat(context.specTable.overrides);
  const search = new Search(context, options, techniques);
  const found = yield* search.climbDown();
  const unmet = yield* buildFlatTree(found.copies, context, options.prereleases ?? "as-written");
  const broken = found.rung === "none" ? [...unmet.others, ...unmet.peers] : unmet.others;
  if (broken.length > 0) throw outOfReach(broken);
  yield* finishTree(context, false);
  project.requested = requested;
  return { warnings: [...context.warnings, ...unmet.peers, ...found.left], rung: found.rung, solver: search.stats };
}

interface Found {
  readonly rung: Rung;
  /** By key of the installed name. */
  readonly copies: ReadonlyMap<string, Copy[]>;
  readonly left: readonly Failure[];
}

/** The attempts of one resolution, from rung to rung. They share what they learn of packages, and nothing else. */
class Search {
  readonly stats: SolverStats = noStats();
  readonly #context: Context;
  readonly #options: ResolveOptions;
  readonly #techniques: Techniques;
  readonly #sets: VersionSets;
  readonly #settler: Settler;
  readonly #locked: ReadonlyMap<string, readonly string[]>;

  constructor(context: Context, options: ResolveOptions, techniques: Techniques) {
    this.#context = context;
    this.#options = options;
    this.#techniques = techniques;
    this.#sets = new VersionSets(techniques.remember);
    this.#locked = lockedVersions(context);
    const { prereleases = "as-written" } = options;
    this.#settler = new Settler(context, this.#sets, { prereleases, locked: this.#locked });
  }

  /** @throws InstallError ENOSOLUTION */
  *climbDown(): Steps<Found> {
    const last = RUNGS.indexOf(this.#options.relax ?? "none");
    for (const [at, rung] of RUNGS.entries()) {
      const { source, solver } = this.#attempt(rung);
      const solved = yield* solver.run();
      for (const [name, count] of Object.entries(solver.stats) as [keyof SolverStats, number][]) {
        this.stats[name] = name === "sets" ? count : this.stats[name] + count;
      }
      if (solved.ok) return { rung, ...this.#gather(source, solved.decisions) };
      if (at === last) return yield* this.#fail(solved.conflict, source, rung);
    }
    throw new Error("no rung is left");
  }

  #attempt(rung: Rung, trial?: Trial): { source: NpmDependencyProvider; solver: Solver<Fact, Need, Answer> } {
    const { resolutionMode: mode = "highest", singletons = [] } = this.#options;
    const { merge } = this.#techniques;
    const options: SourceOptions = {
      ...{ rung, mode, locked: this.#locked, merge, trial },
      singletons: new Set([...SINGLETONS, ...singletons]),
    };
    const source = new NpmDependencyProvider(this.#context, options, { sets: this.#sets, settler: this.#settler });
    return { source, solver: new Solver(source, this.#sets, this.#techniques) };
  }

  #gather(source: NpmDependencyProvider, decisions: ReadonlyMap<number, number>): Pick<Found, "copies" | "left"> {
    const copies = new Map<string, Copy[]>();
    const left: Failure[] = [];
    for (const [id, index] of decisions) {
      const entry = source.packages.entry(id);
      if (entry.kind === "package") {
        const { installable } = entry;
        const key = this.#settler.keyOf(installable);
        const list = copies.get(key) ?? [];
        copies.set(key, list);
        // a line and a pin may have come to the same version
        if (!list.some((copy) => copy.index === index)) list.push({ installable, index });
      } else if (entry.kind === "choice" && index > 1 && entry.choice.fact.type === "optional") {
        left.push(leftOut(entry.choice.fact));
      }
    }
    for (const list of copies.values()) this.#sortCopies(list);
    for (const [name, why] of source.unread) left.push(optionalLeftOut(name, why.message));
    return { copies, left };
  }

  /** The copy at the top: what the project itself asks for, else the highest. */
  #sortCopies(list: Copy[]): void {
    if (list.length < 2) return;
    const { root } = this.#context.tree;
    const own = root.edges().get(this.#settler.keyOf((list[0] as Copy).installable));
    const fits = ({ installable, index }: Copy): boolean =>
      own !== undefined && this.#context.specTable.ranges.satisfies(installable.version(index), own.effective);
    list.sort((a, b) => Number(fits(b)) - Number(fits(a)) || b.index - a.index);
  }

  *#fail(conflict: Incompatibility<Fact>, source: NpmDependencyProvider, rung: Rung): Steps<never> {
    const proof = prove(conflict, { packages: source.packages, sets: this.#sets });
    // A spec of the project's own that cannot be read is to be told as that.
    const unread = proof.facts.find(({ missing, from }) => missing?.why === "spec" && from === "");
    if (unread?.missing?.failure) return raise({ ...unread.missing.failure, requiredBy: [""] });
    const { hintsFor } = yield* needCode(() => import("./hints.ts"));
    const wayOut = yield* hintsFor(proof, this.#hintWorld(rung));
    return raise(noSolution(proof, rung, wayOut));
  }

  #hintWorld(rung: Rung): Parameters<typeof import("./hints.ts").hintsFor>[1] {
    const { root } = this.#context.tree;
    const edges = [...root.edges().values()];
    return {
      names: [...this.#settler.universes()].filter((one) => !one.isEmpty).map(({ name }) => name),
      packument: (name) => this.#settler.packument(name)?.packument,
      direct: new Map(edges.map((edge) => [edge.name, edge.effective])),
      solvable: (overrides, specs) =>
        this.#isSolvable(rung, {
          overrides: new Map(Object.entries(overrides)),
          specs: new Map(Object.entries(specs)),
        }),
      rung: (other) => this.#below(rung, other),
    };
  }

  /** Tries another way. One that fails otherwise, as where a package cannot be had, is none. */
  *#isSolvable(rung: Rung, trial?: Trial): Steps<boolean> {
    try {
      return (yield* this.#attempt(rung, trial).solver.run()).ok;
    } catch (error) {
      if (error instanceof InstallError) return false;
      throw error;
    }
  }

  *#below(rung: Rung, other: Rung): Steps<boolean> {
    return RUNGS.indexOf(other) > RUNGS.indexOf(rung) && (yield* this.#isSolvable(other));
  }
}

function leftOut({ from, to, spec }: Fact): Failure {
  const who = from?.name ?? "the project";
  return optionalLeftOut(
    to.name,
    `No version that matches ${spec}, which ${who} requires, fits the rest of the tree.`,
    {
      spec,
      wayOut: [
        { kind: "other", text: "npm ci refuses a lockfile without it: install from the lockfile with webhoist." },
      ],
    },
  );
}

function optionalLeftOut(name: string, why: string, more?: Partial<Failure>): Failure {
  return failure("EOPTIONAL", `The optional dependency ${name} is left out. ${why}`, { package: name, ...more });
}

function noSolution(proof: Proof, rung: Rung, wayOut: Failure["wayOut"]): Failure {
  const what = rung === "copies" ? "no choice of versions" : "no single version of each package";
  return failure("ENOSOLUTION", `There is ${what} that suits the whole project.`, {
    requiredBy: [""],
    wayOut,
    details: { proof, rung },
  });
}

/** What a lock has of each name, the top one first. */
function lockedVersions({ lock, options }: Context): Map<string, string[]> {
  const locked = new Map<string, string[]>();
  for (const [location, { manifest, target }] of lock?.loaded ? lock.packages : []) {
    const at = location.lastIndexOf("node_modules/");
    const name = location.slice(at + "node_modules/".length);
    if (at < 0 || target !== null || !manifest.version || options.updateNames.has(name)) continue;
    const list = locked.get(fold(name)) ?? [];
    locked.set(fold(name), at === 0 ? [manifest.version, ...list] : [...list, manifest.version]);
  }
  return locked;
}
