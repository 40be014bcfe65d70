import type { Resolution, ResolutionStats, Tree } from "../../../src/api/resolve.ts";
import { formatBytes, formatCount, formatDuration, h } from "../elements/dom.ts";
import type { InstallerMode } from "../run/project-runner.ts";
import type { FinishedInstall, RunOutcome } from "./result-pane.ts";

type SummaryFact = readonly [value: string, word: string];

/** At most this many packages with several versions are named. */
const MOST_NAMED = 3;

const PHASE_TITLES: readonly (readonly [keyof ResolutionStats["milliseconds"], string])[] = [
  ["read", "reading the project"],
  ["resolve", "resolving"],
  ["complete", "completing the lockfile"],
  ["write", "writing the lockfile"],
];

/** Returns the heading of a resolution: counts, sizes and times. */
export function resolutionSummary(resolution: Resolution, where: InstallerMode): HTMLElement {
  const { stats, tree } = resolution;
  const total = Math.max(1, stats.milliseconds.total);
  const phases = PHASE_TITLES.filter(([phase]) => stats.milliseconds[phase] > 0);
  const bar = h("div", { class: "phases", "aria-hidden": "true" });
  for (const [phase, words] of phases) {
    const part = h("i", { class: `phase-${phase}`, title: `${words}: ${formatDuration(stats.milliseconds[phase])}` });
    part.style.flexGrow = String(stats.milliseconds[phase] / total);
    bar.append(part);
  }
  const facts: SummaryFact[] = [
    [formatCount(stats.packuments, "package"), "looked up"],
    [formatCount(stats.requests, "request"), formatBytes(stats.bytes)],
    [formatCount(stats.manifestsParsed, "version"), "examined"],
  ];
  if (stats.solver) {
    const { decisions, conflicts } = stats.solver;
    facts.push([formatCount(decisions, "decision"), `and ${formatCount(conflicts, "conflict")}`]);
  }
  const times = phases.map(([phase, words]) => `${words} ${formatDuration(stats.milliseconds[phase])}`).join(", ");
  return h(
    "div",
    { class: "summary" },
    h("h2", {}, formatCount(tree.nodes.length, "package"), " in ", formatDuration(stats.milliseconds.total)),
    relaxLine(resolution),
    factList(facts, where),
    bar,
    h("p", { class: "sr-only" }, `Time: ${times}`),
  );
}

/** Returns a line that says how far a flat tree was relaxed. Null for npm's tree. */
function relaxLine({ rung, tree }: Resolution): HTMLElement | null {
  switch (rung) {
    case null:
      return null;
    case "none":
      return relaxNote("flat", "One version of each package. Every requirement is met.");
    case "peers":
      return relaxNote("relax: peers", "One version of each package. Unmet peer dependencies are listed as warnings.");
    case "copies":
      return relaxNote(
        "relax: copies",
        `No single version works for ${packagesWithCopies(tree)}, so the tree has several.`,
      );
    default:
      return rung satisfies never;
  }
}

function relaxNote(badge: string, meaning: string): HTMLElement {
  return h("p", { class: "relax" }, h("span", { class: "badge badge-peer" }, badge), " ", meaning);
}

/** Names the packages with several versions: `d3-array`, `a, b, c and 4 more`. */
function packagesWithCopies({ nodes }: Tree): string {
  const versions = new Map<string, Set<string>>();
  for (const { name, version, isLink } of nodes) {
    if (!isLink) versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  const names = [...versions].filter(([, found]) => found.size > 1).map(([name]) => name);
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Returns the heading of an install: counts, sizes and times. */
export function installSummary(
  { project: { report }, milliseconds }: FinishedInstall,
  resolution: Resolution,
  where: InstallerMode,
): HTMLElement {
  const facts: SummaryFact[] = [[formatCount(report.files, "file"), formatBytes(report.bytes)]];
  if (report.fetched > 0)
    facts.push([formatCount(report.fetched, "tarball"), `downloaded, ${formatBytes(report.transferred)}`]);
  if (report.stored > 0) facts.push([formatCount(report.stored, "tarball"), "from the browser’s storage"]);
  return h(
    "div",
    { class: "summary" },
    h("h2", {}, formatCount(report.packages, "package"), " installed in ", formatDuration(milliseconds)),
    relaxLine(resolution),
    factList(facts, where),
  );
}

function factList(facts: readonly SummaryFact[], { mode, modeReason }: InstallerMode): HTMLElement {
  return h(
    "ul",
    { class: "stats" },
    ...facts.map(([value, word]) => h("li", {}, h("b", {}, value), ` ${word}`)),
    h("li", { title: modeReason }, "mode ", h("b", {}, mode)),
  );
}

/** Returns the outcome of a run in one sentence, for screen readers. */
export function outcomeSentence({ resolution, installed }: RunOutcome): string {
  const report = installed?.project.report;
  const warned = resolution.warnings.length + (report?.warnings.length ?? 0);
  const warnings = warned > 0 ? `, ${formatCount(warned, "warning")}` : "";
  if (installed && report) {
    const files = `${formatCount(report.packages, "package")}, ${formatCount(report.files, "file")}`;
    return `Installed ${files} in ${formatDuration(installed.milliseconds)}${warnings}`;
  }
  const { milliseconds } = resolution.stats;
  return `Resolved ${formatCount(resolution.tree.nodes.length, "package")} in ${formatDuration(milliseconds.total)}${warnings}`;
}
