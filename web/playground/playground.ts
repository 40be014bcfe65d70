import type { Failure, WayOut } from "../../src/api/failure.ts";
import type { PackumentSummary, Resolution } from "../../src/api/resolve.ts";
import { withWaysOut } from "../../src/explain/way-out.ts";
import { byId, h, setChildren } from "./elements/dom.ts";
import { InstallView } from "./install/install-view.ts";
import { dependencyMarks, findDependency } from "./project/dependency-marks.ts";
import { Editor } from "./project/editor.ts";
import { EXAMPLES } from "./project/examples.ts";
import { askForFiles, FileTabs, readFiles } from "./project/file-tabs.ts";
import type { JsonCheck, TextMark } from "./project/json-check.ts";
import { withOverrides, withSpec } from "./project/package-edit.ts";
import { ResultPane, type RunOutcome } from "./result/result-pane.ts";
import { outcomeSentence } from "./result/summary.ts";
import { ProgressBar } from "./run/progress-bar.ts";
import { ProjectRunner, type RunAction, type RunResult } from "./run/project-runner.ts";
import { showOptions } from "./settings/options-panel.ts";
import {
  loadSettings,
  type PageSettings,
  resolveOptionsOf,
  saveSettings,
  settingForOption,
} from "./settings/page-settings.ts";
import { isUnreachable, relayUrl, sourceOfWayOut, sourceWaysOut } from "./settings/registry-source.ts";
import { SourceSelect } from "./settings/source-select.ts";
import { themeButton } from "./settings/theme.ts";

type ProjectTexts = Record<string, string>;

/** Name of the project's folder. npm uses it if package.json has no name. */
const FOLDER_NAME = "project";

/**
 * The page. Connects its parts:
 *
 * - the project pane on the left: example, files, editor, options and buttons
 * - a run of the project, with its progress
 * - the result pane on the right: the outcome of the last run
 */
