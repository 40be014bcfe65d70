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

/** A search that finds nothing, as docs/solver.md tells it. */
export interface Traced {
  /** By package, what its indices stand for. */
  readonly packages: readonly string[];
  /** What was taken in, decided, derived and learned, in its order. Incompatibilities have numbers. */
  readonly search: readonly string[];
  /** Facts and steps of the proof. */
  readonly graph: readonly string[];
  /** What a person is told. */
  readonly text: string;
}

type FlatIncompatibility = Incompatibility<Fact>;
type Solution = PartialSolution<Fact>;

/** Runs the flat strategy over a told registry, and writes down what its first search does. */
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

/** Listens at the seams of a search: what it is told, what it assigns, what it ends with. */
class Tracer {
  readonly lines: string[] = [];
  readonly #numbers = new Map<FlatIncompatibility, number>();
  /** Told, and not seen in use yet: the solver makes incompatibilities of them later. */
  readonly #told = new Map<Fact, number>();
  #sets: VersionSets | null = null;
  #provider: NpmDependencyProvider | null = null;
  // Those of the first search: the ones after it try hints.
  #solution: Solution | null = null;
  #solver: object | null = null;
  /** Says that the search went back, once it is known why. */
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
      listen(this, () => tracer.#say("", `decide ${tracer.#version(id, index)}`, `level ${this.level}`));
    });
    vi.spyOn(methods, "derive").mockImplementation(function (this: Solution, ...derived) {
      const [id, , cause] = derived;
      listen(this, () => tracer.#afterConflict(cause));
      derive.call(this, ...derived);
      listen(this, () =>
        tracer.#say("", `derive ${tracer.#term(id, this.remaining(id))}`, `by ${tracer.#number(cause)}`),
      );
    });
    vi.spyOn(methods, "backtrack").mockImplementation(function (this: Solution, level) {
      const { level: before } = this;
      listen(this, () => {
        tracer.#back = () => tracer.#say("", `backjump to level ${level}`, `from level ${before}`);
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
      if (!solved.ok && tracer.#solver === this) tracer.#conflict(solved.conflict);
      return solved;
    });
  }

  /** What a search is told becomes an incompatibility with the same fact. */
  #take({ of, versions, package: to, allowed, fact }: Requirement<Fact>): void {
    const refused = (this.#sets as VersionSets).not(allowed);
    const number = this.#next();
    this.#told.set(fact, number);
    this.#say(`${number}`, `{ ${this.#term(of, versions)}, ${this.#term(to, refused)} }`, this.#words(fact));
  }

  #next(): number {
    return this.#told.size + this.#numbers.size + 1;
  }

  #number(one: FlatIncompatibility): number {
    return ("fact" in one.cause ? this.#told.get(one.cause.fact) : this.#numbers.get(one)) as number;
  }

  /** What follows first after going back follows from what was learned. */
  #afterConflict(cause: FlatIncompatibility): void {
    if (!this.#back) return;
    this.#conflict(cause);
    this.#back();
    this.#back = null;
  }

  /** From the incompatibility that all held of to what was learned of it, step by step. */
  #conflict(learned: FlatIncompatibility): void {
    const steps: FlatIncompatibility[] = [];
    let first = learned;
    while (!("fact" in first.cause) && !this.#numbers.has(first)) {
      steps.unshift(first);
      first = first.cause.conflict;
    }
    this.#say("", "conflict", `${this.#number(first)} is satisfied`);
    for (const step of steps) {
      if ("fact" in step.cause) continue;
      const { conflict, other, pivot } = step.cause;
      const from = `${this.#number(conflict)} and ${this.#number(other)}, without ${this.#name(pivot)}`;
      const number = this.#next();
      this.#numbers.set(step, number);
      const terms = step.packages.map((name, place) => this.#term(name, step.sets[place] as SetId));
      this.#say(`${number}`, `{ ${terms.join(", ")} }`, from);
    }
  }

  #say(number: string, what: string, more: string): void {
    this.lines.push(`${number.padStart(2)}  ${what.padEnd(38)}  ${more}`.trimEnd());
  }

  #words({ from, versions, to, spec, type }: Fact): string {
    const who = from ? `${from.name} ${from.describe(versions)}` : "the project";
    return `${who} requires ${to.name}@${spec}${type === "peer" ? " as a peer" : ""}`;
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
      for (const index of [...installable.alikeGroups(1)].flat().sort((a, b) => a - b))
        versions.push(`${index} = ${installable.version(index)}`);
      rows.push(`${installable.name.padEnd(8)}${versions.join("   ")}`);
    }
    return rows;
  }
}

/** `[1, 3, 4, END]` is `{1 2 4…}`. */
function members(bounds: readonly number[]): string {
  const texts: string[] = [];
  for (let at = 0; at < bounds.length; at += 2) {
    const [low, high] = [bounds[at] as number, bounds[at + 1] as number];
    if (high === END) texts.push(`${low}…`);
    else for (let index = low; index < high; index++) texts.push(`${index}`);
  }
  return `{${texts.join(" ")}}`;
}

/** Facts have letters, steps numbers. */
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
