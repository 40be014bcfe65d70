import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright";
import { ISOLATION } from "../../scripts/serve.mjs";
import { openChromium } from "../support/chromium.ts";
import { bundle } from "../system/lifecycle/stage.ts";
import type { Bench } from "./in-page.ts";
import { TestRegistry } from "./test-registry.ts";

export type RealMode = "threads" | "worker" | "inline";
export const MODES: readonly RealMode[] = ["threads", "worker", "inline"];

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

/** A browser, a site that serves the library, and registries on another origin. */
export class Stage implements AsyncDisposable {
  readonly browser: Browser;
  readonly #scripts: { page: string; worker: string };
  readonly #servers: Server[] = [];
  readonly #testRegistries: TestRegistry[] = [];
  readonly #files = new Map<string, () => Uint8Array | string>();
  #site = 0;
  #registry = 0;

  private constructor(browser: Browser, scripts: { page: string; worker: string }) {
    this.browser = browser;
    this.#scripts = scripts;
  }

  static async open(switches: readonly string[] = []): Promise<Stage> {
    const here = (file: string): URL => new URL(file, import.meta.url);
    const [page, worker, browser] = await Promise.all([
      bundle(here("./in-page.ts")),
      bundle(here("../system/lifecycle/worker.ts")),
      openChromium(switches),
    ]);
    const stage = new Stage(browser, { page, worker });
    const site = createServer((request, response) => stage.#serve(request.url ?? "/", response));
    const registry = createServer((request, response) => stage.#ask(request, response));
    stage.#servers.push(site, registry);
    stage.#site = await listen(site);
    stage.#registry = await listen(registry);
    return stage;
  }

  /** Adds a registry. */
  testRegistry(host = "127.0.0.1"): TestRegistry {
    const testRegistry = new TestRegistry(`http://${host}:${this.#registry}/${this.#testRegistries.length}/`);
    this.#testRegistries.push(testRegistry);
    return testRegistry;
  }

  /** Serves a file at `/name`. */
  put(name: string, body: () => Uint8Array | string): void {
    this.#files.set(`/${name}`, body);
  }

  /** Opens a page with its own profile. */
  async tab({ isolated, host = "127.0.0.1" }: { isolated: boolean; host?: string }): Promise<Tab> {
    return await this.tabIn(await this.browser.newContext(), { isolated, host });
  }

  /** Opens a page in a profile. */
  async tabIn(
    context: BrowserContext,
    { isolated, host = "127.0.0.1" }: { isolated: boolean; host?: string },
  ): Promise<Tab> {
    const page = await context.newPage();
    const tab = new Tab(context, page, `http://${host}:${this.#site}/${isolated ? "isolated" : "plain"}`);
    await tab.reload();
    return tab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((done) => void server.close(done));
    }
  }

  #serve(url: string, response: ServerResponse): void {
    const script = { ...ISOLATION, "content-type": "text/javascript" };
    const file = this.#files.get(url);
    if (file) response.writeHead(200, ISOLATION).end(file());
    else if (url === "/page.js") response.writeHead(200, script).end(this.#scripts.page);
    else if (url === "/worker.js") response.writeHead(200, script).end(this.#scripts.worker);
    else if (url === "/isolated" || url === "/plain") {
      response.writeHead(200, { ...(url === "/isolated" && ISOLATION), "content-type": "text/html" });
      response.end('<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>');
    } else response.writeHead(404).end();
  }

  #ask(request: IncomingMessage, response: ServerResponse): void {
    const [, number = "", ...path] = decodeURIComponent(request.url ?? "").split("/");
    const testRegistry = this.#testRegistries[Number(number)];
    if (testRegistry) testRegistry.serve(path.join("/"), request, response);
    else response.writeHead(404).end();
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}
