import type { InstallReport, SkippedPackage } from "../../../src/api/install.ts";
import { collapsibleList } from "../elements/collapsible-list.ts";
import { formatBytes, formatCount, h } from "../elements/dom.ts";

const FIRST_ITEMS = 12;

const REASONS: Readonly<Record<SkippedPackage["why"], string>> = {
  platform: "for another platform",
  omit: "excluded by the omit option",
  failed: "optional, and could not be downloaded",
  unneeded: "nothing needs it",
};

export interface ReportHost {
  /** Shows a file in the tab of files. */
  showFile: (path: string) => void;
  showWarnings: () => void;
  /** Resolves when all packages are stored for the next visit. Rejects if they cannot be stored. */
  stored: Promise<void>;
}

/** Returns the report of an install: counts, skipped packages, scripts that were not run and warnings. */
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
  const storedText = h("dd", {}, "storing…");
  const say = (text: string): void => storedText.replaceChildren(text);
  stored.then(
    () => say("yes, so the next install needs no download"),
    () => say("no, because the browser has no space left"),
  );
  const rows: [string, string | HTMLElement][] = [
    ["Packages", report.packages.toLocaleString("en")],
    ["Files", `${report.files.toLocaleString("en")}, ${formatBytes(report.bytes)}`],
    ["Downloaded tarballs", `${report.fetched.toLocaleString("en")}, ${formatBytes(report.transferred)} transferred`],
    ["Tarballs from storage", report.stored.toLocaleString("en")],
    ["Stored in this browser", storedText],
  ];
  const list = h("dl", { class: "facts" });
  for (const [term, value] of rows) {
    list.append(h("dt", {}, term), typeof value === "string" ? h("dd", {}, value) : value);
  }
  return reportSection("Every tarball was verified", list);
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
    `Install scripts not run: ${formatCount(list.length, "package")}`,
    h(
      "p",
      { class: "note" },
      "npm would run these commands. webhoist runs no scripts. An application that uses webhoist may run them.",
    ),
    ...collapsibleList(items, FIRST_ITEMS, h("ul", { class: "report-list" })),
  );
}

function skipped({ skipped: list }: InstallReport): HTMLElement | null {
  if (list.length === 0) return null;
  const items = list.map(({ location, name, version, why }) =>
    h("li", { title: location }, `${name}@${version} `, h("span", { class: "note" }, REASONS[why])),
  );
  return reportSection(
    `Skipped: ${formatCount(list.length, "package")}`,
    ...collapsibleList(items, FIRST_ITEMS, h("ul", { class: "report-list report-columns" })),
  );
}

function substitutes({ substitutes: table }: InstallReport): HTMLElement | null {
  const pairs = Object.entries(table);
  if (pairs.length === 0) return null;
  const items = pairs.map(([from, to]) => h("li", {}, h("code", {}, from), " replaced by ", h("code", {}, to)));
  return reportSection(
    "Replaced with packages that run in a browser",
    ...collapsibleList(items, FIRST_ITEMS, h("ul", { class: "report-list" })),
  );
}

function computed({ computed: table }: InstallReport): HTMLElement | null {
  const pairs = Object.entries(table);
  if (pairs.length === 0) return null;
  const items = pairs.map(([location, sri]) => h("li", {}, location, " ", h("code", { class: "note sri" }, sri)));
  return reportSection(
    `Integrity computed for ${formatCount(pairs.length, "package")}`,
    h("p", { class: "note" }, "The lockfile has no integrity for these packages, so they could not be verified."),
    ...collapsibleList(items, FIRST_ITEMS, h("ul", { class: "report-list" })),
  );
}

function warnings({ warnings: list }: InstallReport, { showWarnings }: ReportHost): HTMLElement | null {
  if (list.length === 0) return null;
  const show = h("button", { type: "button", class: "link", onclick: showWarnings }, "Show warnings");
  return reportSection(formatCount(list.length, "warning"), h("p", {}, show));
}
