import type { Failure, PathStep, WayOut } from "../../../src/api/failure.ts";
import { explain, messageWithoutProof } from "../../../src/explain/explain.ts";
import { outlineProof } from "../../../src/explain/proof.ts";
import { type Child, h } from "../elements/dom.ts";
import type { RunAction } from "../run/project-runner.ts";
import type { GoToPackage } from "../tree/tree-tab.ts";
import { pathGroups } from "./problem-paths.ts";
import { proofOf, proofSteps } from "./proof-steps.ts";

export interface ProblemHost {
  /** Checks whether the page can apply a way out. */
  canApply: (way: WayOut) => boolean;
  apply: (way: WayOut) => void;
  /** Shows a package in the tree. Undefined if there is no tree. */
  goTo?: GoToPackage;
  /** Returns a function that shows a package of a proof, by its installed name. Default: shows it in the tree. */
  about?: (name: string) => () => void;
  /** The action that is repeated after a way out was applied. Default `resolve`. */
  action?: RunAction;
}

/** Titles for the codes, which tell most readers nothing. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ["ERESOLVE", "Conflicting peer dependencies"],
  ["ENOSOLUTION", "No flat tree exists"],
  ["EIMPORTMAP", "No import map can be made"],
  ["ETARGET", "No matching version"],
  ["E404", "Package not found"],
  ["EUNREACHABLE", "The registry cannot be reached"],
  ["ETIMEDOUT", "The registry did not answer in time"],
  ["E401", "The registry requires a login"],
  ["E403", "The registry denies access"],
  ["EINVALIDPACKUMENT", "The registry’s response is invalid"],
  ["EOVERRIDE", "An override contradicts the project"],
  ["EJSONPARSE", "Invalid JSON"],
  ["EBADPLATFORM", "Not supported on this platform"],
  ["EBADENGINE", "Not supported by this version of Node"],
  ["EDEPRECATED", "Deprecated package"],
  ["EINVALIDPACKAGENAME", "Invalid package name"],
  ["EDUPLICATEWORKSPACE", "Two workspaces have the same name"],
  ["EUNSUPPORTED", "Not supported in a browser"],
  ["EINTEGRITY", "A tarball does not match its integrity"],
  ["TAR_BAD_ARCHIVE", "A tarball is damaged"],
  ["ENOTARBALLS", "The offline snapshot has no tarballs"],
  ["ENOINTEGRITY", "A tarball has no integrity to check"],
  ["EINVALIDLOCK", "The lockfile cannot be used"],
]);

/** Details of a failed tarball and their labels, in the order shown. */
const TARBALL_FACTS: readonly (readonly [key: string, term: string])[] = [
  ["expected", "Expected"],
  ["actual", "Received"],
  ["url", "URL"],
];

function titleOf(code: string, level: "failure" | "warning", action: RunAction): string {
  // As a warning, the conflict is one that npm accepts.
  if (level === "warning" && code === "ERESOLVE") return "Unmet peer dependency";
  return (
    TITLES.get(code) ??
    (level === "failure" ? (action === "install" ? "Install failed" : "Resolving failed") : "Warning")
  );
}

/** Returns the card of a failure or warning. `level` sets the colour and the word for screen readers. */
export function problemCard(problem: Failure, level: "failure" | "warning", host: ProblemHost): HTMLElement {
  const title = titleOf(problem.code, level, host.action ?? "resolve");
  const heading = h("h3", {}, h("span", { class: "sr-only" }, `${level}: `), title);
  return h(
    "article",
    { class: `card card-${level}` },
    h("header", {}, heading, h("code", { class: "code" }, problem.code)),
    h("p", { class: "message" }, messageOf(problem)),
    problem.found && !problem.message.includes(problem.found)
      ? h("p", { class: "found" }, "Found: ", h("code", {}, problem.found))
      : null,
    tarballFacts(problem),
    ...proofSection(problem, host),
    ...pathList(problem, host),
    ...wayOutList(problem.wayOut, host),
    problem.code === "ERESOLVE" ? asText({ ...problem, wayOut: [] }, "As npm reports it") : null,
    problem.code === "ENOSOLUTION" ? asText(problem, "As plain text") : null,
  );
}

