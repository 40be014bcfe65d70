import type { Failure, WayOut } from "../../src/api/failure.ts";
import type { PackumentSummary, Resolution } from "../../src/api/resolve.ts";
import { withWaysOut } from "../../src/explain/way-out.ts";
import { byId, formatCount, formatDuration, h, setChildren } from "./elements/dom.ts";
import { pathGroups } from "./failure/problem-paths.ts";
import { namesInProject, proofOf } from "./failure/proof-steps.ts";
import { InstallView } from "./install/install-view.ts";
import { Editor } from "./project/editor.ts";
import { EXAMPLES } from "./project/examples.ts";
import { askForFile, FileTabs, readFiles } from "./project/file-tabs.ts";
import { checkJson, isDependencyPath, type JsonCheck, type TextMark } from "./project/json-check.ts";
import { withOverrides, withSpec } from "./project/package-edit.ts";
import { ResultPane, type RunOutcome } from "./result/result-pane.ts";
import { ProgressBar } from "./run/progress-bar.ts";
import { ProjectRunner, type RunAction, type RunResult } from "./run/project-runner.ts";
import { showOptions } from "./settings/options-panel.ts";
import {
  loadSettings,
  type PageSettings,
  resolveOptionsOf,
  type SourceKind,
  saveSettings,
  settingForOption,
} from "./settings/page-settings.ts";
import { askForRegistry, relayUrl, SOURCE_TITLES } from "./settings/registry-source.ts";
import { themeButton } from "./settings/theme.ts";

type Files = Record<string, string>;

/** The folder's name, as npm would see it. */
const PROJECT = "project";
const UNREACHABLE: ReadonlySet<string> = new Set(["EUNREACHABLE", "ETIMEDOUT"]);

