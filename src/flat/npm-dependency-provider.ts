import type { Failure } from "../api/failure.ts";
import type { Missing, ResolutionMode, Rung } from "../api/flat.ts";
import type { Manifest } from "../api/manifest.ts";
import type { Context, SourceEdge } from "../engine/context.ts";
import { type Answer, type Need, PAUSE, type Steps } from "../engine/need.ts";
import { InstallError, raise } from "../errors/failure.ts";
import { type EdgeSpec, edgeSpecs } from "../graph/edge-spec.ts";
import { fold } from "../graph/fold.ts";
import type { DependencyProvider, Requirement } from "../solver/dependency-provider.ts";
import { type PackageId, ROOT, ROOT_VERSION } from "../solver/incompatibility.ts";
import type { PartialSolution } from "../solver/partial-solution.ts";
import { ABSENT, NOTHING, type SetId, unionOf, type VersionSets } from "../solver/version-sets.ts";
import { bundledNames } from "../spec/bundled-names.ts";
import { compatibilityLines } from "./compatibility-lines.ts";
import type { Fact } from "./fact.ts";
import { effectiveSpec } from "./flat-overrides.ts";
import { type InstallableVersions, STEPS_OF_MANIFEST } from "./installable-versions.ts";
import { type LineChoice, PackageTable } from "./packages.ts";
import type { ResolvedSpec, SpecResolver } from "./resolve-specs.ts";

export interface ProviderOptions {
  readonly relaxation: Rung;
  readonly mode: ResolutionMode;
  readonly singletons: ReadonlySet<string>;
  /** The versions in the lock, by key of the installed name. */
  readonly locked: ReadonlyMap<string, readonly string[]>;
  /** True if one requirement covers all versions that have it. */
  readonly merge: boolean;
  /** Changes to try, to find a way out. */
  readonly trial?: Trial | undefined;
}

/** Changes to a project, by installed name: additional overrides, and other specs in its package.json. */
export interface Trial {
  readonly overrides: ReadonlyMap<string, string>;
  readonly specs: ReadonlyMap<string, string>;
}

/** The versions of a package, or the project, that have a requirement. */
interface Dependent {
  readonly of: PackageId;
  readonly from: InstallableVersions | null;
  readonly versions: SetId;
}

// The versions of a droppable requirement.
const KEPT = 1;
const DROPPED = 2;

type Requirements = Requirement<Fact>[];

/**
 * Turns npm's manifests into requirements for the solver (solver.md, "What npm's words mean here").
 *
 * For a chosen version, {@link requirements} returns:
 *
 * 1. Each dependency of its manifest, without bundled ones, with overrides applied (npm-tree §6).
 * 2. For each dependency, the versions that share it: first only adjacent versions with equal dependencies. If the package is
 *    chosen again, all versions of the package.
 * 3. By the type of the dependency:
 *    a. prod, dev, workspace: the package must be installed, in an allowed version.
 *    b. peer: the same, or droppable if peers are relaxed.
 *    c. optional: droppable. If the package is installed, its version must be allowed (unless copies are relaxed).
 *    d. optional peer: if the package is installed, its version must be allowed. Postponed until another package requires it;
 *       ignored if peers are relaxed.
 * 4. If copies are relaxed, the target of a requirement is one compatibility line of the package instead of the package:
 *
 *        // b ^1 || ^2  →  a choice between the lines b/1 and b/2, decided last
 *        // b 1.0.0     →  a choice between the line b/1 and a copy for 1.0.0 alone
 */
