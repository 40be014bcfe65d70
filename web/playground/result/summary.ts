import type { Resolution, ResolutionStats, Tree } from "../../../src/api/resolve.ts";
import { formatBytes, formatCount, formatDuration, h } from "../elements/dom.ts";
import type { InstallerMode } from "../run/project-runner.ts";
import type { FinishedInstall } from "./result-pane.ts";

type SummaryFact = readonly [value: string, word: string];

/** Packages in several copies that are named. */
const MOST_NAMED = 3;

const PHASE_TITLES: readonly (readonly [keyof ResolutionStats["milliseconds"], string])[] = [
  ["read", "reading the project"],
  ["resolve", "resolving"],
  ["complete", "completing the lock"],
  ["write", "writing"],
];

/** What a resolution came to, above its tabs. */
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
    [formatCount(stats.packuments, "packument"), "read"],
    [formatCount(stats.requests, "request"), formatBytes(stats.bytes)],
    [formatCount(stats.manifestsParsed, "manifest"), "parsed"],
  ];
  if (stats.solver) {
    const { decisions, conflicts } = stats.solver;
    facts.push([formatCount(decisions, "decision"), `of the solver, ${formatCount(conflicts, "conflict")}`]);
  }
  const said = phases.map(([phase, words]) => `${words} ${formatDuration(stats.milliseconds[phase])}`).join(", ");
  return h(
    "div",
    { class: "summary" },
    h("h2", {}, formatCount(tree.nodes.length, "package"), " in ", formatDuration(stats.milliseconds.total)),
    rungLine(resolution),
    factList(facts, where),
    bar,
    h("p", { class: "sr-only" }, `Time: ${said}`),
  );
}

/** How a flat answer stands, and what that means. */
function rungLine({ rung, tree }: Resolution): HTMLElement | null {
  switch (rung) {
    case null:
      return null;
    case "none":
      return rungOf("flat", "One version of each package, and every requirement is met.");
    case "peers":
      return rungOf("flat but for peers", "One version of each package; peers that it does not meet are warnings.");
    case "copies":
      return rungOf("flat but for copies", `More than one version of ${doubled(tree)}: no single one will do.`);
    default:
      return rung satisfies never;
  }
}

function rungOf(rung: string, meaning: string): HTMLElement {
  return h("p", { class: "rung" }, h("span", { class: "badge badge-peer" }, rung), " ", meaning);
}

/** `d3-array`, `a, b, c and 4 more`. */
function doubled({ nodes }: Tree): string {
  const versions = new Map<string, Set<string>>();
  for (const { name, version, isLink } of nodes) {
    if (!isLink) versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  const names = [...versions].filter(([, found]) => found.size > 1).map(([name]) => name);
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** What an install came to, above its tabs. */
export function installSummary(
  { project: { report }, milliseconds }: FinishedInstall,
  resolution: Resolution,
  where: InstallerMode,
): HTMLElement {
  const facts: SummaryFact[] = [[formatCount(report.files, "file"), formatBytes(report.bytes)]];
  if (report.fetched > 0)
    facts.push([formatCount(report.fetched, "tarball"), `fetched, ${formatBytes(report.transferred)}`]);
  if (report.stored > 0) facts.push([formatCount(report.stored, "tarball"), "from the store"]);
  return h(
    "div",
    { class: "summary" },
    h("h2", {}, formatCount(report.packages, "package"), " installed in ", formatDuration(milliseconds)),
    rungLine(resolution),
    factList(facts, where),
  );
}

function factList(facts: readonly SummaryFact[], { mode, modeReason }: InstallerMode): HTMLElement {
  return h(
    "ul",
    { class: "stats" },
    ...facts.map(([value, word]) => h("li", {}, h("b", {}, value), ` ${word}`)),
    h("li", { title: modeReason }, "in mode ", h("b", {}, mode)),
  );
}
