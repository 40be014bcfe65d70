import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Proof, SolverStats } from "../../src/api/flat.ts";
import type { ResolveOptions } from "../../src/api/resolve.ts";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { type DriverHost, drive, type ExternalNeed } from "../../src/engine/driver.ts";
import type { Answer, Steps } from "../../src/engine/need.ts";
import { readProject } from "../../src/engine/read-project.ts";
import { writeProject } from "../../src/engine/write-project.ts";
import { fail, failure, InstallError, ok } from "../../src/errors/failure.ts";
import { resolveFlat } from "../../src/flat/resolve-flat.ts";
import { indexPackument } from "../../src/registry/condense.ts";
import type { Packument } from "../../src/registry/packument.ts";
import { PartialSolution } from "../../src/solver/partial-solution.ts";
import { emptyStats, Solver } from "../../src/solver/solver.ts";
import { ALL_TECHNIQUES, type Techniques } from "../../src/solver/techniques.ts";
import { solverAlone } from "./solver-alone.ts";
import { documentsOf, type SolverCase } from "./solver-cases.ts";
import { readPackument } from "./solver-sets.ts";

const PLATFORM = { os: "linux", cpu: "x64", libc: "glibc", node: "20.20.2", npm: "11.19.1" };

export type Clock = "wall" | "cpu";

let clock: Clock = "wall";

/**
 * Chooses the clock. `cpu` is the processor time of all threads, including garbage collection and compilation. It is more reliable on
 * a busy machine, but higher than the wall time on an idle one.
 */
export function setClock(which: Clock): void {
  clock = which;
}

