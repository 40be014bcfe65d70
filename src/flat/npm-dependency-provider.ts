import type { Failure } from "../api/failure.ts";
import type { Missing, ResolutionMode, Rung } from "../api/flat.ts";
import type { Context } from "../engine/context.ts";
import { type Answer, type Need, PAUSE, type Steps } from "../engine/need.ts";
import { raise } from "../errors/failure.ts";
import { type EdgeSpec, edgeSpecs } from "../graph/edge-spec.ts";
import { fold } from "../graph/fold.ts";
import type { DependencyProvider, Requirement } from "../solver/dependency-provider.ts";
import { type PackageId, ROOT, ROOT_VERSION } from "../solver/incompatibility.ts";
import type { PartialSolution } from "../solver/partial-solution.ts";
import { ABSENT, boundsOf, NOTHING, type SetId, type VersionSets } from "../solver/version-sets.ts";
import { compatibilityLines } from "./compatibility-lines.ts";
import type { Fact } from "./fact.ts";
import { effectiveSpec } from "./flat-overrides.ts";
import type { InstallableVersions } from "./installable-versions.ts";
import { type Lines, Packages } from "./packages.ts";
import type { Settled, Settler } from "./resolve-specs.ts";

export interface SourceOptions {
  readonly rung: Rung;
  readonly mode: ResolutionMode;
  readonly singletons: ReadonlySet<string>;
  /** What a lock has of each installed name. */
  readonly locked: ReadonlyMap<string, readonly string[]>;
  /** Whether versions that ask the same are told together. */
  readonly merge: boolean;
  /** What is tried in place of what is written, by installed name: overrides, and specs of the project's own. */
  readonly trial?: Trial | undefined;
}

export interface Trial {
  readonly overrides: ReadonlyMap<string, string>;
  readonly specs: ReadonlyMap<string, string>;
}

/** Who asks for something. */
interface Asker {
  readonly of: PackageId;
  readonly from: InstallableVersions | null;
  readonly versions: SetId;
}

/** A choice's versions. */
const TAKEN = 1;
const LEFT = 2;

type Requirements = Requirement<Fact>[];

/** npm's meaning of packages, for the solver: docs/solver.md. */
export class NpmDependencyProvider implements DependencyProvider<Fact, Need, Answer> {
  readonly packages: Packages = new Packages();
  /** Optional dependencies that were left out since they could not be read, and why. */
  readonly unread: Map<string, Failure> = new Map();
  readonly #context: Context;
  readonly #options: SourceOptions;
  readonly #sets: VersionSets;
  readonly #settler: Settler;
  readonly #direct = new Set<string>();
  /** What was told of each package: by what is asked, the versions that ask it. */
  readonly #told = new Map<PackageId, Map<string, SetId>>();
  /** What stands for a set of a package's versions where there may be several copies. */
  readonly #lines = new Map<string, [PackageId, SetId]>();
  /** Choices and lines of which a version was told. */
  readonly #toldOnce = new Set<string>();
  /** All that versions of a source ask, and which of them. */
  readonly #asking = new Map<string, ReadonlyMap<string, SetId>>();
  /** Wishes about packages that nothing has brought in yet, by their keys. */
  readonly #pending = new Map<string, { asker: Asker; spec: EdgeSpec; effective: string }[]>();

  constructor(context: Context, options: SourceOptions, parts: { sets: VersionSets; settler: Settler }) {
    this.#context = context;
    this.#options = options;
    this.#sets = parts.sets;
    this.#settler = parts.settler;
    for (const edge of context.tree.root.edges().values()) this.#direct.add(edge.key);
  }

  pick(id: PackageId, set: SetId, solution: PartialSolution<Fact>): number {
    const entry = this.packages.entry(id);
    switch (entry.kind) {
      case "project":
        return ROOT_VERSION;
      case "choice":
        return this.#sets.has(set, TAKEN) ? TAKEN : LEFT;
      case "lines":
        return this.#line(entry.lines, set, solution);
      case "package":
        return this.#version(entry.installable, set);
      default:
        return entry satisfies never;
    }
  }

