import type { Missing } from "../api/flat.ts";
import type { DependencyType } from "../api/resolve.ts";
import type { SetId } from "../solver/version-sets.ts";
import type { InstallableVersions } from "./installable-versions.ts";

/** What the solver is told, as it is. */
export interface Fact {
  readonly kind: "dependency" | "constraint";
  /** Who asks; null for the project. */
  readonly from: InstallableVersions | null;
  readonly versions: SetId;
  readonly to: InstallableVersions;
  readonly spec: string;
  readonly rawSpec: string;
  readonly type: DependencyType;
  readonly missing?: (() => Missing) | undefined;
}
