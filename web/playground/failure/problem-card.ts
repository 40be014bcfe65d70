import type { Failure, PathStep, WayOut } from "../../../src/api/failure.ts";
import { explain } from "../../../src/explain/explain.ts";
import { type Child, h } from "../elements/dom.ts";
import type { RunAction } from "../run/project-runner.ts";
import { pathGroups } from "./problem-paths.ts";
import { proofOf, proofSteps } from "./proof-steps.ts";

export interface ProblemHost {
  /** Whether the page can do it for the reader. */
  canApply: (way: WayOut) => boolean;
  apply: (way: WayOut) => void;
  /** What shows a location of the tree; undefined where there is no tree or no such place in it. */
  goTo?: (location: string) => (() => void) | undefined;
  /** What shows a package of a proof, by its installed name. Default: its place in the tree. */
  about?: (name: string) => () => void;
  /** What is done again once a way out is applied. Default `resolve`. */
  action?: RunAction;
}

/** The sentence a person needs first, for codes that say nothing to most. */
const TITLES: ReadonlyMap<string, string> = new Map([
  ["ERESOLVE", "Two packages cannot agree"],
  ["ENOSOLUTION", "No flat answer"],
  ["EIMPORTMAP", "No import map can be made of this"],
  ["ETARGET", "No version fits"],
  ["E404", "No such package"],
  ["EUNREACHABLE", "The registry cannot be reached"],
  ["ETIMEDOUT", "The registry did not answer in time"],
  ["E401", "The registry wants to know who asks"],
  ["E403", "The registry refuses"],
  ["EINVALIDPACKUMENT", "The registry’s answer is broken"],
  ["EOVERRIDE", "An override contradicts the project"],
  ["EJSONPARSE", "A file is not JSON"],
  ["EBADPLATFORM", "Not for this platform"],
  ["EBADENGINE", "Not for this version of Node"],
  ["EDEPRECATED", "Deprecated"],
  ["EINVALIDPACKAGENAME", "Not a package name"],
  ["EDUPLICATEWORKSPACE", "Two workspaces have one name"],
  ["EUNSUPPORTED", "Not possible in a page"],
  ["EINTEGRITY", "A tarball is not the one that was published"],
  ["TAR_BAD_ARCHIVE", "A tarball cannot be opened"],
  ["ENOTARBALLS", "Tarballs cannot be fetched from the snapshot"],
  ["ENOINTEGRITY", "Nothing to check a tarball against"],
  ["EINVALIDLOCK", "The lockfile cannot be used"],
]);

/** What a failure at a tarball knows of it, in the order in which a reader asks. */
const TARBALL_FACTS: readonly (readonly [key: string, term: string])[] = [
  ["expected", "Expected"],
  ["actual", "Came"],
  ["url", "From"],
];

function titleOf(code: string, level: "failure" | "warning", action: RunAction): string {
  // As a warning it is a conflict that npm lives with.
  if (level === "warning" && code === "ERESOLVE") return "A peer dependency that is not met";
  return (
    TITLES.get(code) ??
    (level === "failure" ? `This could not be ${action}${action === "install" ? "ed" : "d"}` : "Worth knowing")
  );
}

/** One failure or warning. `level` decides the colour and the word that screen readers hear. */
export function problemCard(problem: Failure, level: "failure" | "warning", host: ProblemHost): HTMLElement {
  const title = titleOf(problem.code, level, host.action ?? "resolve");
  const heading = h("h3", {}, h("span", { class: "sr-only" }, `${level}: `), title);
  return h(
    "article",
    { class: `card card-${level}` },
    h("header", {}, heading, h("code", { class: "code" }, problem.code)),
    h("p", { class: "message" }, problem.message),
    problem.found && !problem.message.includes(problem.found)
      ? h("p", { class: "found" }, "Found: ", h("code", {}, problem.found))
      : null,
    tarballFacts(problem),
    ...proofSection(problem, host),
    ...pathList(problem, host),
    ...wayOutList(problem.wayOut, host),
    problem.code === "ERESOLVE" ? asText({ ...problem, wayOut: [] }, "In npm’s words") : null,
    problem.code === "ENOSOLUTION" ? asText(problem, "As text, to quote") : null,
  );
}

/** Of a tarball that was refused: what it should have been, what came, and from where. */
function tarballFacts({ details, package: name }: Failure): HTMLElement | null {
  const known = TARBALL_FACTS.flatMap(([key, term]) => {
    const value = details?.[key];
    return typeof value === "string" && value !== "" ? [[term, value] as const] : [];
  });
  if (!known.some(([term]) => term === "From")) return null;
  const rows = name === undefined ? known : [["Package", name] as const, ...known];
  return h(
    "dl",
    { class: "facts tarball-facts" },
    ...rows.flatMap(([term, value]) => [h("dt", {}, term), h("dd", { class: "mono" }, value)]),
  );
}

/** The report as a terminal has it, for those who know it or want to quote it, folded away. */
function asText(problem: Failure, title: string): HTMLElement {
  return h("details", { class: "report" }, h("summary", {}, title), h("pre", { tabindex: 0 }, explain(problem)));
}

/** Of a flat resolution that has no answer: why, step by step. */
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
  return from.length === 0 ? [] : [h("p", { class: "found" }, "Wanted by ", h("code", {}, from.join(", ")))];
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
  return [h("h4", {}, ways.length === 1 ? "A way out" : "Ways out"), h("ul", { class: "ways" }, ...items)];
}
