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

function bounded(value: unknown, depth: number, most: number = MAX_TEXT): unknown {
  if (typeof value === "string") return boundedText(value, most);
  if (Array.isArray(value)) {
    return depth > MAX_DEPTH ? "…" : value.slice(0, MAX_ITEMS).map((item) => bounded(item, depth + 1, most));
  }
  if (Object.prototype.toString.call(value) !== "[object Object]") return value;
  if (depth > MAX_DEPTH) return "…";
  const entries = Object.entries(value as object).slice(0, MAX_ITEMS);
  // A proof has limits of its own (src/flat/make-proof.ts). With a text cut off, it would prove nothing.
  const own = (key: string): number => (key === "proof" ? Number.POSITIVE_INFINITY : most);
  return Object.fromEntries(
    entries.map(([key, item]) => [boundedText(key, MAX_TEXT), bounded(item, depth + 1, own(key))]),
  );
}

function boundedText(text: string, most: number): string {
  const clean = withoutSecrets(text);
  return clean.length > most ? `${clean.slice(0, most)}…` : clean;
}
