import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { type Browser, chromium, type Page } from "playwright";
import { findChromium } from "../../scripts/chromium.mjs";
import { ISOLATION } from "../../scripts/serve.mjs";
import type { LazyCase } from "../conformance/folder.ts";
import type { ConformanceCase } from "../conformance/recorded.ts";
import type { ModesPage, PageAnswer, PageJob, PlainCase } from "./page-protocol.ts";

const HTML =
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';

const TYPES: Record<string, string> = { ".js": "text/javascript; charset=utf-8", "": "text/html; charset=utf-8" };

function plainCase({ project, snapshot: _, ...plain }: ConformanceCase): PlainCase {
  const files = Object.entries(project.files).map(([path, content]) => [
    path,
    typeof content === "string" ? content : { b64: Buffer.from(content).toString("base64") },
  ]);
  return { ...plain, project: { ...project, files: Object.fromEntries(files) } };
}

/** What lies at an address: the page, its scripts, a case, one of its documents. */
function bodyOf(address: string, { folder, cases }: Hosted): Uint8Array | string | undefined {
  const { pathname, search } = new URL(address, "http://localhost");
  if (pathname === "/") return HTML;
  const [, top, index = "", kind] = pathname.split("/");
  if (top !== "cases") return readFileSync(join(folder, normalize(pathname)));
  const found = cases[Number(index)]!.open();
  if (!kind) return JSON.stringify(plainCase(found));
  const key = decodeURIComponent(search.slice(1));
  return kind === "packument" ? found.snapshot.packument(key) : found.snapshot.tarball(key);
}

interface Hosted {
  /** Of the page's scripts: `page.js` and what belongs to it. */
  folder: string;
  cases: readonly LazyCase[];
}

async function host(hosted: Hosted): Promise<Server> {
  const server = createServer((request, response) => {
    let body: Uint8Array | string | undefined;
    try {
      body = bodyOf(request.url ?? "/", hosted);
    } catch {
      body = undefined;
    }
    const type = TYPES[extname((request.url ?? "").split("?")[0]!)] ?? "application/octet-stream";
    response.writeHead(body === undefined ? 404 : 200, { ...ISOLATION, "content-type": type }).end(body);
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  return server;
}

/** A page in Chromium, cross-origin isolated, that runs cases in the modes it is told. */
export class ModesHarness implements AsyncDisposable {
  readonly #server: Server;
  readonly #browser: Browser;
  #page: Page | undefined;

  private constructor(server: Server, browser: Browser) {
    this.#server = server;
    this.#browser = browser;
  }

  static async start(hosted: Hosted): Promise<ModesHarness> {
    const server = await host(hosted);
    const executablePath = findChromium();
    const browser = await chromium.launch({ args: ["--no-sandbox"], ...(executablePath && { executablePath }) });
    return new ModesHarness(server, browser);
  }

  async run(job: PageJob): Promise<PageAnswer> {
    this.#page ??= await this.#open();
    return await this.#page.evaluate(
      (given) => (globalThis as never as { modesPage: ModesPage }).modesPage.run(given),
      job,
    );
  }

  /** Lets go of a page that hangs: the next case has a new one. */
  async reset(): Promise<void> {
    const page = this.#page;
    this.#page = undefined;
    await page?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    await new Promise((done) => void this.#server.close(done));
  }

  async #open(): Promise<Page> {
    const { port } = this.#server.address() as AddressInfo;
    const page = await this.#browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.waitForFunction(() => "modesPage" in globalThis && globalThis.crossOriginIsolated);
    return page;
  }
}
