import type { Failure } from "./failure.ts";
import type { InstalledProject } from "./install.ts";
import type { DependencyType } from "./resolve.ts";

/**
 * A relaxation of the flat strategy, and the relaxation that a resolution needed: every requirement holds (`none`), peers that do
 * not fit are warnings (`peers`), or some packages have several copies (`copies`). Each includes the ones before it.
 */
export type Rung = "none" | "peers" | "copies";

/**
 * Which versions a flat resolution tries first: npm's own choice (`highest`), the lowest of every package (`lowest`), or the lowest
 * of the project's own dependencies (`lowest-direct`).
 */
export type ResolutionMode = "highest" | "lowest" | "lowest-direct";

/**
 * Which prereleases a flat resolution allows: those that a range allows by node-semver's rule (`as-written`); none (`never`); those
 * between the ends of a range that no other version satisfies (`if-necessary`); or those between the ends of any range (`allow`).
 */
export type PrereleaseMode = "as-written" | "never" | "if-necessary" | "allow";

/** A fact that a proof rests on: a requirement of some versions of a package, or of the project. */
export interface ProofFact {
  /** `dependency`: the package must be installed. `constraint`: if it is installed, it must fit (optional peers and dependencies). */
  readonly kind: "dependency" | "constraint";
  /** Installed name of the dependent; `""` is the project. */
  readonly from: string;
  /** The dependent's versions, as a range over the existing ones: `1.2.0`, `1.2.0 - 1.4.1`, `*`. `""` for the project. */
  readonly versions: string;
  /** Installed name of the dependency. */
  readonly name: string;
  /** The spec after overrides. */
  readonly spec: string;
  /** The spec as written. */
  readonly rawSpec: string;
  readonly type: DependencyType;
  /** Why no version satisfies the spec, if none does. */
  readonly missing?: Missing;
}

/** Why no version satisfies a spec. */
export interface Missing {
  /**
   * - `package`: no package has that name.
   * - `tag`: the package has no such dist-tag.
   * - `prerelease`: the version exists only as a prerelease.
   * - `time`: all matching versions are newer than the date limit.
   * - `policy`: the registry withholds the matching versions.
   * - `spec`: the spec cannot be followed in a page (git, `workspace:`).
   * - `unreadable`: the registry's document could not be fetched or read.
   * - `workspace`: the workspace of that name has another version, `found`.
   * - `empty`: the package has no version at all.
   * - `none`: no version matches.
   */
  readonly why:
    | "package"
    | "tag"
    | "prerelease"
    | "time"
    | "policy"
    | "spec"
    | "unreadable"
    | "workspace"
    | "empty"
    | "none";
  /** A version that would have matched, or the latest version. */
  readonly found?: string;
  /** The failure to read the package. */
  readonly failure?: Failure;
}

/** States that `package` is, or is not, one of these versions. A package that is not installed is none of them. */
export interface ProofTerm {
  /** Installed name; `""` is the project. */
  readonly package: string;
  /** In the form of `ProofFact.versions`. */
  readonly versions: string;
  readonly positive: boolean;
}

export type ProofReference = { readonly fact: number } | { readonly step: number };

/** A conclusion from two facts or earlier steps: these terms cannot all hold. Without terms: the project has no solution. */
export interface ProofStep {
  readonly terms: readonly ProofTerm[];
  /** The two causes. None if a shortened proof leaves them out. */
  readonly because: readonly [ProofReference, ProofReference] | readonly [];
}

/**
 * Proves that a project has no flat solution: a derivation graph in which each step comes after its causes. The last step is the
 * conclusion. Without steps, the single fact is the proof. No choice of versions satisfies all facts.
 */
export interface Proof {
  readonly facts: readonly ProofFact[];
  readonly steps: readonly ProofStep[];
  /** True if the whole proof is too long. Then it has the steps nearest to the conclusion, and leaves out the causes of others. */
  readonly shortened?: boolean;
}

/** Counts the work of a flat resolution. */
export interface SolverStats {
  decisions: number;
  conflicts: number;
  /** Conflicts after which the search went back. */
  backtracks: number;
  /** Decisions that were removed by going back. */
  undone: number;
  incompatibilities: number;
  /** Distinct version sets. */
  sets: number;
  /** Steps that count towards `solverLimit`. */
  steps: number;
}

/**
 * Where the modules of an import map come from: a CDN by its name; a template such as
 * `https://cdn.example/{name}@{version}{path}` (`path` is empty or starts with a slash); or the files of an installed project.
 */
export type ImportProvider = "esm.sh" | "jsdelivr" | "unpkg" | "jspm" | (string & {}) | InstalledProject;

export interface ImportMapOptions {
  /** Default `esm.sh`. */
  provider?: ImportProvider;
  /** Replaces the CDN's own address. For an installed project: the URL of its folder on the server, default `/`. */
  base?: string;
  /** Conditions of `exports` besides `import` and `default`, for an installed project. Default `browser`, `module`. */
  conditions?: readonly string[];
  /** For an installed project: `omit` leaves CommonJS out, `wrap` puts it into the map as modules. Default `omit`. */
  commonjs?: "omit" | "wrap";
  /** Hashes of the modules, for an installed project. Default true. */
  integrity?: boolean;
  /** Types of dependencies to leave out, with the packages that only they need, as npm's `--omit`. Default none. */
  omit?: readonly ("dev" | "optional" | "peer")[];
  /** Called once if the map lacks modules that a page of the project needs (`EIMPORTMAP`). Without it, `importMap` throws. */
  onWarning?: (warning: Failure) => void;
  /** Cancels the work: `importMap` rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** The content of a page's `<script type="importmap">`. */
export interface ImportMap {
  imports: Record<string, string>;
  scopes?: Record<string, Record<string, string>>;
  integrity?: Record<string, string>;
}
