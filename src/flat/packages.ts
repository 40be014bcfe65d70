import type { PackageId } from "../solver/incompatibility.ts";
import type { SetId } from "../solver/version-sets.ts";
import type { Fact } from "./fact.ts";
import type { InstallableVersions } from "./installable-versions.ts";

/** Something that may be left undone: an optional dependency, or a peer where those are warnings. */
export interface Choice {
  readonly to: PackageId;
  readonly allowed: SetId;
  readonly fact: Fact;
}

/** Compatibility lines that a range reaches across, the best first: each with what it allows of its own copy. */
export interface Lines {
  readonly lines: readonly { readonly to: PackageId; readonly allowed: SetId }[];
  /** Whether it is one version that is asked for: then the last of the lines is a copy for that alone. */
  readonly pinned: boolean;
  readonly fact: Fact;
}

/** What a number of the solver's stands for. A choice has two versions, taken and left; lines have one each. */
export type Entry =
  | { readonly kind: "project" }
  | { readonly kind: "package"; readonly installable: InstallableVersions; readonly line: string }
  | { readonly kind: "choice"; readonly choice: Choice }
  | { readonly kind: "lines"; readonly lines: Lines };

/** Every number in use, the project's first. */
export class Packages {
  readonly #entries: Entry[] = [{ kind: "project" }];
  readonly #ids = new Map<string, PackageId>();

  entry(id: PackageId): Entry {
    return this.#entries[id] as Entry;
  }

  /** The number under a key, with what it stands for when it is new. */
  id(key: string, make: () => Entry): PackageId {
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#entries.length;
      this.#ids.set(key, id);
      this.#entries.push(make());
    }
    return id;
  }
}
