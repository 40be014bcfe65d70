import type { Resolution, ResolutionStats } from "../../src/api.ts";
import type { InstallReport } from "../../src/install-api.ts";
import { bytes, count, duration, h } from "./dom.ts";
import type { Where } from "./session.ts";

type Fact = readonly [value: string, word: string];

const PHASES: readonly (readonly [keyof ResolutionStats["milliseconds"], string])[] = [
  ["read", "reading the project"],
  ["resolve", "resolving"],
  ["complete", "completing the lock"],
  ["write", "writing"],
];

/** What a resolution came to, above its tabs. */
export function resolutionSummary({ stats, tree }: Resolution, where: Where): HTMLElement {
  const total = Math.max(1, stats.milliseconds.total);
  const phases = PHASES.filter(([phase]) => stats.milliseconds[phase] > 0);
  const bar = h("div", { class: "phases", "aria-hidden": "true" });
  for (const [phase, words] of phases) {
    const part = h("i", { class: `phase-${phase}`, title: `${words}: ${duration(stats.milliseconds[phase])}` });
    part.style.flexGrow = String(stats.milliseconds[phase] / total);
    bar.append(part);
  }
  const facts: Fact[] = [
    [count(stats.packuments, "packument"), "read"],
    [count(stats.requests, "request"), bytes(stats.bytes)],
    [count(stats.manifestsParsed, "manifest"), "parsed"],
  ];
  const said = phases.map(([phase, words]) => `${words} ${duration(stats.milliseconds[phase])}`).join(", ");
  return h(
    "div",
    { class: "summary" },
    h("h2", {}, count(tree.nodes.length, "package"), " in ", duration(stats.milliseconds.total)),
    factList(facts, where),
    bar,
    h("p", { class: "sr-only" }, `Time: ${said}`),
  );
}

/** What an install came to, above its tabs. */
export function installSummary(report: InstallReport, where: Where, milliseconds: number): HTMLElement {
  const facts: Fact[] = [[count(report.files, "file"), bytes(report.bytes)]];
  if (report.fetched > 0) facts.push([count(report.fetched, "tarball"), `fetched, ${bytes(report.transferred)}`]);
  if (report.stored > 0) facts.push([count(report.stored, "tarball"), "from the store"]);
  return h(
    "div",
    { class: "summary" },
    h("h2", {}, count(report.packages, "package"), " installed in ", duration(milliseconds)),
    factList(facts, where),
  );
}

function factList(facts: readonly Fact[], { mode, modeReason }: Where): HTMLElement {
  return h(
    "ul",
    { class: "stats" },
    ...facts.map(([value, word]) => h("li", {}, h("b", {}, value), ` ${word}`)),
    h("li", { title: modeReason }, "in mode ", h("b", {}, mode)),
  );
}
