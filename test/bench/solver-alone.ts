import { PackumentVersions } from "../../src/flat/packument-versions.ts";
import { indexPackument } from "../../src/registry/condense.ts";
import type { DependencyProvider, Requirement } from "../../src/solver/dependency-provider.ts";
import type { PackageId } from "../../src/solver/incompatibility.ts";
import { ROOT } from "../../src/solver/incompatibility.ts";
import { Solver } from "../../src/solver/solver.ts";
import { ALL_TECHNIQUES, type Techniques } from "../../src/solver/techniques.ts";
import { NOTHING, type SetId, VersionSets } from "../../src/solver/version-sets.ts";
import { RangeTable } from "../../src/spec/version-range.ts";
import { documentsOf, type SolverCase } from "./solver-cases.ts";

interface Dependency {
  readonly to: PackageId;
  readonly range: string;
  readonly allowed: SetId;
  /** The versions with this dependency. */
  versions: SetId;
}

/** Creates a solver for a case. The manifests and ranges are read before the search begins. */
export function solverAlone(
  solverCase: SolverCase,
  techniques: Partial<Techniques> = {},
): Solver<null, null, undefined> {
  const all = { ...ALL_TECHNIQUES, ...techniques };
  const sets = new VersionSets(all.remember);
  return new Solver<null, null, undefined>(new ReadProvider(solverCase, sets, all.merge), sets, all);
}

class ReadProvider implements DependencyProvider<null, null, undefined> {
  readonly pause = null;
  readonly #sets: VersionSets;
  readonly #ids = new Map<string, PackageId>([["", ROOT]]);
  readonly #versions = new Map<string, PackumentVersions>();
  /** The dependencies by package and version. */
  readonly #dependencies: (readonly Dependency[])[][] = [];
  readonly #listed = new Set<Dependency>();

  constructor(solverCase: SolverCase, sets: VersionSets, merges: boolean) {
    this.#sets = sets;
    const ranges = new RangeTable();
    for (const [name, bytes] of documentsOf(solverCase)) {
      this.#versions.set(name, new PackumentVersions(indexPackument(name, bytes), { ranges }, "as-written"));
    }
    this.#read("", [solverCase.dependencies], merges);
    for (const [name, listed] of solverCase.packages) {
      this.#read(
        name,
        listed.map(({ dependencies }) => dependencies),
        merges,
      );
    }
  }

  #read(name: string, listed: readonly Readonly<Record<string, string>>[], merges: boolean): void {
    const known = new Map<string, Dependency>();
    const dependenciesByVersion = listed.map((dependencies, at) =>
      Object.entries(dependencies).map(([other, range]) => {
        const versions = this.#sets.single(at + 1);
        const key = `${other} ${range}`;
        const same = merges ? known.get(key) : undefined;
        if (same) {
          same.versions = this.#sets.or(same.versions, versions);
          return same;
        }
        const dependency = { to: this.#id(other), range, allowed: this.#allowed(other, range), versions };
        known.set(key, dependency);
        return dependency;
      }),
    );
    this.#dependencies[this.#id(name)] = [[], ...dependenciesByVersion];
  }

  #id(name: string): PackageId {
    const id = this.#ids.get(name) ?? this.#ids.size;
    this.#ids.set(name, id);
    return id;
  }

  /** Returns the versions of a range. The cases have sorted versions without prereleases, so a position is an index minus one. */
  #allowed(name: string, range: string): SetId {
    const versions = this.#versions.get(name);
    return versions ? this.#sets.of(versions.evaluate(range, "range").bounds.map((position) => position + 1)) : NOTHING;
  }

  isDeferred(): boolean {
    return false;
  }

  /** Returns the highest version. */
  *chooseVersion(_: PackageId, set: SetId): Generator<null, number, undefined> {
    yield this.pause;
    return (this.#sets.bounds(set).at(-1) as number) - 1;
  }

  *requirements(name: PackageId, index: number): Generator<null, readonly Requirement<null>[], undefined> {
    const unlisted = (this.#dependencies[name]?.[index] ?? []).filter((dependency) => !this.#listed.has(dependency));
    return unlisted.map((dependency) => {
      this.#listed.add(dependency);
      return {
        of: name,
        versions: dependency.versions,
        package: dependency.to,
        allowed: dependency.allowed,
        fact: null,
      };
    });
  }
}
