import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, CDPSession, Locator, Page } from "playwright";
import { build } from "vite";
import { onTestFailed } from "vitest";
import { serveFolder } from "../../../scripts/serve.mjs";
import { openChromium } from "../../support/chromium.ts";
import { type MemoryRegistry, memoryRegistry } from "../../support/registry/memory-fetch.ts";
import { inlineSnapshot, PLACEHOLDER } from "../../support/registry/snapshot.ts";
import { fakeTarball } from "../../support/tarball.ts";

const RELAY = "/-/relay/";

/** Default size of the page in pixels. */
const [WIDTH, HEIGHT] = [1280, 800];
/** A page narrower than this shows one pane at a time. */
const PHONE = 760;

/** The manifests of a test's registry, by `name@version`. */
export type Packages = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The files of packages besides package.json, by `name@version`. */
export type Files = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

interface TestRegistry {
  packages?: Packages | undefined;
  files?: Files | undefined;
  /** Packages whose tarball does not match the integrity in the packument. */
  tampered?: readonly string[] | undefined;
}

/** Creates a registry in memory. Each package has a tarball with its manifest and files. */
function registryOf({ packages = {}, files = {}, tampered = [] }: TestRegistry): MemoryRegistry {
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

/** Options for opening the page. */
export interface PageOptions extends TestRegistry {
  /** Packages of the server's relay. */
  relayed?: Packages;
  width?: number;
  hash?: string;
  colorScheme?: "light" | "dark";
  /** Called before each answer of the registry. The answer waits for the returned promise. */
  before?: (url: string) => Promise<void> | void;
}

/** Builds the page, serves it on loopback and opens it in Chromium. */
export class PageHost {
  readonly #folder = mkdtempSync(join(tmpdir(), "webhoist-page-"));
  #server: ReturnType<typeof serveFolder> | undefined;
  #browser: Browser | undefined;
  #page: Page | undefined;
  #control: CDPSession | undefined;
  /** Key of the registry that the current page was opened with, if later tests may reuse the page. */
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
   * Opens the page as on a first visit, with empty storage. The live registry has `packages`; without any, it cannot be reached.
   * An uncaught error in the page fails the test. Reuses one tab, which takes a third of the time of a new browser context.
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
    else await this.#reset(page, options.hash ?? "");
    await page.locator(".cm-content").first().waitFor();
    return page;
  }

  /** Reloads the page as on a first visit. */
  async #reset(page: Page, hash: string): Promise<void> {
    await page.evaluate((at) => {
      localStorage.clear();
      history.replaceState(null, "", location.pathname + at);
    }, hash);
    await page.reload();
    // The previous page is gone by now, and the new one stores nothing before its first run.
    const storageTypes = "indexeddb,file_systems,cache_storage";
    await this.#control?.send("Storage.clearDataForOrigin", { origin: new URL(this.#url).origin, storageTypes });
  }

  /**
   * Reuses the page of the previous test and selects the first example again, if that test passed and used the same registry.
   * Otherwise opens the page as on a first visit. For tests that do not change settings: workers and stored data stay.
   */
  async again(registry: TestRegistry = {}, width: number = WIDTH): Promise<Page> {
    const key = JSON.stringify(registry);
    let page = this.#page;
    if (!page || this.#shared !== key) page = await this.open(registry);
    else {
      await page.setViewportSize({ width: WIDTH, height: HEIGHT });
      await page.selectOption("#example", "docs-demo");
    }
    await page.setViewportSize({ width, height: HEIGHT });
    // On a narrow page, the previous test may have left the result pane open.
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
    // Shorter than the timeout of a test, because its error names the missing element.
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

/** Replaces the text of the open file. Pastes it, because the editor adds closing brackets to typed text. */
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

/** Returns the text of a package.json with these fields. */
export function manifest(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ name: "p", version: "1.0.0", ...fields }, null, 2)}\n`;
}

/** Returns the drawn rows of the package tree, indented by level. */
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

/** Returns the HTML of every control in the page that has no accessible name. */
export async function unnamedControls(page: Page): Promise<string[]> {
  const controls = page.locator("button, select, input, [role=tab], [role=tree], [role=img]");
  return await controls.evaluateAll((elements) =>
    elements
      .filter((element) => {
        const label = (element as HTMLInputElement).labels?.[0]?.textContent;
        return !(element.getAttribute("aria-label") ?? label ?? element.textContent)?.trim();
      })
      .map((element) => element.outerHTML),
  );
}

/** Returns by how many pixels the page is wider than the window. */
export async function overflowWidth(page: Page): Promise<number> {
  return await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** Focuses a tree and presses the first item of each pair. Returns each key with the name of the row that is active after it. */
export async function pressKeys(tree: Locator, walk: readonly string[][]): Promise<string[][]> {
  await tree.focus();
  const visited: string[][] = [];
  for (const [key = ""] of walk) {
    await tree.press(key);
    const id = await tree.getAttribute("aria-activedescendant");
    visited.push([key, (await tree.locator(`#${id} .row-name`).textContent()) ?? ""]);
  }
  return visited;
}