export class NpmDependencyProvider implements DependencyProvider<Fact, Need, Answer> {
  readonly packages: PackageTable = new PackageTable();
  readonly pause: Need = PAUSE;
  /** Optional dependencies that were left out because they could not be read, with the failures. */
  readonly unread: Map<string, Failure> = new Map();
  readonly #context: Context;
  readonly #options: ProviderOptions;
  readonly #sets: VersionSets;
  readonly #specs: SpecResolver;
  /** Keys of the project's own dependencies. */
  readonly #direct = new Set<string>();
  /** For each package: the requirements returned so far, with the versions that they cover. */
  readonly #covered = new Map<PackageId, Map<string, SetId>>();
  /** Versions whose requirements were all returned, by package. */
  readonly #finished = new Map<PackageId, Set<number>>();
  /** The targets of requirements on a set of versions, if copies are relaxed. */
  readonly #lineTargets = new Map<string, [PackageId, SetId]>();
  /** Versions of droppable requirements and line choices whose requirements were returned. */
  readonly #returned = new Set<string>();
  /** For each source: its requirements, with all versions that have them. */
  readonly #versionsByRequirement = new Map<string, ReadonlyMap<string, SetId>>();
  /** Optional peers on packages that no requirement names yet, by key. */
  readonly #postponed = new Map<string, { dependent: Dependent; spec: EdgeSpec; effective: string }[]>();

  constructor(context: Context, options: ProviderOptions, shared: { sets: VersionSets; specs: SpecResolver }) {
    this.#context = context;
    this.#options = options;
    this.#sets = shared.sets;
    this.#specs = shared.specs;
    for (const edge of context.tree.root.edges().values()) this.#direct.add(edge.key);
  }

  *chooseVersion(id: PackageId, set: SetId, solution: PartialSolution<Fact>): Steps<number> {
    const chosen = this.packages.get(id);
    switch (chosen.kind) {
      case "project":
        return ROOT_VERSION;
      case "droppable":
        return this.#sets.has(set, KEPT) ? KEPT : DROPPED;
      case "lines":
        return this.#chooseLine(chosen.choice, set, solution);
      case "package":
        return yield* this.#choosePackageVersion(chosen.installable, set);
      default:
        return chosen satisfies never;
    }
  }

  isDeferred(id: PackageId): boolean {
    const asked = this.packages.get(id);
    const { locked } = this.#options;
    // A dependency that the lock leaves out is added only if it fits: no locked version changes because of it.
    if (asked.kind === "droppable") return locked.size > 0 && !locked.has(this.#specs.keyOf(asked.requirement.fact.to));
    return asked.kind === "lines" && !asked.choice.pinned;
  }

  *#choosePackageVersion(installable: InstallableVersions, set: SetId): Steps<number> {
    const { mode, locked } = this.#options;
    const key = this.#specs.keyOf(installable);
    const lowest = mode === "lowest" || (mode === "lowest-direct" && this.#direct.has(key));
    const policy = this.#context.options.policyFor(installable.name);
    return yield* installable.pick(set, { policy, lowest, locked: locked.get(key) ?? [] });
  }

  /**
   * Returns a line that is already required, otherwise the best line. A pinned version shares its line with other dependents if
   * possible.
   */
  #chooseLine({ lines, pinned }: LineChoice, set: SetId, solution: PartialSolution<Fact>): number {
    let first = 0;
    for (const [at, { to, allowed }] of lines.entries()) {
      this.#sets.counter.steps++;
      if (!this.#sets.has(set, at + 1)) continue;
      first ||= at + 1;
      if (pinned) break;
      const remaining = solution.remaining(to);
      if (!this.#sets.has(remaining, 0) && this.#sets.and(remaining, allowed) !== NOTHING) return at + 1;
    }
    return first;
  }

  *requirements(id: PackageId, index: number): Steps<Requirements> {
    const chosen = this.packages.get(id);
    const versions = this.#sets.single(index);
    if (chosen.kind === "droppable" || chosen.kind === "lines") {
      const key = `${id} ${index}`;
      if (this.#returned.has(key)) return [];
      this.#returned.add(key);
    }
    switch (chosen.kind) {
      case "project":
        return yield* this.#ofProject();
      case "droppable": {
        const { to, allowed, fact } = chosen.requirement;
        return index === KEPT ? [{ of: id, versions, package: to, allowed, fact }] : [];
      }
      case "lines": {
        const line = chosen.choice.lines[index - 1] as LineChoice["lines"][number];
        return [{ of: id, versions, package: line.to, allowed: line.allowed, fact: chosen.choice.fact }];
      }
      case "package":
        return yield* this.#ofPackage(id, chosen.installable, index);
      default:
        return chosen satisfies never;
    }
  }

  *#ofProject(): Steps<Requirements> {
    const dependent: Dependent = { of: ROOT, from: null, versions: this.#sets.single(ROOT_VERSION) };
    const found: Requirements = [];
    for (const edge of this.#context.tree.root.edges().values()) {
      const trialSpec = this.#options.trial?.specs.get(edge.name) ?? this.#trialOverride(edge.name);
      yield* this.#addRequirements(found, dependent, { spec: edge.spec, effective: trialSpec ?? edge.effective });
    }
    return found;
  }

  /** Returns the spec of a trial's override. `$b` stands for the project's own spec of b. */
  #trialOverride(name: string): string | undefined {
    const { trial } = this.#options;
    const value = trial?.overrides.get(name);
    if (!value?.startsWith("$")) return value;
    const own = this.#context.tree.root.edges().get(fold(value.slice(1)));
    return own && (trial?.specs.get(own.name) ?? own.effective);
  }

  #effective(installable: InstallableVersions, index: number, spec: EdgeSpec): string {
    return this.#trialOverride(spec.name) ?? effectiveSpec(installable, index, { spec, context: this.#context });
  }

  *#ofPackage(id: PackageId, installable: InstallableVersions, index: number): Steps<Requirements> {
    const finished = this.#finished.get(id) ?? new Set();
    if (finished.has(index)) return [];
    const again = this.#covered.has(id);
    const covered = this.#covered.get(id) ?? new Map<string, SetId>();
    this.#covered.set(id, covered);
    yield PAUSE;
    const found: Requirements = [];
    let versionsWith: ((key: string) => SetId) | null = null;
    for (const spec of this.#specsOf(installable, index)) {
      yield* this.#rest(1);
      const effective = this.#effective(installable, index, spec);
      const key = requirementKey(spec, effective);
      if (this.#sets.has(covered.get(key) ?? NOTHING, index)) continue;
      versionsWith ??= yield* this.#versionsWith(installable, index, again);
      const versions = versionsWith(key);
      covered.set(key, versions);
      yield* this.#addRequirements(found, { of: id, from: installable, versions }, { spec, effective });
    }
    this.#finished.set(id, finished.add(index));
    return found;
  }

  /** Counts steps, and pauses if that is due. */
  *#rest(steps: number): Steps<void> {
    const { counter } = this.#sets;
    counter.steps += steps;
    if (counter.pauses()) yield PAUSE;
  }

