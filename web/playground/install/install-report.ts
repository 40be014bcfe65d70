import type { InstallReport, SkippedPackage } from "../../../src/api/install.ts";
import { formatBytes, formatCount, h } from "../elements/dom.ts";
import { shortList } from "../elements/short-list.ts";

const FIRST_ITEMS = 12;

const REASONS: Readonly<Record<SkippedPackage["why"], string>> = {
  platform: "for another platform",
  omit: "asked to be left out",
  failed: "could not be had",
};

export interface ReportHost {
  /** Shows a path in the files. */
  showFile: (path: string) => void;
  showWarnings: () => void;
  /** Resolves once all is kept for the next visit. */
  stored: Promise<void>;
}

/** What an install came to: counts, and what a reader should know of it. */
export function reportView(report: InstallReport, host: ReportHost): HTMLElement {
  return h(
    "div",
    { class: "install-report" },
    reportFacts(report, host.stored),
    scripts(report, host),
    skipped(report),
    substitutes(report),
    computed(report),
    warnings(report, host),
  );
}

function reportSection(title: string, ...children: (Node | string | null)[]): HTMLElement {
  return h("section", { class: "report-section" }, h("h3", {}, title), ...children);
}

function reportFacts(report: InstallReport, stored: Promise<void>): HTMLElement {
  const kept = h("dd", {}, "being written…");
  const tell = (text: string): void => kept.replaceChildren(text);
  stored.then(
    () => tell("yes: the next install needs no download"),
    () => tell("no: the browser has no room for it"),
  );
  const rows: [string, string | HTMLElement][] = [
    ["Packages", report.packages.toLocaleString("en")],
    ["Files", `${report.files.toLocaleString("en")}, ${formatBytes(report.bytes)}`],
    ["Tarballs fetched", `${report.fetched.toLocaleString("en")}, ${formatBytes(report.transferred)} over the wire`],
    ["Tarballs from the store", report.stored.toLocaleString("en")],
    ["Kept in this browser", kept],
  ];
  const list = h("dl", { class: "facts" });
  for (const [term, value] of rows) {
    list.append(h("dt", {}, term), typeof value === "string" ? h("dd", {}, value) : value);
  }
  return reportSection("Every tarball is verified", list);
}

function scripts({ scripts: list }: InstallReport, { showFile }: ReportHost): HTMLElement | null {
  if (list.length === 0) return null;
  const items = list.map(({ location, name, version, scripts }) => {
    const show = (): void => showFile(`${location}/package.json`);
    const commands = Object.entries(scripts).map(([event, command]) =>
      h("code", { class: "script" }, h("b", {}, `${event} `), command),
    );
    const open = h("button", { type: "button", class: "link", title: `${location}/package.json`, onclick: show });
    open.append(`${name}@${version}`);
    return h("li", {}, open, ...commands);
  });
  return reportSection(
    `Not run: install scripts of ${formatCount(list.length, "package")}`,
    h("p", { class: "note" }, "npm would run these commands. Here nothing runs; whoever embeds webhoist decides."),
    ...shortList(items, FIRST_ITEMS, h("ul", { class: "report-list" })),
  );
}

function skipped({ skipped: list }: InstallReport): HTMLElement | null {
  if (list.length === 0) return null;
  const items = list.map(({ location, name, version, why }) =>
    h("li", { title: location }, `${name}@${version} `, h("span", { class: "note" }, REASONS[why])),
  );
  return reportSection(
    `Left out: ${formatCount(list.length, "package")}`,
    ...shortList(items, FIRST_ITEMS, h("ul", { class: "report-list report-columns" })),
  );
}

function substitutes({ substitutes: table }: InstallReport): HTMLElement | null {
  const pairs = Object.entries(table);
  if (pairs.length === 0) return null;
  const items = pairs.map(([from, to]) => h("li", {}, h("code", {}, from), " became ", h("code", {}, to)));
  return reportSection(
    "Substitutes that run in a page",
    ...shortList(items, FIRST_ITEMS, h("ul", { class: "report-list" })),
  );
}

function computed({ computed: table }: InstallReport): HTMLElement | null {
  const pairs = Object.entries(table);
  if (pairs.length === 0) return null;
  const items = pairs.map(([location, sri]) => h("li", {}, location, " ", h("code", { class: "note sri" }, sri)));
  return reportSection(
    `Integrity computed for ${formatCount(pairs.length, "package")}`,
    h("p", { class: "note" }, "The lock had none, so there was nothing to check these against."),
    ...shortList(items, FIRST_ITEMS, h("ul", { class: "report-list" })),
  );
}

function warnings({ warnings: list }: InstallReport, { showWarnings }: ReportHost): HTMLElement | null {
  if (list.length === 0) return null;
  const show = h("button", { type: "button", class: "link", onclick: showWarnings }, "Read them");
  return reportSection(formatCount(list.length, "warning"), h("p", {}, show));
}
