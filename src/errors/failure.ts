import type { ErrorCode } from "../api/error-code.ts";
import type { Failure } from "../api/failure.ts";
import { withoutSecrets } from "./without-secrets.ts";

export type { ErrorCode } from "../api/error-code.ts";

// A code that is raised in more than one place has its factory in one of the files beside this one. They are grouped by the
// part of the library that raises them, so that a page loads no factory that it cannot need.

/** The `details` of a failed version pick, from which `withWaysOut` makes the message and the ways out. */
export interface UnmatchedSpec {
  readonly type: "version" | "range" | "tag";
  readonly wanted: string;
  readonly defaultTag: string;
  /** Milliseconds since 1970. */
  readonly before: number | null | undefined;
  /** Tag and version. */
  readonly distTags: readonly (readonly [string, string])[];
  readonly versions: readonly string[];
  /** Versions that a policy of the registry withholds. */
  readonly restricted: readonly string[];
  /** The reason that the registry gives for withholding them. */
  readonly restrictionMessage: string;
}

/** A failure as an exception, within one thread. Send `failure` across threads, not the exception. */
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

/** Returns a failure whose lists are empty unless `more` has them. */
export function failure(code: ErrorCode, message: string, more: Partial<Failure> = {}): Failure {
  return { code, message, requiredBy: [], wayOut: [], ...more };
}

/**
 * Shortens each text in double quotes to 200 characters: a message may quote text from outside. Removes secrets first, because they
 * could not be recognised in a URL that was cut.
 */
export function shortenQuotes(message: string): string {
  return withoutSecrets(message).replace(/"([^"]{200})[^"]+"/g, '"$1…"');
}

/** Adds a period to a message that ends with text from outside, unless the text ends a sentence itself. */
export function endSentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

/** Throws a failure. @throws InstallError always */
export function raise(failure: Failure): never {
  throw new InstallError(failure);
}

/** A value, or the failure to get it. Functions that must not throw return it, such as those called across threads. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; failure: Failure };

export function ok<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function fail(failure: Failure): { ok: false; failure: Failure } {
  return { ok: false, failure };
}
