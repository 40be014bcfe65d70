import type { Failure } from "./failure.ts";
import type { InstalledProject } from "./install.ts";
import type { DependencyType } from "./resolve.ts";

/**
 * How a flat answer stands: every requirement holds (`none`), some peers are warnings (`peers`), or some packages are there in
 * several copies (`copies`).
 */
export type Rung = "none" | "peers" | "copies";

/** Which versions a flat resolution tries first: npm's own pick, or the lowest of all packages or of the project's own. */
export type ResolutionMode = "highest" | "lowest" | "lowest-direct";

/**
 * Which prereleases a flat resolution takes: those a range lets in by node-semver's rule (`as-written`), none, those of a
 * range that nothing else meets (`if-necessary`), or any that lies between a range's ends (`allow`).
 */
export type PrereleaseMode = "as-written" | "never" | "if-necessary" | "allow";

/** A fact that a proof starts from: what some versions of a package, or the project, ask for. */
export interface ProofFact {
  /** `dependency`: it must be there. `constraint`: if it is there it must be one of these (optional peers, optional dependencies). */
  readonly kind: "dependency" | "constraint";
  /** Installed name of who asks; `""` is the project. */
  readonly from: string;
  /** Which of its versions ask, told as a range over those that exist: `1.2.0`, `1.2.0 - 1.4.1`, `*`. `""` for the project. */
  readonly versions: string;
  /** Installed name of what is asked for. */
  readonly name: string;
  /** In force, after overrides. */
  readonly spec: string;
  /** As written. */
  readonly rawSpec: string;
  readonly type: DependencyType;
  /** Where no version fits: why. */
  readonly missing?: Missing;
}

/** Why no version fits a spec. */
export interface Missing {
  /**
   * `package`: there is none of that name. `tag`: no such dist-tag. `prerelease`: only prereleases would fit. `time`: only
   * versions younger than the date limit. `policy`: the registry withholds them. `spec`: it is asked for in a
   * way that cannot be followed here (git, `workspace:`). `unreadable`: the registry's document could
   * not be had or read. `none`: no version fits.
   */
  readonly why: "package" | "tag" | "prerelease" | "time" | "policy" | "spec" | "unreadable" | "none";
  /** A version that would have done, or the latest there is. */
  readonly found?: string;
  /** What reading it ended with. */
  readonly failure?: Failure;
}

/** `package` is (or is not) one of these versions. A package that is not there is none of them. */
export interface ProofTerm {
  /** Installed name; `""` is the project. */
  readonly package: string;
  /** As `ProofFact.versions`. */
  readonly versions: string;
  readonly positive: boolean;
}

export type ProofReference = { readonly fact: number } | { readonly step: number };

/** What follows from two facts or earlier steps: these terms cannot all hold. None at all: the project cannot be met. */
export interface ProofStep {
  readonly terms: readonly ProofTerm[];
  readonly because: readonly [ProofReference, ProofReference];
}

/**
 * Why there is no flat answer: a derivation graph, each step after those it follows from, the last one the end. Without
 * steps the one fact is reason enough. The facts alone suffice: no choice of versions meets them all.
 */
export interface Proof {
  readonly facts: readonly ProofFact[];
  readonly steps: readonly ProofStep[];
}

/** How hard a flat resolution was: what the search did. */
export interface SolverStats {
  decisions: number;
  conflicts: number;
  /** Conflicts after which decisions were taken back, and how many those were. */
  backtracks: number;
  undone: number;
  incompatibilities: number;
  /** Distinct version sets. */
  sets: number;
}

/**
 * Where the modules of an import map come from: a CDN by its name; a template such as
 * `https://cdn.example/{name}@{version}{path}` (`path` is empty or starts with a slash); or the files of an installed project.
 */
export type ImportProvider = "esm.sh" | "jsdelivr" | "unpkg" | "jspm" | (string & {}) | InstalledProject;

export interface ImportMapOptions {
  /** Default `esm.sh`. */
  provider?: ImportProvider;
  /** In place of the CDN's own address; for an installed project where its folder is served, default `/`. */
  base?: string;
  /** Conditions of `exports` besides `import` and `default`, for an installed project. Default `browser`, `module`. */
  conditions?: readonly string[];
  /** Hashes of the modules, for an installed project. Default true. */
  integrity?: boolean;
  /** What only such dependencies need is left out, as by npm's `omit`. Default none. */
  omit?: readonly ("dev" | "optional" | "peer")[];
  /** Called once where the map lacks what a page of the project would need (`EIMPORTMAP`). Without it the map is refused. */
  onWarning?: (warning: Failure) => void;
}

/** What a page's `<script type="importmap">` holds. */
export interface ImportMap {
  imports: Record<string, string>;
  scopes?: Record<string, Record<string, string>>;
  integrity?: Record<string, string>;
}
