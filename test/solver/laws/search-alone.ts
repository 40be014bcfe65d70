import type { ProofReference, SolverStats } from "../../../src/api/flat.ts";
import { runToEnd } from "../../../src/base/run-to-end.ts";
import type { DependencyProvider, Requirement } from "../../../src/solver/dependency-provider.ts";
import type { Incompatibility, PackageId } from "../../../src/solver/incompatibility.ts";
import { Solver } from "../../../src/solver/solver.ts";
import type { Techniques } from "../../../src/solver/techniques.ts";
import { ABSENT, type SetId, VersionSets } from "../../../src/solver/version-sets.ts";
import type { Choice } from "./brute-force.ts";
import type { Ban, Derived } from "./check-proof.ts";
import { type Problem, ROOT, type Rule } from "./model.ts";

export type AloneResult = { readonly stats: SolverStats } & (
  | { readonly choice: Choice }
  | { readonly rules: readonly Rule[]; readonly steps: readonly Derived[] }
);

/** Runs the solver on a problem, without npm's rules. Versions are numbered from 1 in the problem's order; the last is tried first. */
export function solveAlone(problem: Problem, techniques: Techniques): AloneResult {
  const sets = new VersionSets(techniques.remember);
  const provider = new PlainProvider(problem, sets, techniques.merge);
  const solver = new Solver<Rule, null, undefined>(provider, sets, techniques);
  const value = runToEnd(solver.run());
  const { stats } = solver;
  if (!value.ok) {
    if (!value.conflict) throw new Error("The search has no limit, but gave up");
    return { stats, ...new DerivationReader(provider, sets).derivation(value.conflict) };
  }
  const chosen = [...value.decisions].map(([name, index]) => [provider.names[name], provider.id(name, index)] as const);
  return { stats, choice: new Map(chosen.map(([name = "?", id]) => [name, id])) };
}

class PlainProvider implements DependencyProvider<Rule, null, undefined> {
  readonly pause = null;
  readonly names: string[];
  readonly #problem: Problem;
  readonly #sets: VersionSets;
  readonly #rules: readonly Rule[];
  readonly #returned = new Set<Rule>();

  constructor(problem: Problem, sets: VersionSets, merges: boolean) {
    this.#problem = problem;
    this.#sets = sets;
    this.names = [...problem.installable.keys()];
    this.#rules = merges ? merged(problem.rules) : problem.rules;
  }

  ids(name: PackageId): readonly string[] {
    return this.#problem.installable.get(this.names[name] as string) ?? [];
  }

  id(name: PackageId, index: number): string {
    return this.ids(name)[index - 1] ?? "none";
  }

  isDeferred(): boolean {
    return false;
  }

  *chooseVersion(name: PackageId, set: SetId): Generator<null, number, undefined> {
    yield this.pause;
    let index = this.ids(name).length;
    while (index > 0 && !this.#sets.has(set, index)) index--;
    return index;
  }

  *requirements(name: PackageId, index: number): Generator<null, Requirement<Rule>[], undefined> {
    const [from, id] = [this.names[name], this.id(name, index)];
    const added = this.#rules.filter((rule) => rule.from === from && rule.when.has(id) && !this.#returned.has(rule));
    return added.map((rule) => {
      this.#returned.add(rule);
      const other = this.names.indexOf(rule.name);
      const allowed = this.#set(other, rule.allowed);
      const fits = rule.kind === "dependency" ? allowed : this.#sets.or(allowed, ABSENT);
      return { of: name, versions: this.#set(name, rule.when), package: other, allowed: fits, fact: rule };
    });
  }

  #set(name: PackageId, wanted: ReadonlySet<string>): SetId {
    const bounds: number[] = [];
    this.ids(name).forEach((id, at) => {
      if (!wanted.has(id)) return;
      if (bounds.at(-1) === at + 1) bounds[bounds.length - 1] = at + 2;
      else bounds.push(at + 1, at + 2);
    });
    return this.#sets.of(bounds);
  }
}

/** Merges rules of one package that differ only in its version. */
function merged(rules: readonly Rule[]): Rule[] {
  const found = new Map<string, Rule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.from, rule.name, rule.kind, [...rule.allowed]]);
    const known = found.get(key);
    found.set(key, known ? { ...known, when: new Set([...known.when, ...rule.when]) } : rule);
  }
  return [...found.values()];
}

/** Translates the derivation of a conflict to the rules and versions of the problem. */
class DerivationReader {
  readonly #provider: PlainProvider;
  readonly #sets: VersionSets;
  readonly rules: Rule[] = [];
  readonly steps: Derived[] = [];
  readonly #references = new Map<Incompatibility<Rule>, ProofReference>();

  constructor(provider: PlainProvider, sets: VersionSets) {
    this.#provider = provider;
    this.#sets = sets;
  }

  derivation(end: Incompatibility<Rule>): { rules: readonly Rule[]; steps: readonly Derived[] } {
    this.#read(end);
    return this;
  }

  #read(incompatibility: Incompatibility<Rule>): ProofReference {
    const known = this.#references.get(incompatibility);
    if (known) return known;
    const { cause } = incompatibility;
    let reference: ProofReference;
    if ("fact" in cause) reference = { fact: this.rules.push(cause.fact) - 1 };
    else {
      const because = [this.#read(cause.conflict), this.#read(cause.other)];
      reference = { step: this.steps.push({ readings: [this.#ban(incompatibility)], because }) - 1 };
    }
    this.#references.set(incompatibility, reference);
    return reference;
  }

  #ban({ packages, sets }: Incompatibility<Rule>): Ban {
    const ban = new Map<string, ReadonlySet<string>>();
    packages.forEach((name, at) => {
      const set = sets[at] as SetId;
      const ids = this.#provider.ids(name).filter((_, index) => this.#sets.has(set, index + 1));
      const absent = this.#provider.names[name] !== ROOT && this.#sets.has(set, 0);
      ban.set(this.#provider.names[name] as string, new Set(absent ? [...ids, "absent"] : ids));
    });
    return ban;
  }
}
