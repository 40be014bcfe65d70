import type { Failure } from "../../../src/api/failure.ts";
import type { InstalledProject } from "../../../src/api/install.ts";
import type { Resolution, TreeNode } from "../../../src/api/resolve.ts";
import { byId, h, scrollRegion, setChildren } from "../elements/dom.ts";
import { createTabs, type ResultTab } from "../elements/tabs.ts";
import { type FailureHost, failureView } from "../failure/failure-view.ts";
import { problemCard } from "../failure/problem-card.ts";
import { FilesTab } from "../files/files-tab.ts";
import { reportView } from "../install/install-report.ts";
import type { InstallView } from "../install/install-view.ts";
import type { InstallerMode, RunAction } from "../run/project-runner.ts";
import { type GoToPackage, treeTab } from "../tree/tree-tab.ts";
import { hoistingDrawing } from "./hoisting-drawing.ts";
import { ImportMapView } from "./import-map-view.ts";
import { LockfileView } from "./lockfile-view.ts";
import { changesTab, warningsTab } from "./result-tabs.ts";
import { installSummary, resolutionSummary } from "./summary.ts";

export interface ResultHost extends Pick<FailureHost, "canApply" | "apply" | "versions" | "mark"> {
  /** Adds a file to the project. */
  keep: (path: string, text: string) => void;
}

/** A successful install. */
export interface FinishedInstall {
  project: InstalledProject;
  /** Its timeline. */
  view: InstallView;
  milliseconds: number;
}

/** The outcome of a successful run. */
export interface RunOutcome {
  resolution: Resolution;
  where: InstallerMode;
  /** The project's lockfile before the run, if it had one. */
  baseLock: string | undefined;
  installed?: FinishedInstall;
}

interface FailedRun {
  action: RunAction;
  milliseconds: number;
  last: Resolution | undefined;
}

/** The pane beside the editor: the outcome of the last run. */
export class ResultPane {
  readonly #pane = byId("result");
  readonly #host: ResultHost;
  #dispose: (() => void) | undefined;
  /** The content before the running install. It comes back if the install fails or is cancelled. */
  #before: readonly Node[] | undefined;

  constructor(host: ResultHost) {
    this.#host = host;
  }

  /** Shows the introduction, before the first run. */
  showEmpty(): void {
    this.#clear();
    const keys = [h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter")];
    const resolving =
      " in the editor. This tab fetches package metadata from the registry and writes package-lock.json as npm does, byte for byte.";
    const installing =
      " also downloads the packages, verifies every tarball and shows the files of node_modules. No package code is run.";
    setChildren(
      this.#pane,
      h(
        "div",
        { class: "empty" },
        hoistingDrawing(),
        h("h2", {}, "See the tree that npm would build"),
        h("p", {}, "Press ", h("b", {}, "Resolve"), ", or ", ...keys, resolving),
        h("p", {}, h("b", {}, "Install"), installing),
      ),
    );
  }

  /** Shows a failed run. `last` is the last successful resolution of this project. */
  showFailure(failure: Failure, { action, milliseconds, last }: FailedRun): void {
    this.#clear();
    const view = failureView(failure, milliseconds, { ...this.#host, action, last });
    setChildren(this.#pane, ...view.elements);
    this.#dispose = view.dispose;
  }

  /** Shows a running install. The content before it is kept until the install ends. */
  showInstalling(view: InstallView): void {
    this.#before ??= [...this.#pane.childNodes];
    setChildren(this.#pane, view.summary, scrollRegion("Operations", "", view.element));
  }

  /** Shows the content from before the install again, because it failed or was cancelled. */
  restore(): void {
    if (this.#before) this.#pane.replaceChildren(...this.#before);
    this.#before = undefined;
  }

  /** Shows a successful run. */
  show(outcome: RunOutcome): void {
    this.#clear();
    const { resolution, where, baseLock, installed } = outcome;
    const { goTo, ...tree } = treeTab(resolution, {
      show: () => tabbed.show("tree"),
      files: installed && ((node) => filesOf(node)),
    });
    const files = installed && filesTab(outcome, installed.project, goTo);
    const showFile = (path: string): void => {
      tabbed.show("files");
      files?.go(path);
    };
    const filesOf = (node: TreeNode): (() => void) | undefined => {
      const path = node.target?.location ?? node.location;
      return path !== "" && installed?.project.exists(path) ? () => showFile(path) : undefined;
    };
    const lock = new LockfileView(resolution.files, this.#host.keep);
    const problem = (failure: Failure): HTMLElement => problemCard(failure, "failure", { ...this.#host, goTo });
    const map = new ImportMapView({ resolution, project: installed?.project, problem });
    const warnings = [...resolution.warnings, ...(installed?.project.report.warnings ?? [])];
    const list: ResultTab[] = [tree.tab];
    if (files) list.push({ id: "files", title: "Files", body: files.element, onShow: () => files.shown() });
    if (installed) list.push(installTab(installed, { showFile, showWarnings: () => tabbed.show("warnings") }));
    list.push(warningsTab(warnings, { ...this.#host, goTo }));
    list.push({ id: "lock", title: "Lockfile", body: lock.element, onShow: () => lock.open() });
    list.push({ id: "import-map", title: "Import map", body: map.element, onShow: () => map.open() });
    if (baseLock !== undefined) list.push(changesTab(resolution.diff(baseLock), goTo));
    const tabbed = createTabs("Result", list, installed ? "files" : "tree");
    const summary = installed ? installSummary(installed, resolution, where) : resolutionSummary(resolution, where);
    setChildren(this.#pane, summary, tabbed.element);
    this.#dispose = () => {
      tree.dispose();
      lock.dispose();
      map.dispose();
      files?.dispose();
      installed?.view.dispose();
      installed?.project.dispose();
    };
  }

  #clear(): void {
    this.#before = undefined;
    this.#dispose?.();
    this.#dispose = undefined;
  }
}

function filesTab({ resolution }: RunOutcome, project: InstalledProject, goTo: GoToPackage): FilesTab {
  /** Returns the package that a file belongs to: the nearest folder above it that is in the tree. */
  const owner = (path: string): { name: string; show: () => void } | undefined => {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const node = resolution.tree.get(path.slice(0, end));
      const show = node && goTo(node.location);
      if (show) return { name: `${node.packageName}@${node.version}`, show };
    }
    return undefined;
  };
  return new FilesTab(project, { versionAt: (path) => resolution.tree.get(path)?.version, owner });
}

function installTab(
  { project, view }: FinishedInstall,
  host: { showFile: (path: string) => void; showWarnings: () => void },
): ResultTab {
  const report = reportView(project.report, { ...host, stored: project.stored });
  const body = scrollRegion("Install report", "", view.element, report);
  return { id: "install", title: "Install", body };
}
