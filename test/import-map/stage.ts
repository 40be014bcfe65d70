import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright";
import type { ImportMap } from "../../src/api/flat.ts";
import { openChromium } from "../support/chromium.ts";

/** Returns the content of a path; null if it does not exist. */
export type Files = (path: string) => Promise<Uint8Array | string | null>;

export interface Played {
  /** The final text of the page's `main`. */
  shown: string;
  /** Requested paths that do not exist, in any order. */
  lost: string[];
  /** The page's errors. */
  errors: string[];
  /** Paths of the modules that were loaded, sorted. */
  loaded: string[];
}

const TYPES: Readonly<Record<string, string>> = { css: "text/css", json: "application/json", html: "text/html" };

/** A browser, and a local server for its pages. */
export class Stage implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #sites = new Map<string, Files>();
  #origin = "";

  private constructor(browser: Browser) {
    this.#browser = browser;
    this.#server = createServer(({ url = "/" }, response) => void this.#serve(url, response));
  }

  static async open(): Promise<Stage> {
    const stage = new Stage(await openChromium());
    await new Promise<void>((done) => void stage.#server.listen(0, "127.0.0.1", done));
    stage.#origin = `http://127.0.0.1:${(stage.#server.address() as AddressInfo).port}`;
    return stage;
  }

  /** Opens a page at `/site/` with an import map, and runs a module that ends with `done()`. `files` serves all other paths. */
  async play(site: string, { map, script, files }: { map: ImportMap; script: string; files: Files }): Promise<Played> {
    const json = JSON.stringify(map).replaceAll("<", "\\u003c");
    const html = `<!doctype html><link rel="icon" href="data:,"><main></main>
      <script>globalThis.process = { env: { NODE_ENV: "production" } }; globalThis.done = () => { document.title = "done"; };</script>
      <script type="importmap">${json}</script><script type="module" src="app.js"></script>`;
    const own = new Map([
      ["", html],
      ["app.js", script],
    ]);
    this.#sites.set(site, async (path) => own.get(path) ?? (await files(path)));
    const context = await this.#browser.newContext();
    try {
      const page = await context.newPage();
      const errors: string[] = [];
      const lost: string[] = [];
      const loaded: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      page.on("response", (response) => {
        const { pathname } = new URL(response.url());
        if (response.status() >= 400) lost.push(pathname);
        else if (response.request().resourceType() === "script") loaded.push(pathname.slice(site.length + 2));
      });
      await page.goto(`${this.#origin}/${site}/`);
      const settled = async (): Promise<boolean> => errors.length > 0 || (await page.title()) === "done";
      for (let i = 0; i < 500 && !(await settled()); i++) await page.waitForTimeout(20);
      return { shown: (await page.textContent("main")) ?? "", lost, errors, loaded: loaded.sort() };
    } finally {
      await context.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    await new Promise((done) => void this.#server.close(done));
  }

  async #serve(url: string, response: ServerResponse): Promise<void> {
    const [, site = "", path = ""] = /^\/([^/]*)\/([^?]*)/.exec(decodeURI(url)) ?? [];
    const body =
      (await this.#sites
        .get(site)?.(path)
        .catch(() => null)) ?? null;
    const type = path === "" ? "text/html" : (TYPES[path.split(".").pop() ?? ""] ?? "text/javascript");
    response.writeHead(body === null ? 404 : 200, { "content-type": `${type}; charset=utf-8` }).end(body ?? "");
  }
}
