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
  /** @param cause what a callback of the embedder threw, if that is the reason */
  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, cause === undefined ? undefined : { cause });
    this.name = "InstallError";
    this.failure = failure;
  }
  get code(): ErrorCode {
    return this.failure.code;
  }
}

/** Returns a failure whose lists are empty unless `more` has them. Shortens long texts in the message. */
export function failure(code: ErrorCode, message: string, more: Partial<Failure> = {}): Failure {
  return { code, message: shorten(message), requiredBy: [], wayOut: [], ...more };
}

/** Matches a text in double quotes, or a word. */
const TEXT = /"[^"\n]*"|[^\s"]+/g;
/** The most characters of a text in a message, and of a message. */
const MAX_TEXT = 200;
const MAX_MESSAGE = 20_000;

/** Shortens the names, specs, paths and URLs in a message: cuts the middle out of each that has more than 200 characters. */
export function shorten(message: string): string {
  if (message.length <= MAX_TEXT) return message;
  // A secret could not be recognised in a URL that was cut.
  const text = withoutSecrets(message).replace(TEXT, (word) => shortenText(word));
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text;
}

/** Returns the first 100 and the last 20 characters of one text that is long, such as a spec. */
export function shortenText(text: string): string {
  return text.length > MAX_TEXT + 2 ? `${text.slice(0, 100)}…${text.slice(-20)}` : text;
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
