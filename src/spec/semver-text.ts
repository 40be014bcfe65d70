import validRange from "semver/ranges/valid.js";
import valid from "semver/functions/valid.js";

/** What a registry spec's text is to npm, which reads versions and ranges loosely (`v1.2.3`, `01.2.3`). */
export function kindOfText(text: string): "version" | "range" | null {
  if (USUAL.test(text)) return VERSION.test(text) ? "version" : "range";
  if (valid(text, true) !== null) return "version";
  return validRange(text, true) === null ? null : "range";
}

// Fifteen digits stay below the largest exact integer, so whatever these match is valid and need not be parsed:
// `1.2.3`, `^1.2.3`, `~1.2`, `>=1 <2`, `1.x || >=2.5.0`, `*`.
const VERSION = /^\d{1,15}\.\d{1,15}\.\d{1,15}$/;
const USUAL =
  /^(?:\*|(?:[~^]|[<>]=?)?\d{1,15}(?:\.(?:\d{1,15}|[xX*])){0,2}(?:(?: | ?\|\| ?)(?:[~^]|[<>]=?)?\d{1,15}(?:\.(?:\d{1,15}|[xX*])){0,2})*)$/;