export class Playground {
  readonly #settings: PageSettings = loadSettings();
  readonly #progress = new ProgressBar();
  readonly #runner = new ProjectRunner((progress) => this.#running && this.#progress.resolving(progress));
  readonly #source = new SourceSelect(this.#settings, () => this.#save());
  readonly #result = new ResultPane({
    canApply: (way) => this.#canApply(way),
    apply: (way) => this.#apply(way),
    keep: (path, text) => this.#addFiles({ [path]: text }),
    versions: (name) => this.#versions(name),
    mark: (name) => this.#selectDependency(name),
  });
  readonly #files = new FileTabs(
    (path) => this.#open(path),
    (path) => this.#remove(path),
  );
  #editor: Editor | undefined;
  #running = false;
  #action: RunAction = "resolve";
  /** The last successful resolution, and the key of its input. */
  #resolved: { resolution: Resolution; inputKey: string } | undefined;
  /** The failure of the last run, until the project is edited. */
  #failure: Failure | undefined;

  start(parent: HTMLElement): void {
    this.#editor = new Editor(parent, {
      changed: () => {
        this.#failure = undefined;
      },
      checked: (path, check) => this.#showStatus(path, check),
      failureMarks: (path, check) => this.#failureMarks(path, check),
      resolve: () => void this.#run("resolve"),
      install: () => void this.#run("install"),
      versions: (name) => this.#versions(name),
    });
    themeButton(this.#settings, () => this.#save());
    showOptions(this.#settings, () => this.#save());
    this.#setUpExamples();
    this.#setUpButtons();
    this.#setUpDrop();
  }

  #save(): void {
    saveSettings(this.#settings);
  }

  /** Changes settings, shows them in the options and stores them. */
  #changeSettings(changed: Partial<PageSettings>): void {
    Object.assign(this.#settings, changed);
    showOptions(this.#settings, () => this.#save());
    this.#save();
  }

  async #versions(name: string): Promise<PackumentSummary> {
    return (await this.#runner.installer(this.#settings)).packument(name);
  }

  #setUpExamples(): void {
    const select = byId<HTMLSelectElement>("example");
    setChildren(select, ...EXAMPLES.map(({ id, title }) => h("option", { value: id }, title)));
    const load = (): void => {
      const example = EXAMPLES.find(({ id }) => id === select.value) ?? EXAMPLES[0];
      if (!example) return;
      this.#runner.cancel();
      this.#failure = undefined;
      this.#resolved = undefined;
      if (example.settings) this.#changeSettings(example.settings);
      byId("example-note").textContent = example.note;
      this.#editor?.load(example.files);
      this.#open("package.json");
      this.#result.showEmpty();
      this.#progress.end();
    };
    select.addEventListener("change", () => {
      load();
      // The address opens the page with this example. It adds no entry to the browser's history.
      history.replaceState(null, "", `#${select.value}`);
    });
    const idInAddress = decodeURIComponent(location.hash.slice(1));
    if (EXAMPLES.some(({ id }) => id === idInAddress)) select.value = idInAddress;
    load();
  }

  #setUpButtons(): void {
    byId("resolve").addEventListener("click", () => void this.#run("resolve"));
    byId("install").addEventListener("click", () => void this.#run("install"));
    byId("cancel").addEventListener("click", () => this.#runner.cancel());
    byId("add-file").addEventListener("click", async () => {
      this.#addFiles(await askForFiles(this.#editor?.paths ?? []));
    });
    for (const button of document.querySelectorAll<HTMLElement>("[data-show]")) {
      button.addEventListener("click", () =>
        this.#showPane(button.dataset["show"] === "result" ? "result" : "project"),
      );
    }
  }

  /** Adds files that are dropped anywhere on the page to the project. */
  #setUpDrop(): void {
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", async (event) => {
      event.preventDefault();
      this.#addFiles(await readFiles(event.dataTransfer?.files));
    });
  }

  /** Switches between the panes. On a phone only one of them is visible. */
  #showPane(name: "project" | "result"): void {
    document.body.dataset["pane"] = name;
    for (const button of document.querySelectorAll<HTMLElement>("[data-show]")) {
      button.setAttribute("aria-pressed", String(button.dataset["show"] === name));
    }
    if (name === "result") byId("pane-mark").hidden = true;
  }

  #open(path: string): void {
    this.#editor?.open(path);
    this.#files.show(this.#editor?.paths ?? [], path);
  }

  #addFiles(files: Readonly<ProjectTexts>): void {
    const paths = Object.keys(files);
    for (const [path, text] of Object.entries(files)) this.#editor?.add(path, text);
    const last = paths.includes("package.json") ? "package.json" : paths.at(-1);
    if (last !== undefined) this.#open(last);
  }

  #remove(path: string): void {
    this.#editor?.remove(path);
    this.#open(this.#editor?.path ?? "package.json");
    byId("files").querySelector<HTMLElement>("[aria-selected=true]")?.focus();
  }

  /** Shows the first error of a file below the editor, with a link to its line. */
  #showStatus(path: string, { marks }: JsonCheck): void {
    const status = byId("editor-status");
    const first = marks.find(({ severity }) => severity === "error") ?? marks[0];
    status.classList.toggle("bad", first?.severity === "error");
    if (!first) {
      setChildren(status);
      return;
    }
    const text = this.#editor?.files()[path] ?? "";
    const line = text.slice(0, first.from).split("\n").length;
    const goToLine = (): void => this.#editor?.goTo(first.from);
    const link = h("button", { type: "button", class: "link", onclick: goToLine }, `Line ${line}`);
    setChildren(status, link, `: ${first.message}`);
  }

  /** Returns marks for the dependencies that made the last run fail. */
  #failureMarks(path: string, { entries }: JsonCheck): TextMark[] {
    return this.#failure && path === "package.json" ? dependencyMarks(this.#failure, entries) : [];
  }

  /** Selects a dependency in the editor. Returns a function that also shows the editor, or undefined if no file lists the package. */
  #selectDependency(name: string): (() => void) | undefined {
    const editor = this.#editor;
    const found = editor && findDependency(editor.files(), name);
    if (!found) return undefined;
    const select = (): void => {
      this.#open(found.path);
      editor.select(found.from, found.to);
    };
    select();
    return () => {
      this.#showPane("project");
      select();
      editor.focus();
    };
  }

  async #run(action: RunAction): Promise<void> {
    const editor = this.#editor;
    if (!editor || this.#running) return;
    const files = editor.files();
    const work = action === "install" ? () => this.#install(files) : () => this.#resolve(files);
    this.#failure = undefined;
    this.#action = action;
    this.#setRunning(true);
    let result = await work();
    if (this.#switchesToRelay(result)) result = await work();
    this.#setRunning(false);
    this.#end(result);
    editor.relint();
  }

  async #resolve(files: ProjectTexts): Promise<RunResult<RunOutcome>> {
    const result = await this.#runner.resolve({ files, name: FOLDER_NAME }, this.#settings);
    if (result.kind !== "done") return result;
    const { value: resolution, where } = result;
    this.#resolved = { resolution, inputKey: this.#inputKey(files) };
    return { ...result, value: { resolution, where, baseLock: files["package-lock.json"] } };
  }

  /** Installs the last resolution if the project has not changed since. Otherwise resolves and installs together. */
  async #install(files: ProjectTexts): Promise<RunResult<RunOutcome>> {
    const view = new InstallView();
    this.#result.showInstalling(view);
    const project = { files, name: FOLDER_NAME };
    const resolved = this.#resolved?.inputKey === this.#inputKey(files) ? this.#resolved.resolution : undefined;
    const result = await this.#runner.install({ input: resolved ?? project, project }, this.#settings, (progress) => {
      if (!this.#running) return;
      view.update(progress);
      this.#progress.installing(progress);
    });
    const resolution = result.kind === "done" ? (result.value.resolution ?? resolved) : undefined;
    if (result.kind !== "done" || !resolution) {
      view.dispose();
      this.#result.restore();
      return result.kind === "done" ? { kind: "cancelled" } : result;
    }
    view.end();
    this.#resolved = { resolution, inputKey: this.#inputKey(files) };
    const installed = { project: result.value, view, milliseconds: result.milliseconds };
    return { ...result, value: { resolution, where: result.where, baseLock: files["package-lock.json"], installed } };
  }

  /** Returns a key of everything that a resolution depends on. */
  #inputKey(files: ProjectTexts): string {
    return JSON.stringify([files, resolveOptionsOf(this.#settings), this.#settings.metadata]);
  }

  /** Switches to the server's relay if the page cannot reach the registry. Returns true if the run should be repeated. */
  #switchesToRelay(result: RunResult<unknown>): boolean {
    if (result.kind !== "failed" || this.#settings.source !== "registry") return false;
    if (!isUnreachable(result.failure) || !relayUrl()) return false;
    this.#source.set("relay");
    this.#progress.say("This page cannot reach the registry. Trying again through the server.");
    return true;
  }

  #setRunning(running: boolean): void {
    this.#running = running;
    byId("cancel").hidden = !running;
    // aria-disabled instead of disabled: a disabled button loses the focus, which a keyboard user needs to reach Cancel.
    for (const id of ["resolve", "install"]) byId(id).setAttribute("aria-disabled", String(running));
    byId("result").setAttribute("aria-busy", String(running));
    if (!running) return;
    this.#progress.start();
    // On a phone, show the timeline of the install.
    if (this.#action === "install") this.#showPane("result");
  }

  #end(result: RunResult<RunOutcome>): void {
    if (result.kind === "cancelled") {
      this.#progress.end("Cancelled");
      this.#progress.say("Cancelled");
      return;
    }
    this.#showPane("result");
    this.#progress.end();
    if (result.kind === "failed") {
      this.#failure = this.#withAllWaysOut(result.failure);
      const [action, milliseconds] = [this.#action, result.milliseconds];
      this.#result.showFailure(this.#failure, { action, milliseconds, last: this.#resolved?.resolution });
      this.#progress.say(`${action === "install" ? "Install" : "Resolving"} failed: ${this.#failure.message}`);
      return;
    }
    this.#result.show(result.value);
    this.#progress.say(outcomeSentence(result.value));
  }

  /** Adds the ways out that only the page has: another source of packages. */
  #withAllWaysOut(failure: Failure): Failure {
    const sources = sourceWaysOut(failure, this.#settings.source);
    return { ...failure, wayOut: [...sources, ...withWaysOut(failure).wayOut] };
  }

  #canApply(way: WayOut): boolean {
    if (way.kind === "other") return false;
    return way.kind !== "option" || sourceOfWayOut(way) !== undefined || settingForOption(way.option) !== null;
  }

  /** Applies a way out and repeats the run. */
  #apply(way: WayOut): void {
    const editor = this.#editor;
    if (!editor) return;
    const text = editor.files()["package.json"] ?? "{}";
    if (way.kind === "option") {
      const source = sourceOfWayOut(way);
      const setting = settingForOption(way.option);
      if (source) this.#source.set(source);
      else if (setting) this.#changeSettings(setting);
    } else if (way.kind !== "other") {
      const edited = way.kind === "spec" ? withSpec(text, way.package, way.spec) : withOverrides(text, way.overrides);
      editor.write("package.json", edited);
      this.#open("package.json");
    }
    void this.#run(this.#action);
  }
}
