import type { Browser, BrowserContext, Page } from "playwright";
import { openChromium } from "../support/chromium.ts";
import { bundle } from "../system/lifecycle/stage.ts";
import type { Bench } from "./in-page.ts";
import type { LastingTab } from "./kill.ts";
import { KillableBrowser } from "./killable-browser.ts";
import { type Scripts, StageServers } from "./stage-servers.ts";

export type RealMode = "threads" | "worker" | "inline";
export const MODES: readonly RealMode[] = ["threads", "worker", "inline"];

/** Calls a function in a page. It is sent as text, so it can use only its parameters. */
export type PageCall = <T, A = undefined>(run: (bench: Bench, given: A) => T, given?: A) => Promise<Awaited<T>>;

/** A browser, a site that serves the library, and registries on another origin. */
export class Stage extends StageServers {
  readonly browser: Browser;

  private constructor(browser: Browser, scripts: Scripts) {
    super(scripts);
    this.browser = browser;
  }

  static async open(switches: readonly string[] = []): Promise<Stage> {
    const here = (file: string): URL => new URL(file, import.meta.url);
    const [page, worker, browser] = await Promise.all([
      bundle(here("./in-page.ts")),
      bundle(here("../system/lifecycle/worker.ts")),
      openChromium(switches),
    ]);
    const stage = new Stage(browser, { page, worker });
    await stage.listen();
    return stage;
  }

  /** Opens a page with its own profile. */
  async tab({ isolated, host = "127.0.0.1" }: { isolated: boolean; host?: string }): Promise<Tab> {
    return await this.#tabIn(await this.browser.newContext(), { isolated, host });
  }

  async #tabIn(
    context: BrowserContext,
    { isolated, host = "127.0.0.1" }: { isolated: boolean; host?: string },
  ): Promise<Tab> {
    const page = await context.newPage();
    const tab = new Tab(context, page, this.address(isolated ? "isolated" : "plain", host));
    await tab.reload();
    return tab;
  }

  /** Opens a page of a browser of its own, which can be killed and started again. */
  async lastingTab({ isolated }: { isolated: boolean }): Promise<LastingTab> {
    const browser = await KillableBrowser.create();
    const open = async (): Promise<Tab> => await this.#tabIn(await browser.start(), { isolated });
    return new TabThatLasts(browser, open, await open());
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await super[Symbol.asyncDispose]();
  }
}

/** A page that has loaded the library. */
export class Tab implements AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly url: string;

  constructor(context: BrowserContext, page: Page, url: string) {
    this.context = context;
    this.page = page;
    this.url = url;
  }

  /** Calls a function in the page. It is sent as text, so it can use only its parameters. */
  async call<T, A = undefined>(run: (bench: Bench, given: A) => T, given?: A): Promise<Awaited<T>> {
    return (await this.page.evaluate(`(${run})(bench, ${JSON.stringify(given)})`)) as Awaited<T>;
  }

  /** Leaves the page, and opens it again. */
  async reload(): Promise<void> {
    await this.page.goto(this.url);
    await this.page.waitForFunction("globalThis.bench !== undefined");
  }

  /** The number of running workers. */
  workers(): number {
    return this.page.workers().length;
  }

  /** Sets how many bytes the page may store, or restores the default. */
  async limitStorage(bytes?: number): Promise<void> {
    const devtools = await this.context.newCDPSession(this.page);
    const { origin } = new URL(this.url);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, ...(bytes !== undefined && { quotaSize: bytes }) });
    await devtools.detach();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}

/** A page of a browser that can be killed. */
class TabThatLasts implements LastingTab {
  readonly #browser: KillableBrowser;
  readonly #open: () => Promise<Tab>;
  #tab: Tab;

  constructor(browser: KillableBrowser, open: () => Promise<Tab>, tab: Tab) {
    this.#browser = browser;
    this.#open = open;
    this.#tab = tab;
  }

  async call<T, A = undefined>(run: (bench: Bench, given: A) => T, given?: A): Promise<Awaited<T>> {
    return await this.#tab.call(run, given);
  }

  async reload(): Promise<void> {
    await this.#tab.reload();
  }

  async restart(): Promise<void> {
    await this.#browser.kill();
    this.#tab = await this.#open();
  }

  workers(): number {
    return this.#tab.workers();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser[Symbol.asyncDispose]();
  }
}