/** Returns the message of a failure. Leaves out the proof's first sentence, because the card shows the proof below. */
function messageOf(problem: Failure): string {
  const proof = proofOf(problem);
  return proof ? messageWithoutProof(problem.message, outlineProof(proof)) : problem.message;
}

/** Returns the details of a rejected tarball: the expected and the received integrity, and its URL. */
function tarballFacts({ details, package: name }: Failure): HTMLElement | null {
  const known = TARBALL_FACTS.flatMap(([key, term]) => {
    const value = details?.[key];
    return typeof value === "string" && value !== "" ? [[term, value] as const] : [];
  });
  if (!known.some(([term]) => term === "URL")) return null;
  const rows = name === undefined ? known : [["Package", name] as const, ...known];
  return h(
    "dl",
    { class: "facts tarball-facts" },
    ...rows.flatMap(([term, value]) => [h("dt", {}, term), h("dd", { class: "mono" }, value)]),
  );
}

/** Returns the collapsed report, as a terminal shows it. */
function asText(problem: Failure, title: string): HTMLElement {
  return h("details", { class: "report" }, h("summary", {}, title), h("pre", { tabindex: 0 }, explain(problem)));
}

/** Returns the proof of a flat conflict, step by step. */
function proofSection(problem: Failure, { about, goTo }: ProblemHost): HTMLElement[] {
  const proof = proofOf(problem);
  if (!proof) return [];
  return [h("h4", {}, "Why"), proofSteps(proof, (name) => (about ? about(name) : goTo?.(`node_modules/${name}`)))];
}

function pathList(problem: Failure, host: ProblemHost): HTMLElement[] {
  const sides = pathGroups(problem);
  if (sides.length > 0) {
    return sides.flatMap(({ title, paths }) => [
      h("h4", {}, title),
      h("ol", { class: "paths" }, ...paths.map((path) => pathItem(path, host))),
    ]);
  }
  const from = problem.requiredBy.filter((location) => location !== "");
  return from.length === 0 ? [] : [h("p", { class: "found" }, "Required by ", h("code", {}, from.join(", ")))];
}

function pathItem(path: readonly PathStep[], host: ProblemHost): HTMLElement {
  const item = h("li", {});
  path.forEach((step, i) => {
    const last = i === path.length - 1;
    item.append(stepLink(step, host, last && i > 0));
    if (last) return;
    const kind = step.type && step.type !== "prod" && step.type !== "workspace" ? `${step.type} ` : "";
    const spec = step.spec === undefined ? "" : ` ${kind}${step.spec || "*"}`;
    item.append(h("span", { class: "step" }, h("span", { class: `spec spec-${step.type ?? "prod"}` }, spec), " → "));
  });
  return item;
}

function stepLink({ location, name, version }: PathStep, { goTo }: ProblemHost, last: boolean): HTMLElement {
  const text = name === "" ? "the project" : `${name}${location !== "" && version ? `@${version}` : ""}`;
  const go = location === "" && last ? undefined : goTo?.(location);
  if (go) return h("button", { type: "button", class: "link", onclick: go }, text);
  return last ? h("strong", {}, text) : h("span", {}, text);
}

function wayOutList(ways: readonly WayOut[], host: ProblemHost): Child[] {
  if (ways.length === 0) return [];
  const items = ways.map((way) => {
    const button = host.canApply(way)
      ? h(
          "button",
          { type: "button", class: "apply", onclick: () => host.apply(way) },
          host.action === "install" ? "Apply and install" : "Apply and resolve",
        )
      : null;
    return h("li", {}, h("span", {}, way.text), button);
  });
  return [h("h4", {}, ways.length === 1 ? "Way out" : "Ways out"), h("ul", { class: "ways" }, ...items)];
}