  /** Returns a manifest with what `packageExtensions` adds. A rule that does not fit fails only if its version is chosen. */
  #extended(manifest: Manifest): Manifest {
    const { extensions } = this.#context;
    try {
      return extensions?.extend(manifest)?.manifest ?? manifest;
    } catch (error) {
      if (error instanceof InstallError) return manifest;
      throw error;
    }
  }

  /** Returns the dependencies of a version, without those that its tarball bundles or its shrinkwrap pins. */
  #specsOf(installable: InstallableVersions, index: number): EdgeSpec[] {
    const dev = installable.single(index)?.folder != null;
    const manifest = dev ? installable.manifest(index) : this.#extended(installable.manifest(index));
    const { rules, legacyPeerDeps } = this.#context.specTable;
    if (manifest._hasShrinkwrap && rules.readsShrinkwraps && !dev) return [];
    const peers = !legacyPeerDeps;
    const all = [...edgeSpecs(manifest, { dev, peers }).values()];
    const bundled = new Set(dev ? [] : bundledNames(manifest));
    return bundled.size === 0 ? all : all.filter(({ name }) => !bundled.has(name));
  }

  /**
   * Returns a function that returns the versions with a requirement. First, they are the adjacent versions with equal
   * dependencies, which need no reading. A package that is chosen again is in conflict. Then they are all versions with the
   * requirement, so that one step rules out many versions.
   *
   *     // p 1.0.0 to p 1.299.0 each require q ^1, and nothing satisfies q ^1
   *     //   p 1.299.0 first; then { p 1.0.0 to 1.299.0, q not ^1 } at once
   */
  *#versionsWith(installable: InstallableVersions, index: number, again: boolean): Steps<(key: string) => SetId> {
    const own = this.#sets.single(index);
    const { specTable } = this.#context;
    if (!this.#options.merge) return () => own;
    if (!again) {
      // An override may apply to some of the versions only.
      const alike = specTable.overrides ? own : this.#sets.of(installable.alikeAround(index));
      return () => alike;
    }
    const all = yield* this.#allRequirements(installable, index);
    return (key) => all.get(key) ?? own;
  }

  /** Returns all requirements of a source, with the versions that have them. */
  *#allRequirements(installable: InstallableVersions, index: number): Steps<ReadonlyMap<string, SetId>> {
    const source = `${this.#specs.keyOf(installable)} ${installable.sourceOf(index)}`;
    const known = this.#versionsByRequirement.get(source);
    if (known) return known;
    const found = new Map<string, (readonly number[])[]>();
    for (const [one, members] of this.#groupsOf(installable, index)) {
      yield* this.#rest(STEPS_OF_MANIFEST);
      for (const spec of this.#specsOf(installable, one)) {
        const key = requirementKey(spec, this.#effective(installable, one, spec));
        const list = found.get(key);
        if (list) list.push(members);
        else found.set(key, [members]);
      }
    }
    const all = new Map<string, SetId>();
    for (const [key, lists] of found) {
      yield* this.#rest(lists.length);
      all.set(key, this.#sets.of(unionOf(lists)));
    }
    this.#versionsByRequirement.set(source, all);
    return all;
  }

  /** Yields a version of each group of versions that have the same dependencies after overrides, and the group's intervals. */
  *#groupsOf(installable: InstallableVersions, index: number): Generator<[one: number, members: readonly number[]]> {
    for (const group of installable.alikeGroups(index)) {
      if (!this.#context.specTable.overrides) {
        yield [group[0] as number, group];
        continue;
      }
      for (let at = 0; at < group.length; at += 2) {
        for (let one = group[at] as number; one < (group[at + 1] as number); one++) yield [one, [one, one + 1]];
      }
    }
  }

  /**
   * Adds the requirements of one dependency, and the optional peers on its package that were postponed.
   * @throws InstallError the failure to read the package, unless the dependency is optional
   */
  *#addRequirements(
    found: Requirements,
    dependent: Dependent,
    { spec, effective }: { spec: EdgeSpec; effective: string },
  ): Steps<void> {
    const installable = this.#specs.installable(spec);
    if (spec.type === "peerOptional") {
      if (this.#options.relaxation !== "none") return;
      // Nothing requires the package yet, so its packument is not needed yet.
      if (installable.isEmpty) {
        const postponed = this.#postponed.get(spec.key);
        const peer = { dependent, spec, effective };
        if (postponed) postponed.push(peer);
        else this.#postponed.set(spec.key, [peer]);
        return;
      }
    }
    const { from } = dependent;
    const resolved = yield* this.#specs.resolve(spec, {
      effective,
      folder: this.#folderOf(dependent, effective !== spec.raw),
      dependent: this.#context.options.forbidden && this.#sourceOf(dependent),
      dependentLocked: from === null || this.#options.locked.has(this.#specs.keyOf(from)),
    });
    // A package that could not be read must not change the result silently.
    if (resolved.unread && spec.type !== "optional" && spec.type !== "peerOptional") {
      raise({ ...resolved.unread, requiredBy: [from ? `node_modules/${from.name}` : ""] });
    }
    if (resolved.unread) this.unread.set(spec.name, resolved.unread);
    found.push(...(yield* this.#toRequirements(dependent, spec, { effective, resolved })));
    const postponed = this.#postponed.get(spec.key);
    if (!postponed || installable.isEmpty) return;
    this.#postponed.delete(spec.key);
    for (const peer of postponed) {
      yield* this.#rest(1);
      yield* this.#addRequirements(found, peer.dependent, peer);
    }
  }

  /** Returns what decides whether the dependent may have packages that are not from a registry. */
  #sourceOf({ from, versions }: Dependent): SourceEdge["from"] {
    const folder = from?.single(this.#sets.bounds(versions)[0] as number)?.folder;
    const isWorkspace = Boolean(folder && this.#context.tree.at(folder)?.isWorkspace);
    return { isProjectRoot: from === null, isWorkspace, location: from ? `node_modules/${from.name}` : "" };
  }

  /** Returns the folder that a spec's paths are relative to. For an override, that is the project's. */
  #folderOf({ from, versions }: Dependent, overridden: boolean): string | null {
    if (!from || overridden) return this.#context.tree.root.path;
    return from.single(this.#sets.bounds(versions)[0] as number)?.folder ?? null;
  }

  *#toRequirements(
    { of, from, versions }: Dependent,
    spec: EdgeSpec,
    { effective, resolved }: { effective: string; resolved: ResolvedSpec },
  ): Steps<Requirements> {
    const { allowed, missing } = resolved;
    const installable = this.#specs.installable(spec);
    const fact = (kind: Fact["kind"], reason?: () => Missing): Fact => ({
      ...{
        kind,
        from,
        versions,
        to: installable,
        spec: effective,
        rawSpec: spec.raw,
        type: spec.type,
        missing: reason,
      },
    });
    const optional = spec.type === "optional";
    const constraints: Requirements = [];
    // The package may be absent. If another version of it is installed, its dependent would load that version.
    if (spec.type === "peerOptional" || (optional && this.#options.relaxation !== "copies")) {
      const [to] = yield* this.#target(installable, allowed, fact("constraint"));
      const within = this.#sets.or(allowed, ABSENT);
      constraints.push({ of, versions, package: to, allowed: within, fact: fact("constraint", missing) });
    }
    if (spec.type === "peerOptional") return constraints;
    if (optional && allowed === NOTHING) return constraints;
    const dependency = fact("dependency", missing);
    const [to, within] = yield* this.#target(installable, allowed, dependency);
    if (!optional && !(spec.type === "peer" && this.#options.relaxation !== "none")) {
      return [{ of, versions, package: to, allowed: within, fact: dependency }];
    }
    const droppable = this.packages.id(`?${of} ${requirementKey(spec, effective)}`, () => ({
      kind: "droppable",
      requirement: { to, allowed: within, fact: dependency },
    }));
    const either = this.#sets.of([KEPT, DROPPED + 1]);
    const requirement: Requirement<Fact> = { of, versions, package: droppable, allowed: either, fact: dependency };
    return [...constraints, requirement];
  }

  /** Returns the solver's package for a requirement, and its versions that satisfy the requirement. */
  *#target(installable: InstallableVersions, allowed: SetId, fact: Fact): Steps<[PackageId, SetId]> {
    const key = this.#specs.keyOf(installable);
    const packageOf = (line: string): PackageId =>
      this.packages.id(`${key} ${line}`, () => ({ kind: "package", installable, line }));
    const single = this.#options.relaxation !== "copies" || this.#options.singletons.has(installable.name);
    if (single || allowed === NOTHING) return [packageOf(""), allowed];
    const known = this.#lineTargets.get(`${key} ${allowed}`);
    if (known) return known;
    const policy = this.#context.options.policyFor(installable.name);
    const lines = yield* compatibilityLines(installable, allowed, { sets: this.#sets, policy });
    const options: { to: PackageId; allowed: SetId }[] = [];
    for (const { line, set } of lines) {
      yield* this.#rest(1);
      options.push({ to: packageOf(line), allowed: set });
    }
    const pinned = this.#sets.isSingle(allowed);
    // A pinned version that differs from its line's version gets its own copy: debug 2.6.9 pins ms 2.0.0, others need ms ^2.1.1.
    if (pinned) options.push({ to: packageOf(`=${allowed}`), allowed });
    const [first] = options;
    const only = options.length === 1 ? first : undefined;
    const target: [PackageId, SetId] = only
      ? [only.to, allowed]
      : [
          this.packages.id(`=${key} ${allowed}`, () => ({ kind: "lines", choice: { lines: options, pinned, fact } })),
          this.#sets.of([1, options.length + 1]),
        ];
    this.#lineTargets.set(`${key} ${allowed}`, target);
    return target;
  }
}

function requirementKey({ type, key, raw, accept = "" }: EdgeSpec, effective: string): string {
  return `${type} ${key} ${raw} ${effective} ${accept}`;
}
