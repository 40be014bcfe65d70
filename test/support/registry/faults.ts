import type { Ask } from "./ask.ts";
import type { Answer } from "./responder.ts";

/** What goes wrong with the requests that match; `times` of them only, then all is well again. */
export interface Fault {
  /** A package name, or a whole path (`a/1.0.0`, `a/-/a-1.0.0.tgz`). Absent: every request. */
  path?: string;
  method?: string;
  times?: number;
  /** Requests let through before the first fault. */
  after?: number;
  status?: number;
  /** Value of `Retry-After`: seconds, or an HTTP date. */
  retryAfter?: string;
  /** The answer carries no CORS header: a page sees a network error. */
  noCors?: boolean;
  /** The connection fails before an answer. */
  network?: boolean;
  /** The body ends early after this many bytes, though the headers promised more. */
  cut?: number;
  /** Headers come and this many bytes of the body, then nothing, for ever. */
  stall?: number;
  /** The body instead of the right one: a text (wrong JSON), or bytes (a forged tarball). */
  body?: string | Uint8Array;
}

type Change = (answer: Answer) => Answer;

/** How often each fault has matched. A fault object belongs to the registry it was given to. */
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

/** The first fault that matches and is not spent. */
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
