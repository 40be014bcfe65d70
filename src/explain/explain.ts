import type { Failure, PathStep, WayOut } from "../api/failure.ts";
import type { Proof } from "../api/flat.ts";
import { shownValue } from "../base/shown-value.ts";
import { invalidInput } from "../errors/invalid-option.ts";
import { type EresolveReport, explainEresolve } from "./eresolve.ts";
import { outlineProof, type ProofOutline, proofText } from "./proof.ts";
import { withWaysOut } from "./way-out.ts";

/** The most dependents that are listed. */
const MAX_PATHS = 3;

/** The most lines of a proof that are printed. They are the last ones. */
const MAX_LINES = 40;

/** Members of `details` that are printed, in this order, with their labels. */
const DETAILS: readonly (readonly [string, string])[] = [
  ["path", "File"],
  ["url", "URL"],
  ["required", "Required"],
  ["current", "Actual"],
  ["expected", "Expected"],
  ["actual", "Actual"],
];

/**
 * Explains a failure as text for a terminal or a card: the message, details, the paths from the project to the package, and the
 * numbered ways out. An `ERESOLVE` is printed in npm's own form, an `ENOSOLUTION` with its proof. Returns plain text, with `\n`
 * between lines and none at the end.
 * @throws InstallError EINVALIDINPUT
 */
export function explain(failure: Failure): string {
  const given = Object(failure) as Partial<Failure>;
  if (typeof given.message !== "string" || !Array.isArray(given.wayOut) || !Array.isArray(given.requiredBy))
    throw invalidInput("explain takes a failure: the `failure` of an InstallError, or a warning of a resolution.");
  const { message, details = {}, found, wayOut } = withWaysOut(failure);
  const conflict = details["edge"] !== undefined;
  const parts: string[] = [];
  if (conflict) parts.push(message, explainEresolve(details as EresolveReport));
  else if (details["proof"]) {
    const proof = details["proof"] as Proof;
    const outline = outlineProof(proof);
    const left = Math.max(0, outline.count - MAX_LINES);
    const lines = Array.from({ length: outline.count - left }, (_, at) => outline.line(left + at));
    parts.push(messageWithoutProof(message, outline));
    if (proof.shortened) parts.push("The proof is too long. It is shortened to the steps nearest to the conclusion.");
    parts.push(proofText(lines, left));
  } else {
    const printed = printedDetails(details);
    // An HTTP status says no more than the message.
    if (found && !details["current"] && !/^\d{3}$/.test(found)) printed.unshift(["Found", found]);
    const values = printed.map(([, value]) => value);
    const unsaid = printed.filter(([, value], at) => !message.includes(value) && values.indexOf(value) === at);
    parts.push(message, unsaid.map(([label, value]) => `${label}: ${value}`).join("\n"), requiredBy(failure));
  }
  if (wayOut.length > 0) parts.push(["Ways out:", ...wayOut.map(numbered)].join("\n"));
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Returns the message of an ENOSOLUTION without the proof's first sentence, for a place that shows the whole proof below it. */
export function messageWithoutProof(message: string, { line }: ProofOutline): string {
  const sentence = ` ${proofText([{ parts: line(0).parts }])}`;
  return message.endsWith(sentence) ? message.slice(0, -sentence.length) : message;
}

function printedDetails(details: Readonly<Record<string, unknown>>): [label: string, value: string][] {
  const printed: [string, string][] = [];
  for (const [key, label] of DETAILS) {
    const value = details[key];
    const text = typeof value === "object" && value !== null ? entries(value) : typeof value === "string" ? value : "";
    if (text) printed.push([label, text]);
  }
  return printed;
}

/** Prints an object: `os darwin` for `{ os: ["darwin"], cpu: [] }`. */
function entries(of: object): string {
  return Object.entries(of)
    .map(([key, value]) => [key, [value].flat().map(shownValue).join(" or ")])
    .filter(([, text]) => text && text !== "undefined")
    .map(([key, text]) => `${key} ${text}`)
    .join(", ");
}

/** Prints the paths from the project to the dependents of the package, or only their locations. */
function requiredBy({ paths = [], requiredBy: locations, package: name, spec }: Failure): string {
  const more = (count: number): string => (count > MAX_PATHS ? `\n  and ${count - MAX_PATHS} more` : "");
  if (paths.length > 0)
    return `Required by:\n${paths
      .slice(0, MAX_PATHS)
      .map((path) => pathText(path, `${name ?? ""}${spec === undefined ? "" : `@"${spec}"`}`))
      .join("\n")}${more(paths.length)}`;
  if (locations.length === 0) return "";
  const lines = locations.slice(0, MAX_PATHS).map((location) => `  ${location || "the project"}`);
  return `Required by:\n${lines.join("\n")}${more(locations.length)}`;
}

/**
 * Prints a path, one step a line:
 *
 *     the project requires a@"^1.0.0" (dev)
 *       a@1.2.0 requires b@"^9.0.0"
 */
function pathText(path: readonly PathStep[], last: string): string {
  return path
    .map((step, index) => {
      const next = path[index + 1];
      const dependent = step.location === "" ? "the project" : `${step.name}${step.version ? `@${step.version}` : ""}`;
      const dependency = next ? `${next.name}${step.spec === undefined ? "" : `@"${step.spec}"`}` : last;
      const type = step.type && step.type !== "prod" ? ` (${step.type})` : "";
      return `${"  ".repeat(index + 1)}${dependent}${dependency && ` requires ${dependency}${type}`}`;
    })
    .join("\n");
}

function numbered(way: WayOut, index: number): string {
  const json = way.kind === "override" ? `\n     "overrides": ${JSON.stringify(way.overrides)}` : "";
  return `  ${index + 1}. ${way.text}${json}`;
}
