import type { Browser, Page } from "playwright";
import { openChromium } from "../../support/chromium.ts";
import { type Hosted, hostCases, type Loopback } from "./host.ts";
import type { ModesPage, PageAnswer, PageJob } from "./page-protocol.ts";

/** A cross-origin isolated page in Chromium that runs cases in the given modes. */
export class ModesHarness implements AsyncDisposable {
  readonly #site: Loopback;
  readonly #browser: Browser;
  #page: Page | undefined;

  private constructor(site: Loopback, browser: Browser) {
    this.#site = site;
    this.#browser = browser;
  }

  static async start(hosted: Hosted): Promise<ModesHarness> {
    const site = await hostCases(hosted);
    const browser = await openChromium();
    return new ModesHarness(site, browser);
  }

  async run(job: PageJob): Promise<PageAnswer> {
    this.#page ??= await this.#open();
    return await this.#page.evaluate(
      (given) => (globalThis as never as { modesPage: ModesPage }).modesPage.run(given),
      job,
    );
  }

  /** Closes a page that hangs. The next case opens a new one. */
  async reset(): Promise<void> {
    const page = this.#page;
    this.#page = undefined;
    await page?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#site[Symbol.asyncDispose]();
  }

  async #open(): Promise<Page> {
    const page = await this.#browser.newPage();
    await page.goto(this.#site.url);
    await page.waitForFunction(() => "modesPage" in globalThis && globalThis.crossOriginIsolated);
    return page;
  }
}