  waits(id: PackageId): boolean {
    const entry = this.packages.entry(id);
    const { locked } = this.#options;
    // What a lock leaves out comes in where it fits in: nothing moves to make room for it.
    if (entry.kind === "choice") return locked.size > 0 && !locked.has(this.#settler.keyOf(entry.choice.fact.to));
    return entry.kind === "lines" && !entry.lines.pinned;
  }

  #version(installable: InstallableVersions, set: SetId): number {
    const { mode, locked } = this.#options;
    const key = this.#settler.keyOf(installable);
    const lowest = mode === "lowest" || (mode === "lowest-direct" && this.#direct.has(key));
    const policy = this.#context.options.policyFor(installable.name);
    return installable.pick(set, { policy, lowest, locked: locked.get(key) ?? [] });
  }

  /** A line that is there already, else the best; for a pinned version the line that others use, while that can be. */
  #line({ lines, pinned }: Lines, set: SetId, solution: PartialSolution<Fact>): number {
    const open = lines.map((_, at) => at + 1).filter((index) => this.#sets.has(set, index));
    const standing = open.find((index) => {
      const { to, allowed } = lines[index - 1] as Lines["lines"][number];
      const left = solution.left(to);
      return !pinned && !this.#sets.has(left, 0) && this.#sets.and(left, allowed) !== NOTHING;
    });
    return standing ?? (open[0] as number);
  }

  *requirements(id: PackageId, index: number): Steps<Requirements> {
    const entry = this.packages.entry(id);
    const versions = this.#sets.single(index);
    if (entry.kind === "choice" || entry.kind === "lines") {
      const once = `${id} ${index}`;
      if (this.#toldOnce.has(once)) return [];
      this.#toldOnce.add(once);
    }
    switch (entry.kind) {
      case "project":
        return yield* this.#ofProject();
      case "choice": {
        const { to, allowed, fact } = entry.choice;
        return index === TAKEN ? [{ of: id, versions, package: to, allowed, fact }] : [];
      }
      case "lines": {
        const line = entry.lines.lines[index - 1] as { to: PackageId; allowed: SetId };
        return [{ of: id, versions, package: line.to, allowed: line.allowed, fact: entry.lines.fact }];
      }
      case "package":
        return yield* this.#ofPackage(id, entry.installable, index);
      default:
        return entry satisfies never;
    }
  }

  *#ofProject(): Steps<Requirements> {
    const asker: Asker = { of: ROOT, from: null, versions: this.#sets.single(ROOT_VERSION) };
    const found: Requirements = [];
    for (const edge of this.#context.tree.root.edges().values()) {
      const tried = this.#options.trial?.specs.get(edge.name);
      found.push(...(yield* this.#ask(asker, edge.spec, tried ?? this.#tried(edge.name) ?? edge.effective)));
    }
    return found;
  }

  #tried(name: string): string | undefined {
    const { trial } = this.#options;
    const value = trial?.overrides.get(name);
    if (!value?.startsWith("$")) return value;
    const own = this.#context.tree.root.edges().get(fold(value.slice(1)));
    return own && (trial?.specs.get(own.name) ?? own.effective);
  }

  #effective(installable: InstallableVersions, index: number, spec: EdgeSpec): string {
    return this.#tried(spec.name) ?? effectiveSpec(installable, index, { spec, context: this.#context });
  }

  *#ofPackage(id: PackageId, installable: InstallableVersions, index: number): Steps<Requirements> {
    const again = this.#told.has(id);
    const told = this.#told.get(id) ?? new Map<string, SetId>();
    this.#told.set(id, told);
    yield PAUSE;
    const found: Requirements = [];
    let askers: ((key: string) => SetId) | null = null;
    for (const spec of this.#specs(installable, index)) {
      const effective = this.#effective(installable, index, spec);
      const key = keyOf(spec, effective);
      if (this.#sets.has(told.get(key) ?? NOTHING, index)) continue;
      askers ??= this.#askers(installable, index, again);
      const versions = askers(key);
      told.set(key, versions);
      found.push(...(yield* this.#ask({ of: id, from: installable, versions }, spec, effective)));
    }
    return found;
  }

  /** What a version asks for; what its tarball brings along is its own affair. */
  #specs(installable: InstallableVersions, index: number): EdgeSpec[] {
    const manifest = installable.manifest(index);
    const dev = installable.single(index)?.folder != null;
    if (manifest._hasShrinkwrap && !dev) return [];
    const bundled = Array.isArray(manifest.bundleDependencies) ? manifest.bundleDependencies : [];
    const peers = !this.#context.specTable.legacyPeerDeps;
    return [...edgeSpecs(manifest, { dev, peers }).values()].filter(({ name }) => dev || !bundled.includes(name));
  }

  /**
   * Which versions ask for something: at first those around that are alike, which costs nothing; of a package that is looked at
   * again, which is in conflict then, all that ask the same, so that a long ladder of them falls at once.
   */
  #askers(installable: InstallableVersions, index: number, again: boolean): (key: string) => SetId {
    const own = this.#sets.single(index);
    const { specTable } = this.#context;
    if (!this.#options.merge) return () => own;
    if (!again) {
      // an override may be for some of the versions only
      const alike = specTable.overrides ? own : this.#sets.of(installable.alike(index));
      return () => alike;
    }
    const all = this.#allAskers(installable, index);
    return (key) => all.get(key) ?? own;
  }

  /** By what is asked, all versions that ask it. */
  #allAskers(installable: InstallableVersions, index: number): ReadonlyMap<string, SetId> {
    const source = `${this.#settler.keyOf(installable)} ${installable.sourceOf(index)}`;
    const known = this.#asking.get(source);
    if (known) return known;
    const asking = new Map<string, number[]>();
    const add = (one: number, members: readonly number[]): void => {
      for (const spec of this.#specs(installable, one)) {
        const key = keyOf(spec, this.#effective(installable, one, spec));
        const list = asking.get(key);
        if (list) list.push(...members);
        else asking.set(key, [...members]);
      }
    };
    for (const family of installable.families(index)) {
      if (this.#context.specTable.overrides) for (const one of family) add(one, [one]);
      else add(family[0] as number, family);
    }
    const sets = new Map([...asking].map(([key, list]) => [key, this.#sets.of(boundsOf(list))]));
    this.#asking.set(source, sets);
    return sets;
  }

  /** What a wish comes to, and what waited for its package to come in. */
  *#ask(asker: Asker, spec: EdgeSpec, effective: string): Steps<Requirements> {
    const installable = this.#settler.installable(spec);
    if (spec.type === "peerOptional") {
      if (this.#options.rung !== "none") return [];
      // Nobody asks for the package yet: it need not be looked at before somebody does.
      if (installable.isEmpty) {
        const waiting = this.#pending.get(spec.key);
        const wish = { asker, spec, effective };
        if (waiting) waiting.push(wish);
        else this.#pending.set(spec.key, [wish]);
        return [];
      }
    }
    const { from } = asker;
    const settledBefore = from === null || this.#options.locked.has(this.#settler.keyOf(from));
    const settled = yield* this.#settler.settle(spec, {
      effective,
      folder: this.#folderOf(asker, effective !== spec.raw),
      settledBefore,
    });
    // What could not be read is not to change the answer.
    if (settled.unread && spec.type !== "optional" && spec.type !== "peerOptional") {
      return raise({ ...settled.unread, requiredBy: [asker.from ? `node_modules/${asker.from.name}` : ""] });
    }
    if (settled.unread) this.unread.set(spec.name, settled.unread);
    const found = this.#tell(asker, spec, { effective, settled });
    const waiting = this.#pending.get(spec.key);
    if (waiting && !installable.isEmpty) {
      this.#pending.delete(spec.key);
      for (const wish of waiting) found.push(...(yield* this.#ask(wish.asker, wish.spec, wish.effective)));
    }
    return found;
  }

  /** What an override says is the project's own word, whoever asked. */
  #folderOf({ from, versions }: Asker, overridden: boolean): string | null {
    if (!from || overridden) return this.#context.tree.root.path;
    return from.single(this.#sets.bounds(versions)[0] as number)?.folder ?? null;
  }

  #tell(asker: Asker, spec: EdgeSpec, told: { effective: string; settled: Settled }): Requirements {
    const { of, from, versions } = asker;
    const { settled, effective } = told;
    const { allowed, missing } = settled;
    const installable = this.#settler.installable(spec);
    const fact = (kind: Fact["kind"], why?: () => Missing): Fact => ({
      ...{ kind, from, versions, to: installable, spec: effective, rawSpec: spec.raw, type: spec.type, missing: why },
    });
    const constraint = (): Requirement<Fact> => {
      const [to] = this.#target(installable, allowed, fact("constraint"));
      return { of, versions, package: to, allowed: this.#sets.or(allowed, ABSENT), fact: fact("constraint", missing) };
    };
    if (spec.type === "peerOptional") return [constraint()];
    const optional = spec.type === "optional";
    // Not to be there is fine, to be there in another version is not: the package would see that one.
    const constraints = optional && this.#options.rung !== "copies" ? [constraint()] : [];
    if (optional && allowed === NOTHING) return constraints;
    const need = fact("dependency", missing);
    const [to, within] = this.#target(installable, allowed, need);
    if (!optional && !(spec.type === "peer" && this.#options.rung !== "none")) {
      return [{ of, versions, package: to, allowed: within, fact: need }];
    }
    const choice = this.packages.id(`?${of} ${keyOf(spec, effective)}`, () => ({
      kind: "choice",
      choice: { to, allowed: within, fact: need },
    }));
    const chosen = this.#sets.of([TAKEN, LEFT + 1]);
    const requirement: Requirement<Fact> = { of, versions, package: choice, allowed: chosen, fact: need };
    return [...constraints, requirement];
  }

  /** The package that stands for a requirement, and which of its versions satisfy that. */
  #target(installable: InstallableVersions, allowed: SetId, fact: Fact): [PackageId, SetId] {
    const key = this.#settler.keyOf(installable);
    const whole = (line: string): PackageId =>
      this.packages.id(`${key} ${line}`, () => ({ kind: "package", installable, line }));
    const single = this.#options.rung !== "copies" || this.#options.singletons.has(installable.name);
    if (single || allowed === NOTHING) return [whole(""), allowed];
    const known = this.#lines.get(`${key} ${allowed}`);
    if (known) return known;
    const policy = this.#context.options.policyFor(installable.name);
    const lines = compatibilityLines(installable, allowed, { sets: this.#sets, policy });
    const options = lines.map(({ line, set }) => ({ to: whole(line), allowed: set }));
    const pinned = this.#sets.count(allowed) === 1;
    // A pinned version that its line cannot have has a copy of its own: `debug 2.6.9` pins ms 2.0.0, and others ask for ms ^2.1.1.
    if (pinned) options.push({ to: whole(`=${allowed}`), allowed });
    const [first] = options;
    const alone = options.length === 1 ? first : undefined;
    const target: [PackageId, SetId] = alone
      ? [alone.to, allowed]
      : [
          this.packages.id(`=${key} ${allowed}`, () => ({ kind: "lines", lines: { lines: options, pinned, fact } })),
          this.#sets.of([1, options.length + 1]),
        ];
    this.#lines.set(`${key} ${allowed}`, target);
    return target;
  }
}

function keyOf({ type, key, raw, accept = "" }: EdgeSpec, effective: string): string {
  return `${type} ${key} ${raw} ${effective} ${accept}`;
}
