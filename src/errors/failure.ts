import type { ErrorCode, Failure } from "../api/failure.ts";

/** What a pick that found nothing knew: its failure carries it as `details` until `withWaysOut` has made words of it. */
export interface UnmatchedSpec {
  readonly type: "version" | "range" | "tag";
  readonly wanted: string;
  readonly defaultTag: string;
  readonly before: number | null | undefined;
  /** Tag and version. */
  readonly distTags: readonly (readonly [string, string])[];
  readonly versions: readonly string[];
  /** Versions that a policy of the registry withholds, and what it says of them. */
  readonly restricted: readonly string[];
  readonly restrictionMessage: string;
}

/** A failure as an exception: inside one thread only; across threads send `.failure`. */
export class InstallError extends Error {
  declare readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = "InstallError";
    this.failure = failure;
  }
  get code(): ErrorCode {
    return this.failure.code;
  }
}

/** The least a failure needs; the rest is filled with empty lists. */
export function failure(code: ErrorCode, message: string, more: Partial<Failure> = {}): Failure {
  return { code, message, requiredBy: [], wayOut: [], ...more };
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; failure: Failure };

export function ok<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function fail(failure: Failure): { ok: false; failure: Failure } {
  return { ok: false, failure };
}