function now(): number {
  if (clock === "wall") return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The result and the times of one resolution, in milliseconds. */
export interface SolverRunResult {
  readonly outcome: "solved" | "refuted" | "gave up";
  /** The relaxation of the solution or failure. */
  readonly relaxation: string;
  /** The whole time, including reading the project. */
  readonly total: number;
  /** The searches of all relaxations, with reading packuments. */
  readonly search: number;
  /** From the end of the search to the proof as data. */
  readonly proof: number;
  /** The time of the trials for ways out, and their number. */
  readonly hints: number;
  readonly tries: number;
  /** From the decided versions to the tree. */
  readonly tree: number;
  /** From the tree to the lock's text. */
  readonly lock: number;
  /** The counts of the searches of all relaxations. */
  readonly stats: SolverStats;
  /** The number of packages in the tree, or of facts and steps in the proof. */
  readonly size: string;
  readonly wayOut: readonly string[];
}

/** Observes the searches of one run. */
class RunWatch {
  /** The time limit, in milliseconds of the clock. */
  budget = Number.POSITIVE_INFINITY;
  readonly started: number = now();
  #checks = 0;
  /** `end` is infinite while a search runs. */
  readonly searches: { readonly start: number; end: number; readonly stats: SolverStats }[] = [];
  isRefuted = false;
  hintsStart = 0;
  tries = 0;

  check(): void {
    // Reading the clock takes longer than a pause, so it is read only now and then.
    if (this.#checks++ % 16 === 0 && now() - this.started > this.budget) throw new OutOfTime();
  }

  get searchEnd(): number {
    return this.searches.at(-1)?.end ?? 0;
  }
}

class OutOfTime extends Error {}

let watch = new RunWatch();

// Times the searches inside a resolution.
const { run } = Solver.prototype;
Solver.prototype.run = function* timed() {
  if (watch.hintsStart > 0) {
    watch.tries++;
    return yield* run.call(this);
  }
  const search = { start: now(), end: Number.POSITIVE_INFINITY, stats: this.stats };
  watch.searches.push(search);
  const solved = yield* run.call(this);
  watch.isRefuted = !solved.ok;
  search.end = now();
  return solved;
};

// Checks the time limit at each backtrack too, because many conflicts may follow each other without a pause.
const { backtrack } = PartialSolution.prototype;
PartialSolution.prototype.backtrack = function checked(level: number) {
  watch.check();
  return backtrack.call(this, level);
};

export interface RunOptions {
  readonly options?: ResolveOptions;
  readonly techniques?: Partial<Techniques>;
  /** The time limit of a run, in milliseconds of the clock. */
  readonly budget?: number;
  /** Whether to search for ways out. */
  readonly hints?: boolean;
}

/** Runs the flat strategy alone, with packuments in memory, without a transport or an event loop. */
export class SolverRun {
  readonly name: string;
  readonly #packageJson: string;
  readonly #read: (name: string) => Uint8Array | undefined;
  readonly #bytes = new Map<string, Uint8Array>();
  #packuments = new Map<string, Packument>();

  constructor(name: string, packageJson: string, read: (name: string) => Uint8Array | undefined) {
    this.name = name;
    this.#packageJson = packageJson;
    this.#read = read;
  }

  static recorded(registry: string, project: string): SolverRun {
    const text = readFileSync(join(registry, "projects", project, "package.json"), "utf8");
    return new SolverRun(project, text, (name) => {
      try {
        return readPackument(registry, name);
      } catch {
        return undefined;
      }
    });
  }

  static made(solverCase: SolverCase): SolverRun {
    const documents = documentsOf(solverCase);
    const text = JSON.stringify({ name: "project", version: "1.0.0", dependencies: solverCase.dependencies });
    return new SolverRun(solverCase.name, text, (name) => documents.get(name));
  }

  /** Indexes every packument again, so that a run cannot use what an earlier one parsed. */
  refresh(): void {
    this.#packuments = new Map([...this.#bytes].map(([name, bytes]) => [name, indexPackument(name, bytes)]));
  }

  async run({ options = {}, techniques, budget, hints = true }: RunOptions = {}): Promise<SolverRunResult> {
    const own = new RunWatch();
    watch = own;
    if (budget !== undefined) own.budget = budget;
    const project = await readProject({
      files: { "package.json": this.#packageJson },
      name: this.name,
      options: { ...options, legacyPeerDeps: this.name.endsWith("-legacy-peer-deps") },
      platform: PLATFORM,
    });
    try {
      const steps = resolveFlat(project, { ...ALL_TECHNIQUES, ...techniques });
      const { rung: relaxation } = await drive(watched(steps, own, hints), this.#host);
      const treeEnd = now();
      await drive(writeProject(project), this.#host);
      const end = now();
      const parts = { proof: 0, hints: 0, tree: treeEnd - own.searchEnd, lock: end - treeEnd };
      const size = `${project.context.tree.inventory.size - 1} packages`;
      return { ...ended(own, end), ...parts, outcome: "solved", relaxation, size, wayOut: [] };
    } catch (error) {
      if (error instanceof InstallError && error.code === "EUNSUPPORTED") return solvedWithoutTree(own);
      return refusal(own, error);
    }
  }

  get #host(): DriverHost {
    const peek = ({ kind, key }: ExternalNeed): Answer =>
      kind === "packument" ? this.#packument(key) : fail(failure("EUNSUPPORTED", `${kind} ${key}`));
    return { peek, answer: async (need) => peek(need), breathe: () => undefined };
  }

  #packument(name: string): Answer {
    let packument = this.#packuments.get(name);
    if (!packument) {
      const bytes = this.#read(name);
      if (!bytes) return fail(failure("E404", name, { package: name }));
      packument = indexPackument(name, bytes);
      this.#bytes.set(name, bytes);
      this.#packuments.set(name, packument);
    }
    return ok(packument);
  }
}

class NoHints extends Error {}

/** Observes a resolution. The code for hints is the first code that a failed resolution loads. */
function* watched<T>(steps: Steps<T>, own: RunWatch, hints: boolean): Steps<T> {
  let step = steps.next(ok(undefined));
  while (!step.done) {
    own.check();
    if (step.value.kind === "code" && own.isRefuted && own.hintsStart === 0) {
      own.hintsStart = now();
      if (!hints) throw new NoHints();
    }
    step = steps.next(yield step.value);
  }
  return step.value;
}

function ended(own: RunWatch, end: number): Pick<SolverRunResult, "total" | "search" | "tries" | "stats"> {
  const stats = emptyStats();
  let search = 0;
  for (const one of own.searches) {
    search += Math.min(end, one.end) - one.start;
    for (const [name, count] of Object.entries(one.stats) as [keyof SolverStats, number][]) {
      stats[name] = name === "sets" || name === "steps" ? count : stats[name] + count;
    }
  }
  return { total: end - own.started, search, tries: own.tries, stats };
}

/** Returns the result of a solution whose tree needs a tarball, which the benchmark does not have. */
function solvedWithoutTree(own: RunWatch): SolverRunResult {
  const none = { proof: 0, hints: 0, tree: 0, lock: 0, wayOut: [] };
  return { ...ended(own, now()), ...none, outcome: "solved", relaxation: "", size: "needs a tarball" };
}

function refusal(own: RunWatch, error: unknown): SolverRunResult {
  const end = now();
  const known = error instanceof InstallError && error.code === "ENOSOLUTION" ? error.failure : null;
  if (!known && !(error instanceof NoHints) && !(error instanceof OutOfTime)) throw error;
  const proof = known?.details?.["proof"] as Proof | undefined;
  const isProven = own.hintsStart > 0;
  return {
    ...ended(own, end),
    ...(isProven ? { proof: own.hintsStart - own.searchEnd, hints: end - own.hintsStart } : { proof: 0, hints: 0 }),
    ...{ tree: 0, lock: 0 },
    outcome: isProven ? "refuted" : "gave up",
    relaxation: String(known?.details?.["rung"] ?? ""),
    size: proof ? `${proof.facts.length} facts, ${proof.steps.length} steps` : "",
    wayOut: (known?.wayOut ?? []).map(({ text }) => text),
  };
}

/** Times the search of a generated case alone. Manifests and ranges are read before the clock starts. The other times are 0. */
export function runAlone(solverCase: SolverCase, { techniques, budget }: RunOptions = {}): SolverRunResult {
  const solver = solverAlone(solverCase, techniques);
  const own = new RunWatch();
  watch = own;
  if (budget !== undefined) own.budget = budget;
  const none = { proof: 0, hints: 0, tree: 0, lock: 0, wayOut: [], relaxation: "", size: "" };
  try {
    const outcome = runToEnd(solver.run()).ok ? "solved" : "refuted";
    return { ...ended(own, now()), ...none, outcome };
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    return { ...ended(own, now()), ...none, outcome: "gave up" };
  }
}

export const TECHNIQUES: readonly string[] = Object.keys(ALL_TECHNIQUES);

export { CASES } from "./solver-cases.ts";
export { setCosts, twoBands } from "./solver-sets.ts";
