import type { Failure } from "../../../src/api/failure.ts";
import type { Proof } from "../../../src/api/flat.ts";
import type { PackumentSummary, Resolution } from "../../../src/api/resolve.ts";
import { formatDuration, h } from "../elements/dom.ts";
import { createTabs } from "../elements/tabs.ts";
import { treeTab } from "../tree/tree-tab.ts";
import { type ProblemHost, problemCard } from "./problem-card.ts";
import { proofPackage } from "./proof-package.ts";
import { proofOf } from "./proof-steps.ts";

export interface FailureHost extends Omit<ProblemHost, "goTo" | "about"> {
  versions: (name: string) => Promise<PackumentSummary>;
  /** Selects what the project asks of a package; gives what brings it into sight, undefined where the project asks nothing. */
  mark: (name: string) => (() => void) | undefined;
  /** The last resolution of this project that went well. */
  last: Resolution | undefined;
}

export interface FailureView {
  elements: HTMLElement[];
  dispose: () => void;
}

/** A run that failed: its card and, of a conflict, the packages in it; beside it the tree that there was before. */
export function failureView(failure: Failure, milliseconds: number, host: FailureHost): FailureView {
  const holder = h("div", { class: "tree-and-details" });
  const last = host.last && treeTab(host.last, { show: () => tabbed?.show("tree") });
  const proof = proofOf(failure);
  const about = proof && ((name: string) => () => showPackage({ name, proof, holder, goTo: last?.goTo }, host));
  const card = problemCard(failure, "failure", { ...host, ...(about && { about }) });
  const region = { class: "cards scroll", tabindex: 0, role: "region", "aria-label": "Failure" };
  holder.append(h("div", region, card));
  const summary = h(
    "div",
    { class: "summary summary-failed" },
    h("h2", {}, host.action === "install" ? "Not installed" : "Not resolved"),
    h("p", {}, `after ${formatDuration(milliseconds)}`),
  );
  const tabbed =
    last &&
    createTabs(
      "Result",
      [
        { id: "failure", title: "Failure", body: holder },
        { ...last.tab, title: "Tree before" },
      ],
      "failure",
    );
  return { elements: [summary, tabbed?.element ?? holder], dispose: () => last?.dispose() };
}

interface ShownPackage {
  name: string;
  proof: Proof;
  holder: HTMLElement;
  goTo: ((location: string) => (() => void) | undefined) | undefined;
}

/** Marks a package in the editor, and shows beside the proof what there is of it. */
function showPackage({ name, proof, holder, goTo }: ShownPackage, { versions, mark }: FailureHost): void {
  const opener = document.activeElement;
  const showInEditor = mark(name);
  const showInTree = goTo?.(`node_modules/${name}`);
  const places: [string, () => void][] = [];
  if (showInTree) places.push(["Show in the tree before", showInTree]);
  if (showInEditor) places.push(["Show in package.json", showInEditor]);
  const close = (): void => {
    holder.querySelector(".details")?.remove();
    holder.classList.remove("with-details");
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  };
  const panel = proofPackage(name, { proof, versions, places, close });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  holder.querySelector(".details")?.remove();
  holder.append(panel);
  holder.classList.add("with-details");
  panel.focus();
}
