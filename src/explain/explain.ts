import type { Failure, PathStep, WayOut } from "../api/failure.ts";
import type { Proof } from "../api/flat.ts";
import { type Explained, explainEresolve } from "./eresolve.ts";
import { proofLines, proofText } from "./proof.ts";
import { withWaysOut } from "./way-out.ts";

/** More dependents than this are counted, not listed. */
const PATHS = 3;

/** More lines of a proof than this are nothing that anybody reads. */
const LINES = 40;

// What else a failure may know, in the order it is told.
const FACTS: readonly (readonly [string, string])[] = [
  ["path", "File"],
  ["url", "URL"],
  ["required", "Wanted"],
  ["current", "Actual"],
  ["expected", "Expected"],
  ["actual", "Actual"],
];

/**
 * A failure as text for a terminal or a card: what went wrong, how the project comes to it, what was found instead, and the
 * numbered ways out. An `ERESOLVE` is told in npm's own form, an `ENOSOLUTION` by its proof. Plain text, `\n` between lines, none at the end.
 */
export function explain(failure: Failure): string {
  const { message, details = {}, found, wayOut } = withWaysOut(failure);
  const conflict = details["edge"] !== undefined;
  const parts = [message];
  if (conflict) parts.push(explainEresolve(details as Explained));
  else if (details["proof"]) parts.push(proofText(proofLines(details["proof"] as Proof), LINES));
  else {
    const facts = factsOf(details);
    if (found && !details["current"]) facts.unshift(["Found", found]);
    // The message has told some of it already.
    const news = facts.filter(([, fact], i) => !message.includes(fact) && facts.findIndex((f) => f[1] === fact) === i);
    parts.push(news.map(([label, fact]) => `${label}: ${fact}`).join("\n"), wantedBy(failure));
  }
  if (wayOut.length > 0) parts.push(["Ways out:", ...wayOut.map(numbered)].join("\n"));
  return parts.filter((part) => part !== "").join("\n\n");
}

function factsOf(details: Readonly<Record<string, unknown>>): [string, string][] {
  const facts: [string, string][] = [];
  for (const [key, label] of FACTS) {
    const value = details[key];
    const fact = typeof value === "object" && value !== null ? entries(value) : typeof value === "string" ? value : "";
    if (fact) facts.push([label, fact]);
  }
  return facts;
}

/** `{ os: ["darwin"], cpu: [] }` as `os darwin`. */
function entries(of: object): string {
  return Object.entries(of)
    .filter(([, value]) => value !== undefined && String(value) !== "")
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(" or ") : String(value)}`)
    .join(", ");
}

/** The paths from the project, or at least the places, of those that want the culprit. */
function wantedBy({ paths = [], requiredBy, package: name, spec }: Failure): string {
  const more = (count: number): string => (count > PATHS ? `\n  and ${count - PATHS} more` : "");
  if (paths.length > 0)
    return `Wanted by:\n${paths
      .slice(0, PATHS)
      .map((path) => pathText(path, `${name ?? ""}${spec === undefined ? "" : `@"${spec}"`}`))
      .join("\n")}${more(paths.length)}`;
  if (requiredBy.length === 0) return "";
  const places = requiredBy.slice(0, PATHS).map((location) => `  ${location || "the root project"}`);
  return `Wanted by:\n${places.join("\n")}${more(requiredBy.length)}`;
}

/**
 *     the root project wants a@"^1.0.0" (dev)
 *       a@1.2.0 wants b@"^9.0.0"
 */
function pathText(path: readonly PathStep[], culprit: string): string {
  return path
    .map((step, index) => {
      const next = path[index + 1];
      const who = step.location === "" ? "the root project" : `${step.name}${step.version ? `@${step.version}` : ""}`;
      const what = next ? `${next.name}${step.spec === undefined ? "" : `@"${step.spec}"`}` : culprit;
      const type = step.type && step.type !== "prod" ? ` (${step.type})` : "";
      return `${"  ".repeat(index + 1)}${who}${what && ` wants ${what}${type}`}`;
    })
    .join("\n");
}

function numbered(way: WayOut, index: number): string {
  const json = way.kind === "override" ? `\n     "overrides": ${JSON.stringify(way.overrides)}` : "";
  return `  ${index + 1}. ${way.text}${json}`;
}
