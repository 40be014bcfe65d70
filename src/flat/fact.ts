import type { Missing } from "../api/flat.ts";
import type { DependencyType } from "../api/resolve.ts";
import type { SetId } from "../solver/version-sets.ts";
import type { InstallableVersions } from "./installable-versions.ts";

/** A fact about packages: the cause of an external incompatibility. The proof turns it into a `ProofFact`. */
export interface Fact {
  readonly kind: "dependency" | "constraint";
  /** The dependent; null for the project. */
  readonly from: InstallableVersions | null;
  readonly versions: SetId;
  readonly to: InstallableVersions;
  readonly spec: string;
  readonly rawSpec: string;
  readonly type: DependencyType;
  /** Says why no version satisfies the spec, if none does. */
  readonly missing?: (() => Missing) | undefined;
}
