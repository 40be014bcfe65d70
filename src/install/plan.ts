import type { Platform } from "../api/common.ts";
import type { Failure } from "../api/failure.ts";
import type { SkippedPackage } from "../api/install.ts";
import type { Machine } from "../registry/platform.ts";
import type { RegistryConfig } from "../registry/registry-config.ts";

/** A package with a folder of its own to be filled. */
export interface PlannedPackage {
  /** `node_modules/a`, `packages/b/node_modules/c`: relative to the project. */
  readonly location: string;
  /** Its own name, where `location` may end in an alias. */
  readonly name: string;
  readonly version: string;
  /** An absolute URL, or `file:` and a path relative to the project. */
  readonly resolved: string;
  /** As the lock has it: SRI of one or several hashes. Null where the lock has none. */
  readonly integrity: string | null;
  /** One that cannot be had is left out, with whatever only it needs. */
  readonly optional: boolean;
  /** Name to path in the package, checked. */
  readonly bin: Readonly<Record<string, string>>;
  readonly hasInstallScript: boolean;
}

/** A package that comes inside another one's tarball. */
export interface BundledPackage extends Omit<PlannedPackage, "resolved" | "integrity"> {
  /** The location of the package that brings it. */
  readonly within: string;
}

/** A symbolic link. Both paths are relative to the project. */
export interface PlannedLink {
  /** Where it stands: `node_modules/a`, `node_modules/.bin/a`. */
  readonly path: string;
  /** Where it leads: `packages/a`, `node_modules/a/cli.js`. */
  readonly to: string;
  /** The location of the package whose `bin` it is; a link to a folder has none. */
  readonly bin?: string;
}

/** What an install comes to: every folder, file source and link below `node_modules`. */
export interface InstallPlan {
  /** In npm's order of the lock: a parent before what is inside it. */
  readonly packages: readonly PlannedPackage[];
  readonly bundled: readonly BundledPackage[];
  /** Links to folders of the project, then `.bin` links, each sorted by path. */
  readonly links: readonly PlannedLink[];
  readonly skipped: readonly SkippedPackage[];
  readonly warnings: readonly Failure[];
}

export interface PlanOptions {
  omit?: readonly ("dev" | "optional" | "peer")[] | undefined;
  /** Whose optional packages are installed. Engines count where their versions are given. */
  platform: Machine & Partial<Pick<Platform, "node" | "npm">>;
  /** What the other packages must fit, as npm asks of the machine it runs on whatever `--cpu` says. Default: `platform`. */
  running?: Machine | undefined;
  /** Where tarballs come from that the lock gives no URL for, or one of the default public registry. */
  registry?: RegistryConfig | undefined;
  /** Locations of optional packages that could not be had: left out, with whatever only they need. */
  failed?: Iterable<string> | undefined;
}
