import { vi } from "vitest";
import type { Proof, ProofFact, ProofReference, ProofTerm } from "../../src/api/flat.ts";
import type { Answer, Need } from "../../src/engine/need.ts";
import { explain } from "../../src/explain/explain.ts";
import type { Fact } from "../../src/flat/fact.ts";
import { NpmDependencyProvider } from "../../src/flat/npm-dependency-provider.ts";
import type { Requirement } from "../../src/solver/dependency-provider.ts";
import { type Incompatibility, type PackageId, ROOT } from "../../src/solver/incompatibility.ts";
import { PartialSolution } from "../../src/solver/partial-solution.ts";
import { Solver } from "../../src/solver/solver.ts";
import { END, type SetId, VersionSets } from "../../src/solver/version-sets.ts";
import { type FakeManifest, fakeRegistry } from "../support/fake-registry.ts";
import { failureOf } from "../support/outcome.ts";
import { resolveManifest } from "../support/tree.ts";

/** The trace of a search without a solution, in the form of docs/solver.md. */
export interface Traced {
  /** The numbers of each package's versions. */
  readonly packages: readonly string[];
  /** The requirements, decisions, derivations and learned incompatibilities, in order. Incompatibilities are numbered. */
  readonly search: readonly string[];
  /** The facts and steps of the proof. */
  readonly graph: readonly string[];
  /** The printed explanation. */
  readonly text: string;
}

type FlatIncompatibility = Incompatibility<Fact>;
type Solution = PartialSolution<Fact>;

/** Runs the flat strategy on a registry, and traces its first search. */
export async function traced(
  packages: Readonly<Record<string, FakeManifest>>,
  project: Readonly<Record<string, unknown>>,
): Promise<Traced> {
  const tracer = new Tracer();
  try {
    const failure = await failureOf(resolveManifest(fakeRegistry(packages), project, { strategy: "flat" }));
    const graph = graphOf(failure.details?.["proof"] as Proof);
    return { packages: tracer.packages(), search: tracer.lines, graph, text: explain(failure) };
  } finally {
    vi.restoreAllMocks();
  }
}

/** Spies on a search: its requirements, its assignments and its result. */
class Tracer {
  readonly lines: string[] = [];
  readonly #numbers = new Map<FlatIncompatibility, number>();
  /** The numbers of the facts. The solver makes incompatibilities of them. */
  readonly #factNumbers = new Map<Fact, number>();
  #sets: VersionSets | null = null;
  #provider: NpmDependencyProvider | null = null;
  // These belong to the first search. Later searches try hints.
  #solution: Solution | null = null;
  #solver: object | null = null;
  /** Prints a backjump, once its conflict is printed. */
  #back: (() => void) | null = null;

  constructor() {
    this.#watchSets();
    this.#watchSource();
    this.#watchSolution();
    this.#watchEnd();
  }

