import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, relative, sep } from "node:path";
import { SUITES } from "../conformance/recorded.ts";
import type { LastingTab } from "../install/kill.ts";
import { type PageKind, StageServers } from "../install/stage-servers.ts";
import { POLLING_SCRIPT, PolledPages } from "../support/browsers/polled-pages.ts";
import { Profile } from "../support/browsers/process.ts";
import type { BrowserWindow, VisibleWindow } from "../support/browsers/window.ts";
import { bundle } from "../system/lifecycle/stage.ts";
import type { Abilities, BrowserBench } from "./in-page.ts";

const ROOT = join(import.meta.dirname, "../..");
const DIST = join(ROOT, "dist");
const HOST = "127.0.0.1";

/** How the tests start a browser. */
export interface Launcher {
  /** Starts it with nothing stored. */
  launch(): Promise<VisibleWindow>;
  /** Starts it with a profile on the disk. */
  launchOn(profile: string, pages: PolledPages): Promise<BrowserWindow>;
  /** Starts it with the setting that refuses any storage to pages. */
  launchRefusing?(): Promise<BrowserWindow>;
  /** Starts it with private windows only. WebKitGTK under WebDriver has no others. */
  launchPrivate?(): Promise<BrowserWindow>;
}

/** A page that has loaded the built package, in one of the browsers. */
export class BrowserTab implements LastingTab {
  readonly url: string;
  /** The timers of the page before the library is used: WebKit's driver limits each of its calls by one. */
  driversTimers = 0;
  #window: BrowserWindow;
  readonly #launch: () => Promise<BrowserWindow>;
  readonly #end: () => Promise<void>;

  constructor(
    url: string,
    { window, launch, end }: { window: BrowserWindow; launch: () => Promise<BrowserWindow>; end: () => Promise<void> },
  ) {
    this.url = url;
    this.#window = window;
    this.#launch = launch;
    this.#end = end;
  }

  /** Calls a function in the page. It is sent as text, so it can use only its parameters. */
  async call<T, A = undefined>(run: (bench: BrowserBench, given: A) => T, given?: A): Promise<Awaited<T>> {
    return (await this.#window.evaluate(`(${run})(bench, ${JSON.stringify(given)})`)) as Awaited<T>;
  }

  /** Returns the awaited value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    return await this.#window.evaluate(expression);
  }

  async reload(): Promise<void> {
    await this.#window.goto(this.url);
    this.driversTimers = (await this.call((bench) => bench.probe())).timers;
  }

  /** Loads another page of the same origin. */
  async goto(path: string): Promise<void> {
    await this.#window.goto(new URL(path, this.url).href);
  }

  async restart(): Promise<void> {
    await this.#window.kill();
    this.#window = await this.#launch();
    await this.reload();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

/** A browser, a site with the built package, and registries on another origin. */
export class BrowserStage extends StageServers {
  readonly #launcher: Launcher;
  readonly #pages = new PolledPages();
  #window: VisibleWindow | undefined;

  private constructor(launcher: Launcher, page: string) {
    super({ page, worker: readFileSync(join(DIST, "webhoist-worker.js"), "utf8") });
    this.#launcher = launcher;
  }

  static async open(launcher: Launcher): Promise<BrowserStage> {
    const page = await bundle(new URL("./in-page.ts", import.meta.url), "package");
    const stage = new BrowserStage(launcher, page);
    for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !path.endsWith(".js")) continue;
      stage.put(`dist/${relative(DIST, path).split(sep).join("/")}`, () => readFileSync(path));
    }
    for (const suite of SUITES) {
      const pack = join(ROOT, "test/conformance/fixtures", `${suite}.pack`);
      stage.put(`${suite}.pack`, () => readFileSync(pack));
    }
    await stage.listen();
    return stage;
  }

  /** The window that all tabs without a profile share. */
  async window(): Promise<VisibleWindow> {
    this.#window ??= await this.#launcher.launch();
    return this.#window;
  }

  /** Opens a page of a new origin in the shared window. The window leaves it when the tab is disposed of. */
  async tab(options: { isolated: boolean } | { kind: PageKind }): Promise<BrowserTab> {
    const kind = "kind" in options ? options.kind : options.isolated ? "isolated" : "plain";
    const window = await this.window();
    const launch = (): Promise<BrowserWindow> => {
      throw new Error("The shared window has no profile to start again with");
    };
    const end = (): Promise<void> => window.goto("about:blank");
    const tab = new BrowserTab(this.address(kind, HOST, await this.newSite()), { window, launch, end });
    await tab.reload();
    return tab;
  }

  /** Opens a page in a browser with a setting of its own. Returns undefined if the browser has no such setting. */
  async tabOf(
    how: "launchRefusing" | "launchPrivate",
    { isolated }: { isolated: boolean },
  ): Promise<BrowserTab | undefined> {
    const launch = this.#launcher[how];
    if (!launch) return undefined;
    const window = await launch();
    const url = this.address(isolated ? "isolated" : "plain", HOST, await this.newSite());
    const tab = new BrowserTab(url, { window, launch, end: () => window.close() });
    await tab.reload();
    return tab;
  }

  /** Opens a page in a browser of its own, with a profile that outlives it. */
  async lastingTab({ isolated }: { isolated: boolean }): Promise<BrowserTab> {
    const profile = new Profile();
    let window: BrowserWindow;
    const launch = async (): Promise<BrowserWindow> => {
      window = await this.#launcher.launchOn(profile.path, this.#pages);
      return window;
    };
    const end = async (): Promise<void> => {
      await window.close();
      await profile[Symbol.asyncDispose]();
    };
    const url = this.address(isolated ? "isolated" : "plain", HOST, await this.newSite());
    const tab = new BrowserTab(url, { window: await launch(), launch, end });
    await tab.reload();
    return tab;
  }

  async abilities(): Promise<Record<"isolated" | "plain", Abilities>> {
    const found: Partial<Record<"isolated" | "plain", Abilities>> = {};
    for (const kind of ["isolated", "plain"] as const) {
      await using tab = await this.tab({ kind });
      found[kind] = await tab.call((bench) => bench.abilities());
    }
    return found as Record<"isolated" | "plain", Abilities>;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#window?.close();
    await super[Symbol.asyncDispose]();
  }

  protected override serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.url?.startsWith("/polled?")) void this.#pages.serve(request, response);
    else super.serve(request, response);
  }

  protected override early(): string {
    return `<script>${POLLING_SCRIPT}</script>`;
  }
}
