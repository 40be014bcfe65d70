import type { Failure } from "../../../src/api/failure.ts";
import type { Proof } from "../../../src/api/flat.ts";
import type { PackumentSummary, Resolution } from "../../../src/api/resolve.ts";
import { formatDuration, h, scrollRegion } from "../elements/dom.ts";
import { PanelHolder } from "../elements/side-panel.ts";
import { createTabs } from "../elements/tabs.ts";
import { type GoToPackage, treeTab } from "../tree/tree-tab.ts";
import { type ProblemHost, problemCard } from "./problem-card.ts";
import { proofPackage } from "./proof-package.ts";
import { proofOf } from "./proof-steps.ts";

export interface FailureHost extends Omit<ProblemHost, "goTo" | "about"> {
  versions: (name: string) => Promise<PackumentSummary>;
  /**
   * Selects a package's line in a package.json of the project. Returns a function that shows that line, or undefined if the
   * project does not depend on the package.
   */
  mark: (name: string) => (() => void) | undefined;
  /** The last successful resolution of this project. */
  last: Resolution | undefined;
}

export interface FailureView {
  elements: HTMLElement[];
  dispose: () => void;
}

/** Shows a failed run: its card and, for a flat conflict, the packages in the proof. A second tab shows the tree of the last success. */
export function failureView(failure: Failure, milliseconds: number, host: FailureHost): FailureView {
  let opener: Element | null = null;
  const holder = new PanelHolder(() => {
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  });
  const last = host.last && treeTab(host.last, { show: () => tabs?.show("tree") });
  const proof = proofOf(failure);
  const about = (name: string) => (): void => {
    opener = document.activeElement;
    if (proof) showPackage({ name, proof, holder, goTo: last?.goTo }, host);
  };
  const card = problemCard(failure, "failure", { ...host, ...(proof && { about }) });
  holder.element.append(scrollRegion("Failure", "cards", card));
  const summary = h(
    "div",
    { class: "summary summary-failed" },
    h("h2", {}, host.action === "install" ? "Install failed" : "Resolving failed"),
    h("p", {}, `after ${formatDuration(milliseconds)}`),
  );
  const failureTab = { id: "failure", title: "Failure", body: holder.element };
  const tabs = last && createTabs("Result", [failureTab, { ...last.tab, title: "Previous tree" }], "failure");
  return { elements: [summary, tabs?.element ?? holder.element], dispose: () => last?.dispose() };
}

interface ShownPackage {
  name: string;
  proof: Proof;
  holder: PanelHolder;
  goTo: GoToPackage | undefined;
}

/** Selects a package in the editor and shows its panel beside the proof. */
function showPackage({ name, proof, holder, goTo }: ShownPackage, { versions, mark }: FailureHost): void {
  const showInEditor = mark(name);
  const showInTree = goTo?.(`node_modules/${name}`);
  const places: [string, () => void][] = [];
  if (showInTree) places.push(["Show in the previous tree", showInTree]);
  if (showInEditor) places.push(["Show in package.json", showInEditor]);
  holder.show(proofPackage(name, { proof, versions, places, close: holder.close }));
  holder.focusPanel();
}
