import type { Platform } from "../api/common.ts";
import type { Failure } from "../api/failure.ts";
import type { SkippedPackage } from "../api/install.ts";
import type { PatchMark } from "../api/lock-marks.ts";
import type { Machine } from "../registry/platform.ts";
import type { RegistryConfig } from "../registry/registry-config.ts";
import type { SourceOptions } from "../spec/restricts-sources.ts";

/**
 * The platform of a page. Packages mark their WebAssembly builds with the cpu `wasm32`, which no native build fits. The os is `linux`,
 * as in environments that emulate Node in a page; lists such as `["!win32"]` and lists of the usual systems accept it. There is no
 * `libc`, so that no build for glibc or musl fits.
 */
export const WASM_PLATFORM: Machine = { os: "linux", cpu: "wasm32", libc: undefined };

/** A package that fills a folder of its own from a tarball. */
export interface PlannedPackage {
  /** `node_modules/a`, `packages/b/node_modules/c`: relative to the project. */
  readonly location: string;
  /** The package's own name; `location` may end in an alias. */
  readonly name: string;
  readonly version: string;
  /** An absolute URL, or `file:` and a path relative to the project. */
  readonly resolved: string;
  /** True if the lock has no address. Then `resolved` is the usual one, and the packument names the right one. */
  readonly unresolved?: boolean;
  /** As the lock has it: SRI of one or several hashes. Null if the lock has none. */
  readonly integrity: string | null;
  /** Whether the package is left out, together with everything that only it needs, if it cannot be fetched. */
  readonly optional: boolean;
  /** Command names and the files that they lead to, checked. */
  readonly bin: Readonly<Record<string, string>>;
  readonly hasInstallScript: boolean;
  /** The verdict of the project's policy on its scripts. Not set if there is no policy. */
  readonly scriptsAllowed?: boolean | null;
  /** The project's patch for the package's files. */
  readonly patched?: PatchMark;
}

/** A package that comes inside the tarball of another one. */
export interface BundledPackage extends Omit<PlannedPackage, "resolved" | "unresolved" | "integrity"> {
  /** The location of the package that bundles it. */
  readonly within: string;
}

/** A symbolic link. Both paths are relative to the project. */
export interface PlannedLink {
  /** `node_modules/a`, `node_modules/.bin/a`. */
  readonly path: string;
  /** The target: `packages/a`, `node_modules/a/cli.js`. */
  readonly to: string;
  /** The location of the package whose command this is. A link to a folder has none. */
  readonly bin?: string;
}

/** Everything that an install puts below `node_modules`. */
export interface InstallPlan {
  /** In npm's order of the lock: a parent comes before the packages inside it. */
  readonly packages: readonly PlannedPackage[];
  readonly bundled: readonly BundledPackage[];
  /** Links to folders of the project, then `.bin` links, each sorted by path. */
  readonly links: readonly PlannedLink[];
  readonly skipped: readonly SkippedPackage[];
  readonly warnings: readonly Failure[];
}

/** The entries of `allowScripts`: a package or an address, and whether its scripts may run. */
export type ScriptPolicy = ReadonlyMap<string, boolean>;

export interface PlanOptions {
  omit?: readonly ("dev" | "optional" | "peer")[] | undefined;
  /** The platform whose optional packages are installed. Engines are checked if their versions are given. */
  platform: Machine & Partial<Pick<Platform, "node" | "npm">>;
  /** The platform that required packages must fit: npm takes the machine it runs on, whatever `--cpu` says. Default: `platform`. */
  running?: Machine | undefined;
  /** Replaces URLs of the default public registry, and gives URLs to packages for which the lock has none. */
  registry?: RegistryConfig | undefined;
  /** The sources that packages may come from. */
  sources?: SourceOptions | undefined;
  /** Which packages may run scripts, if the project says so. */
  scripts?: ScriptPolicy | undefined;
  /** Whether npm runs the scripts of packages of which `scripts` says nothing. Null: not before somebody has reviewed them. */
  scriptsAllowed?: boolean | null | undefined;
  /** Locations of optional packages that could not be fetched: left out, with everything that only they need. */
  failed?: Iterable<string> | undefined;
}

/** The code that only some locks need. */
export interface PlanCode {
  readonly parseLargeJson: typeof import("../project/large-json.ts").parseLargeJson | undefined;
  readonly ForbiddenPackages: typeof import("./forbidden-packages.ts").ForbiddenPackages | undefined;
  readonly ScriptVerdicts: typeof import("./script-policy.ts").ScriptVerdicts | undefined;
  readonly workspaceTest: typeof import("../project/workspaces.ts").workspaceTest | undefined;
}
