import type { Ask } from "./ask.ts";
import type { Answer } from "./responder.ts";

/** A fault of the requests that match. With `times`, only that many requests fail. */
export interface Fault {
  /** A package name, or a complete path (`a/1.0.0`, `a/-/a-1.0.0.tgz`). Default: every request. */
  path?: string;
  method?: string;
  times?: number;
  /** How many requests succeed before the first fault. */
  after?: number;
  status?: number;
  /** The value of `Retry-After`: seconds or an HTTP date. */
  retryAfter?: string;
  /** The answer has no CORS header, so a page sees a network error. */
  noCors?: boolean;
  /** The connection fails before an answer. */
  network?: boolean;
  /** The body ends after this many bytes, although the headers announced more. */
  cut?: number;
  /** The headers and this many bytes of the body arrive, and then nothing more. */
  stall?: number;
  /** A wrong body: a text (wrong JSON) or bytes (a forged tarball). */
  body?: string | Uint8Array;
}

type Change = (answer: Answer) => Answer;

/** Counts how often each fault has matched. A fault object belongs to one registry. */
const matched = new WeakMap<Fault, number>();

function apply(fault: Fault, answer: Answer): Answer {
  const body =
    fault.body === undefined
      ? answer.body
      : typeof fault.body === "string"
        ? new TextEncoder().encode(fault.body)
        : fault.body;
  const headers = { ...answer.headers };
  if (fault.retryAfter !== undefined) headers["retry-after"] = fault.retryAfter;
  if (fault.noCors) headers["x-no-cors"] = "1";
  const changed: Answer = { status: fault.status ?? answer.status, headers, body };
  if (fault.network) return { ...changed, broken: "network" };
  if (fault.cut !== undefined) return { ...changed, body: body.subarray(0, fault.cut), broken: "cut" };
  if (fault.stall !== undefined) return { ...changed, body: body.subarray(0, fault.stall), broken: "stall" };
  return changed;
}

/** Returns the first fault that matches and still applies. */
export function faultFor(faults: readonly Fault[] | undefined, ask: Ask): Change | undefined {
  for (const fault of faults ?? []) {
    if (fault.method !== undefined && fault.method !== ask.method) continue;
    if (fault.path !== undefined && fault.path !== ask.path) continue;
    const seen = (matched.get(fault) ?? 0) + 1;
    matched.set(fault, seen);
    const nth = seen - (fault.after ?? 0);
    if (nth >= 1 && nth <= (fault.times ?? Number.POSITIVE_INFINITY)) return (answer) => apply(fault, answer);
  }
  return undefined;
}
