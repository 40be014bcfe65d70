import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright";
import { build } from "vite";
import { onTestFailed } from "vitest";
import { serveFolder } from "../../../scripts/serve.mjs";
import { openChromium } from "../../support/chromium.ts";
import { type MemoryRegistry, memoryRegistry } from "../../support/registry/memory-fetch.ts";
import { inlineSnapshot, PLACEHOLDER } from "../../support/registry/snapshot.ts";
import { fakeTarball } from "../../support/tarball.ts";

const RELAY = "/-/relay/";

/** Of the page, if a test does not say another. */
const [WIDTH, HEIGHT] = [1280, 800];
/** A narrower page shows one pane at a time. */
const PHONE = 760;

/** Versions by `name@version`, as a test tells a registry. */
export type Packages = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Files of packages by `name@version`, beside their package.json. */
export type Files = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface Told {
  packages?: Packages | undefined;
  files?: Files | undefined;
  /** Packages whose tarball is another one than their packument says. */
  tampered?: readonly string[] | undefined;
}

/** A registry as a test tells it: each package has a tarball with its manifest and its files. */
function registryOf({ packages = {}, files = {}, tampered = [] }: Told): MemoryRegistry {
  const documents = new Map<
    string,
    { name: string; "dist-tags": Record<string, string>; versions: Record<string, unknown> }
  >();
  const tarballs: Record<string, Uint8Array> = {};
  for (const [id, manifest] of Object.entries(packages)) {
    const at = id.lastIndexOf("@");
    const [name, version] = [id.slice(0, at), id.slice(at + 1)];
    const document = documents.get(name) ?? { name, "dist-tags": {}, versions: {} };
    document["dist-tags"]["latest"] = version;
    const { bytes, integrity } = fakeTarball({ "package.json": { name, version, ...manifest }, ...files[id] });
    const path = `${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;
    tarballs[path] = tampered.includes(id) ? fakeTarball({ "package.json": { name: "evil" } }).bytes : bytes;
    document.versions[version] = { name, version, dist: { tarball: PLACEHOLDER + path, integrity }, ...manifest };
    documents.set(name, document);
  }
  return memoryRegistry(inlineSnapshot(Object.fromEntries(documents), tarballs));
}

/** What a page is opened with. */
export interface PageOptions extends Told {
  relayed?: Packages;
  width?: number;
  hash?: string;
  colorScheme?: "light" | "dark";
  /** Called before each answer of the registry: what it waits for, the page waits for. */
  before?: (url: string) => Promise<void> | void;
}

/** The built page on loopback, and Chromium to look at it. */
export class PageHost {
  readonly #folder = mkdtempSync(join(tmpdir(), "webhoist-page-"));
  #server: ReturnType<typeof serveFolder> | undefined;
  #browser: Browser | undefined;
  #page: Page | undefined;
  #control: CDPSession | undefined;
  /** What the page was opened with, by tests that share it. */
  #shared: string | undefined;
  #url = "";
  #relayed: typeof fetch | undefined;

  async start(): Promise<void> {
    await build({
      configFile: fileURLToPath(new URL("../../../vite.config.ts", import.meta.url)),
      define: { __WEBHOIST_REGISTRY__: JSON.stringify(PLACEHOLDER) },
      build: { outDir: this.#folder, emptyOutDir: true },
      logLevel: "error",
    });
    this.#server = serveFolder(this.#folder);
    this.#url = await this.#server.listen(0, (request, response) => this.#relay(request, response));
    this.#browser = await openChromium();
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * A first visit: nothing is kept from before. The page's live registry holds `packages`; without any it cannot be reached.
   * What goes wrong inside fails the test. A reload in one tab takes a third of the time of a new browser context.
   */
  async open(options: PageOptions = {}): Promise<Page> {
    this.#shared = undefined;
    const isFirst = this.#page === undefined;
    const page = this.#page ?? (await this.#newPage());
    const context = page.context();
    await context.unrouteAll({ behavior: "ignoreErrors" });
    await this.#registry(context, options);
    this.#relayed = options.relayed && registryOf({ packages: options.relayed }).fetch;
    await page.setViewportSize({ width: options.width ?? WIDTH, height: HEIGHT });
    await page.emulateMedia({ colorScheme: options.colorScheme ?? "light" });
    if (isFirst) await page.goto(this.#url + (options.hash ?? ""));
    else await this.#anew(page, options.hash ?? "");
    await page.locator(".cm-content").first().waitFor();
    return page;
  }

  /** The page as on a first visit. */
  async #anew(page: Page, hash: string): Promise<void> {
    await page.evaluate((at) => {
      localStorage.clear();
      history.replaceState(null, "", location.pathname + at);
    }, hash);
    await page.reload();
    // The page before is gone by now, and this one stores nothing before it is used.
    const storageTypes = "indexeddb,file_systems,cache_storage";
    await this.#control?.send("Storage.clearDataForOrigin", { origin: new URL(this.#url).origin, storageTypes });
  }

  /**
   * The page of the test before with its first example chosen anew, if that test opened it so with the same `told` and went
   * well; else a first visit. For tests that leave the settings alone: the page keeps its workers, and what is stored.
   */
  async again(told: Told = {}, width: number = WIDTH): Promise<Page> {
    const key = JSON.stringify(told);
    let page = this.#page;
    if (!page || this.#shared !== key) page = await this.open(told);
    else {
      await page.setViewportSize({ width: WIDTH, height: HEIGHT });
      await page.selectOption("#example", "docs-demo");
    }
    await page.setViewportSize({ width, height: HEIGHT });
    // On a narrow page the test before may have left the result in sight.
    if (width < PHONE) await page.getByRole("button", { name: "Project", exact: true }).click();
    this.#shared = key;
    onTestFailed(() => {
      this.#shared = undefined;
    });
    return page;
  }

  async #newPage(): Promise<Page> {
    const context = await this.#browser!.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
    const page = await context.newPage();
    // Sooner than a test's own: it says what was waited for.
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => {
      throw error;
    });
    this.#control = await context.newCDPSession(page);
    this.#page = page;
    return page;
  }

  async #registry(context: BrowserContext, options: PageOptions): Promise<void> {
    const registry = options.packages && registryOf(options);
    await context.route(`${PLACEHOLDER}**`, async (route) => {
      if (!registry) return await route.abort("connectionrefused");
      await options.before?.(route.request().url());
      const answer = await registry.fetch(route.request().url(), { headers: route.request().headers() });
      const body = Buffer.from(await answer.arrayBuffer());
      const headers = Object.fromEntries(answer.headers);
      delete headers["content-encoding"];
      await route.fulfill({ status: answer.status, headers: { ...headers, "access-control-allow-origin": "*" }, body });
    });
  }

  #relay(request: IncomingMessage, response: ServerResponse): boolean {
    const path = request.url ?? "";
    if (!path.startsWith(RELAY)) return false;
    const answer = this.#relayed?.(PLACEHOLDER + path.slice(RELAY.length)) ?? Promise.reject(new Error("no relay"));
    answer
      .then(async (found) => {
        response.writeHead(found.status, { "content-type": "application/json" });
        response.end(Buffer.from(await found.arrayBuffer()));
      })
      .catch(() => void response.writeHead(502).end());
    return true;
  }
}

/** Puts `text` in the place of the open file, as a paste: the editor closes brackets of its own while one types. */
export async function edit(page: Page, text: string): Promise<void> {
  const content = page.locator("#editor .cm-content");
  await content.focus();
  await page.keyboard.press("ControlOrMeta+a");
  await content.evaluate((element, put) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", put);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

export function manifest(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ name: "p", version: "1.0.0", ...fields }, null, 2)}\n`;
}

/** The rows of the tree in sight, indented by level. */
export async function rows(page: Page): Promise<string[]> {
  return await page.locator("#panel-tree [role=treeitem]").evaluateAll((items) =>
    items
      .sort((a, b) => Number(a.getAttribute("data-index")) - Number(b.getAttribute("data-index")))
      .map((item) => {
        const text = [".row-name", ".row-version"].map((part) => item.querySelector(part)?.textContent ?? "");
        return "  ".repeat(Number(item.getAttribute("aria-level")) - 1) + text.join("@");
      }),
  );
}