  #watchSets(): void {
    const tracer = this;
    const { of } = VersionSets.prototype;
    vi.spyOn(VersionSets.prototype, "of").mockImplementation(function (this: VersionSets, bounds) {
      tracer.#sets ??= this;
      return of.call(this, bounds);
    });
  }

  #watchSource(): void {
    const tracer = this;
    const { requirements } = NpmDependencyProvider.prototype;
    vi.spyOn(NpmDependencyProvider.prototype, "requirements").mockImplementation(function* (
      this: NpmDependencyProvider,
      id,
      index,
    ) {
      const found = yield* requirements.call(this, id, index);
      tracer.#provider ??= this;
      if (tracer.#provider === this) for (const requirement of found) tracer.#take(requirement);
      return found;
    });
  }

  #watchSolution(): void {
    const tracer = this;
    const methods: Solution = PartialSolution.prototype;
    const { decide, derive, backtrack } = methods;
    const listen = (solution: Solution, tell: () => void): void => {
      tracer.#solution ??= solution;
      if (tracer.#solution === solution) tell();
    };
    vi.spyOn(methods, "decide").mockImplementation(function (this: Solution, id, index) {
      decide.call(this, id, index);
      listen(this, () => tracer.#print("", `decide ${tracer.#version(id, index)}`, `level ${this.level}`));
    });
    vi.spyOn(methods, "derive").mockImplementation(function (this: Solution, ...derived) {
      const [id, , cause] = derived;
      listen(this, () => tracer.#afterConflict(cause));
      derive.call(this, ...derived);
      listen(this, () =>
        tracer.#print("", `derive ${tracer.#term(id, this.remaining(id))}`, `by ${tracer.#number(cause)}`),
      );
    });
    vi.spyOn(methods, "backtrack").mockImplementation(function (this: Solution, level) {
      const { level: before } = this;
      listen(this, () => {
        tracer.#back = () => tracer.#print("", `backjump to level ${level}`, `from level ${before}`);
      });
      return backtrack.call(this, level);
    });
  }

  #watchEnd(): void {
    const tracer = this;
    const methods: Solver<Fact, Need, Answer> = Solver.prototype;
    const { run } = methods;
    vi.spyOn(methods, "run").mockImplementation(function* (this: Solver<Fact, Need, Answer>) {
      const solved = yield* run.call(this);
      tracer.#solver ??= this;
      if (!solved.ok && solved.conflict && tracer.#solver === this) tracer.#conflict(solved.conflict);
      return solved;
    });
  }

  /** Prints a requirement as the incompatibility that the solver makes of it. */
  #take({ of, versions, package: to, allowed, fact }: Requirement<Fact>): void {
    const refused = (this.#sets as VersionSets).not(allowed);
    const number = this.#next();
    this.#factNumbers.set(fact, number);
    this.#print(`${number}`, `{ ${this.#term(of, versions)}, ${this.#term(to, refused)} }`, this.#words(fact));
  }

  #next(): number {
    return this.#factNumbers.size + this.#numbers.size + 1;
  }

  #number(one: FlatIncompatibility): number {
    return ("fact" in one.cause ? this.#factNumbers.get(one.cause.fact) : this.#numbers.get(one)) as number;
  }

  /** Prints the conflict and the backjump. The first derivation after a backjump has the learned incompatibility as its cause. */
  #afterConflict(cause: FlatIncompatibility): void {
    if (!this.#back) return;
    this.#conflict(cause);
    this.#back();
    this.#back = null;
  }

  /** Prints the steps from the satisfied incompatibility to the learned one. */
  #conflict(learned: FlatIncompatibility): void {
    const steps: FlatIncompatibility[] = [];
    let first = learned;
    while (!("fact" in first.cause) && !this.#numbers.has(first)) {
      steps.unshift(first);
      first = first.cause.conflict;
    }
    this.#print("", "conflict", `${this.#number(first)} is satisfied`);
    for (const step of steps) {
      if ("fact" in step.cause) continue;
      const { conflict, other, pivot } = step.cause;
      const from = `${this.#number(conflict)} and ${this.#number(other)}, without ${this.#name(pivot)}`;
      const number = this.#next();
      this.#numbers.set(step, number);
      const terms = step.packages.map((name, place) => this.#term(name, step.sets[place] as SetId));
      this.#print(`${number}`, `{ ${terms.join(", ")} }`, from);
    }
  }

  #print(number: string, what: string, more: string): void {
    this.lines.push(`${number.padStart(2)}  ${what.padEnd(38)}  ${more}`.trimEnd());
  }

  #words({ from, versions, to, spec, type }: Fact): string {
    const dependent = from ? `${from.name} ${from.describe(versions)}` : "the project";
    return `${dependent} requires ${to.name}@${spec}${type === "peer" ? " as a peer" : ""}`;
  }

  #name(id: PackageId): string {
    const described = this.#provider?.packages.get(id);
    return described?.kind === "package" ? described.installable.name : "project";
  }

  #version(id: PackageId, index: number): string {
    const described = this.#provider?.packages.get(id);
    return described?.kind === "package"
      ? `${described.installable.name} ${described.installable.version(index)}`
      : "project";
  }

  #term(id: PackageId, set: SetId): string {
    return id === ROOT ? "project" : `${this.#name(id)} ${members((this.#sets as VersionSets).bounds(set))}`;
  }

  packages(): string[] {
    const rows: string[] = [];
    for (let id = 1; this.#provider?.packages.get(id); id++) {
      const described = this.#provider.packages.get(id);
      if (described.kind !== "package") continue;
      const { installable } = described;
      const versions: string[] = [];
      const last = Math.max(...[...installable.alikeGroups(1)].flat());
      for (let index = 1; index < last; index++) versions.push(`${index} = ${installable.version(index)}`);
      rows.push(`${installable.name.padEnd(8)}${versions.join("   ")}`);
    }
    return rows;
  }
}

/** Prints a set: `{1 2 4…}` for `[1, 3, 4, END]`. */
function members(bounds: readonly number[]): string {
  const texts: string[] = [];
  for (let at = 0; at < bounds.length; at += 2) {
    const [low, high] = [bounds[at] as number, bounds[at + 1] as number];
    if (high === END) texts.push(`${low}…`);
    else for (let index = low; index < high; index++) texts.push(`${index}`);
  }
  return `{${texts.join(" ")}}`;
}

/** Prints a proof. Facts have letters, steps have numbers. */
function graphOf({ facts, steps }: Proof): string[] {
  const letter = (at: number): string => String.fromCharCode("a".charCodeAt(0) + at);
  const refer = (one: ProofReference): string => ("fact" in one ? letter(one.fact) : `${one.step + 1}`);
  const term = ({ package: name, versions, positive }: ProofTerm): string =>
    `${positive ? "" : "not "}${name} ${versions}`;
  const fact = ({ from, versions, name, spec, type }: ProofFact): string =>
    `${from === "" ? "the project" : `${from} ${versions}`} requires ${name}@${spec}${type === "peer" ? " as a peer" : ""}`;
  return [
    ...facts.map((one, at) => `${letter(at)}  ${fact(one)}`),
    ...steps.map(({ terms, because }, at) =>
      `${at + 1}  { ${["project", ...terms.map(term)].join(", ")} }`
        .padEnd(50)
        .concat(`  ${because.map(refer).join(" and ")}`),
    ),
  ];
}
