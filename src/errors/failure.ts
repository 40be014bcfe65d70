/** One way out of a failure, for a reader and for a button. */
export type WayOut =
  | { kind: "override"; text: string; overrides: Record<string, string | Record<string, string>> }
  | { kind: "spec"; text: string; package: string; spec: string }
  | { kind: "option"; text: string; option: string }
  | { kind: "other"; text: string };

/** A package on the path from the project to the culprit: `location` is `""` for the project itself. */
export interface PathStep {
  location: string;
  name: string;
  version?: string;
  /** The spec by which this step wants the next one. */
  spec?: string;
  type?: string;
}

/**
 * Why something could not be done: plain data, safe to clone across threads.
 * `code` is npm's own code where npm has one.
 */
export interface Failure {
  code: string;
  message: string;
  package?: string;
  spec?: string;
  /** Locations (npm's `node_modules/a/node_modules/b`, `""` for the project) of those that want it, nearest first. */
  requiredBy: string[];
  /** What was found instead. */
  found?: string;
  wayOut: WayOut[];
  /** For each dependent, the path from the project to it. */
  paths?: PathStep[][];
  /** What npm's own report carries (ERESOLVE: `edge`, `current`, `peerConflict`, …). */
  details?: Readonly<Record<string, unknown>>;
}

/** What a pick that found nothing knew: its failure carries it as `details` until `withWaysOut` has made words of it. */
export interface MissedPick {
  readonly type: "version" | "range" | "tag";
  readonly wanted: string;
  readonly defaultTag: string;
  readonly before: number | null | undefined;
  /** Tag and version. */
  readonly distTags: readonly (readonly [string, string])[];
  readonly versions: readonly string[];
  /** Versions that a policy of the registry withholds, and what it says of them. */
  readonly withheld: readonly string[];
  readonly policy: string;
}

/** A failure as an exception: inside one thread only; across threads send `.failure`. */
export class InstallError extends Error {
  declare readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = "InstallError";
    this.failure = failure;
  }
  get code(): string {
    return this.failure.code;
  }
}

/** The least a failure needs; the rest is filled with empty lists. */
export function failure(code: string, message: string, more: Partial<Failure> = {}): Failure {
  return { code, message, requiredBy: [], wayOut: [], ...more };
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; failure: Failure };

export function ok<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function fail(failure: Failure): { ok: false; failure: Failure } {
  return { ok: false, failure };
}
