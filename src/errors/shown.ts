import type { Failure } from "../api/failure.ts";
import { shorten } from "./failure.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** Limits on the data of a failure, which may repeat text from outside. */
const MAX_TEXT = 4096;
const MAX_ITEMS = 10_000;
const MAX_DEPTH = 500;

/** Returns a failure as it may be shown: without secrets, and with texts, lists and depth within their limits. */
export function shown(failure: Failure): Failure {
  const sentence = (text: string): string => shorten(withoutSecrets(text));
  const { wayOut, ...rest } = bounded(failure, 0) as Failure;
  return {
    ...rest,
    message: sentence(failure.message),
    wayOut: wayOut.map((way, at) => ({ ...way, text: sentence(failure.wayOut[at]?.text ?? "") })),
  };
}

function bounded(value: unknown, depth: number): unknown {
  if (typeof value === "string") return boundedText(value);
  if (Array.isArray(value)) {
    return depth > MAX_DEPTH ? "…" : value.slice(0, MAX_ITEMS).map((item) => bounded(item, depth + 1));
  }
  if (Object.prototype.toString.call(value) !== "[object Object]") return value;
  if (depth > MAX_DEPTH) return "…";
  const entries = Object.entries(value as object).slice(0, MAX_ITEMS);
  return Object.fromEntries(entries.map(([key, item]) => [boundedText(key), bounded(item, depth + 1)]));
}

function boundedText(text: string): string {
  const clean = withoutSecrets(text);
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean;
}