/** The page: an editor, a run, a result, and what ties them together. */
export class Playground {
  readonly #settings: PageSettings = loadSettings();
  readonly #progress = new ProgressBar();
  readonly #session = new ProjectRunner((progress) => this.#running && this.#progress.update(progress));
  readonly #result = new ResultPane({
    canApply: (way) => this.#canApply(way),
    apply: (way) => this.#apply(way),
    keep: (path, text) => this.#addFiles({ [path]: text }),
    versions: (name) => this.#versions(name),
    mark: (name) => this.#markPackage(name),
  });
  readonly #files = new FileTabs(
    (path) => this.#open(path),
    (path) => this.#remove(path),
  );
  #editor: Editor | undefined;
  #running = false;
  #action: RunAction = "resolve";
  /** The last resolution, and what it is a resolution of. */
  #resolved: { resolution: Resolution; of: string } | undefined;
  #failure: Failure | undefined;

  start(parent: HTMLElement): void {
    this.#editor = new Editor(parent, {
      changed: () => this.#edited(),
      checked: (path, check) => this.#status(path, check),
      failureMarks: (path, check) => this.#marks(path, check),
      resolve: () => void this.#run("resolve"),
      install: () => void this.#run("install"),
      versions: (name) => this.#versions(name),
    });
    themeButton(this.#settings, () => this.#save());
    showOptions(this.#settings, () => this.#save());
    this.#sources();
    this.#examples();
    this.#buttons();
    this.#dropping();
  }

  #save(): void {
    saveSettings(this.#settings);
  }

  /** Changes some settings, and shows them. */
  #set(some: Partial<PageSettings>): void {
    Object.assign(this.#settings, some);
    showOptions(this.#settings, () => this.#save());
    this.#save();
  }

  async #versions(name: string): Promise<PackumentSummary> {
    return (await this.#session.installer(this.#settings)).packument(name);
  }

  #sources(): void {
    const select = byId<HTMLSelectElement>("source");
    const offered = SOURCE_TITLES.filter(([value]) => value !== "relay" || relayUrl());
    setChildren(select, ...offered.map(([value, text]) => h("option", { value }, text)));
    if (!offered.some(([value]) => value === this.#settings.source)) this.#settings.source = "registry";
    select.value = this.#settings.source;
    select.addEventListener("change", async () => {
      const kind = select.value as SourceKind;
      const registry = kind === "other" ? await askForRegistry(this.#settings.registry) : this.#settings.registry;
      if (registry !== undefined) this.#settings.registry = registry;
      this.#setSource(registry === undefined ? this.#settings.source : kind);
    });
  }

  #setSource(kind: SourceKind): void {
    this.#settings.source = kind;
    byId<HTMLSelectElement>("source").value = kind;
    this.#save();
  }

  #examples(): void {
    const select = byId<HTMLSelectElement>("example");
    setChildren(select, ...EXAMPLES.map(({ id, title }) => h("option", { value: id }, title)));
    const load = (): void => {
      const example = EXAMPLES.find(({ id }) => id === select.value) ?? EXAMPLES[0];
      if (!example) return;
      this.#session.cancel();
      this.#failure = undefined;
      this.#resolved = undefined;
      if (example.settings) this.#set(example.settings);
      byId("example-note").textContent = example.note;
      this.#editor?.load(example.files);
      this.#open("package.json");
      this.#result.showEmpty();
      this.#progress.end();
    };
    select.addEventListener("change", () => {
      load();
      // An address that opens the page at this example; no step of the history.
      history.replaceState(null, "", `#${select.value}`);
    });
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (EXAMPLES.some(({ id }) => id === wanted)) select.value = wanted;
    load();
  }

  #buttons(): void {
    byId("resolve").addEventListener("click", () => void this.#run("resolve"));
    byId("install").addEventListener("click", () => void this.#run("install"));
    byId("cancel").addEventListener("click", () => this.#session.cancel());
    byId("add-file").addEventListener("click", async () => {
      this.#addFiles(await askForFile(this.#editor?.paths ?? []));
    });
    for (const button of document.querySelectorAll<HTMLElement>("[data-show]")) {
      button.addEventListener("click", () => this.#pane(button.dataset["show"] === "result" ? "result" : "project"));
    }
  }

  /** A package.json dropped anywhere on the page becomes the project's. */
  #dropping(): void {
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", async (event) => {
      event.preventDefault();
      this.#addFiles(await readFiles(event.dataTransfer?.files));
    });
  }

  /** On a phone one pane is in sight at a time. */
  #pane(name: "project" | "result"): void {
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

  #addFiles(files: Readonly<Record<string, string>>): void {
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

  /** What the last run complained of may be mended by now. */
  #edited(): void {
    if (!this.#failure) return;
    this.#failure = undefined;
  }

  #status(path: string, { marks }: JsonCheck): void {
    const status = byId("editor-status");
    const first = marks.find(({ severity }) => severity === "error") ?? marks[0];
    status.classList.toggle("bad", first?.severity === "error");
    if (!first) {
      setChildren(status);
      return;
    }
    const text = this.#editor?.files()[path] ?? "";
    const line = text.slice(0, first.from).split("\n").length;
    const go = h(
      "button",
      { type: "button", class: "link", onclick: () => this.#editor?.goTo(first.from) },
      `Line ${line}`,
    );
    setChildren(status, go, `: ${first.message}`);
  }

  /** The dependency that the last run failed at, where the project itself wants it. */
  #marks(path: string, { entries }: JsonCheck): TextMark[] {
    const failure = this.#failure;
    if (!failure || path !== "package.json") return [];
    const { package: name, message } = failure;
    // The first step below the project, on each side of a conflict.
    const direct = new Set([name, ...pathGroups(failure).flatMap(({ paths }) => paths.map((steps) => steps[1]?.name))]);
    const proof = proofOf(failure);
    for (const asked of proof ? namesInProject(proof) : []) direct.add(asked);
    const found = entries.filter((entry) => isDependencyPath(entry.path) && direct.has(entry.path[1]));
    return found.map(({ value: [from, to] }) => ({ from, to, severity: "error", message }));
  }

  /** Selects what the project asks of `name`; gives what brings it into sight, undefined where it asks for none. */
  #markPackage(name: string): (() => void) | undefined {
    const editor = this.#editor;
    if (!editor) return undefined;
    for (const [path, text] of Object.entries(editor.files())) {
      if (!/(^|\/)package\.json$/.test(path)) continue;
      const entry = checkJson(text, true).entries.find((one) => isDependencyPath(one.path) && one.path[1] === name);
      if (!entry) continue;
      this.#open(path);
      editor.select(entry.key[0], entry.value[1]);
      return () => {
        this.#pane("project");
        this.#open(path);
        editor.select(entry.key[0], entry.value[1]);
        editor.focus();
      };
    }
    return undefined;
  }

  async #run(action: RunAction): Promise<void> {
    const editor = this.#editor;
    if (!editor || this.#running) return;
    const files = editor.files();
    const work = action === "install" ? () => this.#install(files) : () => this.#resolve(files);
    this.#failure = undefined;
    this.#action = action;
    this.#setRunning(true);
    let end = await work();
    if (this.#fallsBack(end)) end = await work();
    this.#setRunning(false);
    this.#end(end);
    editor.relint();
  }

  async #resolve(files: Files): Promise<RunResult<RunOutcome>> {
    const result = await this.#session.resolve({ files, name: PROJECT }, this.#settings);
    if (result.kind !== "done") return result;
    const { value: resolution, where } = result;
    this.#resolved = { resolution, of: this.#inputKey(files) };
    return { ...result, value: { resolution, where, baseLock: files["package-lock.json"] } };
  }

  /** Installs what was resolved, if that is still what the project asks for; else resolves and installs in one go. */
  async #install(files: Files): Promise<RunResult<RunOutcome>> {
    const view = new InstallView();
    this.#result.showInstalling(view);
    const project = { files, name: PROJECT };
    const resolved = this.#resolved?.of === this.#inputKey(files) ? this.#resolved.resolution : undefined;
    const result = await this.#session.install({ input: resolved ?? project, project }, this.#settings, (progress) => {
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
    this.#resolved = { resolution, of: this.#inputKey(files) };
    const installed = { project: result.value, view, milliseconds: result.milliseconds };
    return { ...result, value: { resolution, where: result.where, baseLock: files["package-lock.json"], installed } };
  }

  /** A resolution holds as long as this is the same. */
  #inputKey(files: Files): string {
    return JSON.stringify([files, resolveOptionsOf(this.#settings), this.#settings.metadata]);
  }

  /** Where the page cannot reach the registry but its server can, goes through the server from now on. */
  #fallsBack(result: RunResult<unknown>): boolean {
    if (result.kind !== "failed" || this.#settings.source !== "registry") return false;
    if (!UNREACHABLE.has(result.failure.code) || !relayUrl()) return false;
    this.#setSource("relay");
    this.#progress.say("The registry cannot be reached from this page: asking through the page’s server.");
    return true;
  }

  #setRunning(running: boolean): void {
    this.#running = running;
    byId("cancel").hidden = !running;
    // Disabled, a button would lose the focus that a keyboard user needs for Cancel.
    for (const id of ["resolve", "install"]) byId(id).setAttribute("aria-disabled", String(running));
    byId("result").setAttribute("aria-busy", String(running));
    if (!running) return;
    this.#progress.start();
    // An install is worth watching.
    if (this.#action === "install") this.#pane("result");
  }

  #end(result: RunResult<RunOutcome>): void {
    if (result.kind === "cancelled") {
      this.#progress.end("Cancelled");
      this.#progress.say("Cancelled");
      return;
    }
    this.#pane("result");
    this.#progress.end();
    if (result.kind === "failed") {
      this.#failure = this.#withSources(result.failure);
      const [action, milliseconds] = [this.#action, result.milliseconds];
      this.#result.showFailure(this.#failure, { action, milliseconds, last: this.#resolved?.resolution });
      this.#progress.say(`Not ${this.#action === "install" ? "installed" : "resolved"}: ${this.#failure.message}`);
      return;
    }
    this.#result.show(result.value);
    this.#progress.say(spoken(result.value));
  }

  /** Another source of packages is a way out that only the page knows of. */
  #withSources(failure: Failure): Failure {
    const { source } = this.#settings;
    const wayOut = [...withWaysOut(failure).wayOut];
    if (source === "snapshot" && failure.code === "E404") {
      wayOut.unshift({
        kind: "option",
        option: "source:registry",
        text: "The snapshot holds the examples alone: ask the live registry.",
      });
    } else if (source !== "snapshot" && UNREACHABLE.has(failure.code)) {
      wayOut.push({
        kind: "option",
        option: "source:snapshot",
        text: "Use the snapshot inside this page: it needs no network.",
      });
    }
    return { ...failure, wayOut };
  }

  #canApply(way: WayOut): boolean {
    if (way.kind === "other") return false;
    return way.kind !== "option" || way.option.startsWith("source:") || settingForOption(way.option) !== null;
  }

  #apply(way: WayOut): void {
    const editor = this.#editor;
    if (!editor) return;
    const text = editor.files()["package.json"] ?? "{}";
    if (way.kind === "option") {
      const setting = settingForOption(way.option);
      if (setting) this.#set(setting);
      else this.#setSource(way.option.slice("source:".length) as SourceKind);
    } else if (way.kind !== "other") {
      const edited = way.kind === "spec" ? withSpec(text, way.package, way.spec) : withOverrides(text, way.overrides);
      editor.write("package.json", edited);
      this.#open("package.json");
    }
    void this.#run(this.#action);
  }
}

/** The outcome in a sentence, for who hears the page. */
function spoken({ resolution, installed }: RunOutcome): string {
  const report = installed?.project.report;
  const warned = resolution.warnings.length + (report?.warnings.length ?? 0);
  const warnings = warned > 0 ? `, ${formatCount(warned, "warning")}` : "";
  if (installed && report) {
    const files = `${formatCount(report.packages, "package")}, ${formatCount(report.files, "file")}`;
    return `Installed ${files} in ${formatDuration(installed.milliseconds)}${warnings}`;
  }
  const { milliseconds } = resolution.stats;
  return `${formatCount(resolution.tree.nodes.length, "package")} in ${formatDuration(milliseconds.total)}${warnings}`;
}
