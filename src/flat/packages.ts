import type { PackageId } from "../solver/incompatibility.ts";
import type { SetId } from "../solver/version-sets.ts";
import type { Fact } from "./fact.ts";
import type { InstallableVersions } from "./installable-versions.ts";

/** A requirement that may be dropped: an optional dependency, or a peer if peers are relaxed. */
export interface DroppableRequirement {
  readonly to: PackageId;
  readonly allowed: SetId;
  readonly fact: Fact;
}

/** The compatibility lines that a range allows, the best first, each with the versions that the range allows of that line. */
export interface LineChoice {
  readonly lines: readonly { readonly to: PackageId; readonly allowed: SetId }[];
  /** True if the range allows one version only. Then the last line is a copy for that version alone. */
  readonly pinned: boolean;
  readonly fact: Fact;
}

/**
 * The meaning of one of the solver's packages. Two kinds are not npm packages: `droppable` has two versions, kept and
 * dropped; `lines` has one version for each compatibility line.
 */
export type SolverPackage =
  | { readonly kind: "project" }
  | { readonly kind: "package"; readonly installable: InstallableVersions; readonly line: string }
  | { readonly kind: "droppable"; readonly requirement: DroppableRequirement }
  | { readonly kind: "lines"; readonly choice: LineChoice };

/** Numbers the solver's packages. The project is number 0. */
export class PackageTable {
  readonly #packages: SolverPackage[] = [{ kind: "project" }];
  readonly #ids = new Map<string, PackageId>();

  get(id: PackageId): SolverPackage {
    return this.#packages[id] as SolverPackage;
  }

  /** Returns the number of a key. A new key gets the next number, and `make` returns its package. */
  id(key: string, make: () => SolverPackage): PackageId {
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#packages.length;
      this.#ids.set(key, id);
      this.#packages.push(make());
    }
    return id;
  }
}

/** Returns the installed name that a package of the solver is about; undefined for the project. */
export function nameOf(described: SolverPackage): string | undefined {
  switch (described.kind) {
    case "project":
      return undefined;
    case "package":
      return described.installable.name;
    case "droppable":
      return described.requirement.fact.to.name;
    case "lines":
      return described.choice.fact.to.name;
    default:
      return described satisfies never;
  }
}
