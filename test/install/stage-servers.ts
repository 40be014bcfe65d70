import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { ISOLATION } from "../../scripts/serve.mjs";
import { TestRegistry } from "./test-registry.ts";

export interface Scripts {
  page: string;
  worker: string;
}

/** The headers of each kind of page. `sandboxed`: a page without an origin, so that its browser refuses it any storage. */
const PAGES = {
  isolated: ISOLATION,
  plain: {},
  sandboxed: { "content-security-policy": "sandbox allow-scripts" },
} as const;
export type PageKind = keyof typeof PAGES;

const isPage = (name: string): name is PageKind => Object.hasOwn(PAGES, name);

const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html" };

/** A sandboxed page has no origin, so its own site is another one. */
const FILE_HEADERS = {
  ...ISOLATION,
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
};

type Body = Uint8Array | string;

/** A site that serves pages with the library, and registries on another origin. */
export class StageServers implements AsyncDisposable {
  readonly #servers: Server[] = [];
  readonly #testRegistries: TestRegistry[] = [];
  readonly #files = new Map<string, () => Body>();
  #site = 0;
  #registry = 0;

  constructor({ page, worker }: Scripts) {
    this.put("page.js", () => page);
    this.put("worker.js", () => worker);
  }

  async listen(): Promise<void> {
    this.#site = await this.newSite();
    this.#registry = await this.#listen((request, response) => this.#ask(request, response));
  }

  /** Adds a registry. */
  testRegistry(host = "127.0.0.1"): TestRegistry {
    const testRegistry = new TestRegistry(`http://${host}:${this.#registry}/${this.#testRegistries.length}/`);
    this.#testRegistries.push(testRegistry);
    return testRegistry;
  }

  /** Serves a file at `/name`. */
  put(name: string, body: () => Body): void {
    this.#files.set(`/${name}`, body);
  }

  /** Serves the same pages and files on another port: an origin that has stored nothing yet. Returns the port. */
  async newSite(): Promise<number> {
    return await this.#listen((request, response) => this.serve(request, response));
  }

  address(kind: PageKind, host = "127.0.0.1", port: number = this.#site): string {
    return `http://${host}:${port}/${kind}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((done) => void server.close(done));
    }
  }

  /** Answers a request for a page or a file. */
  protected serve(request: IncomingMessage, response: ServerResponse): void {
    const [path = "/"] = (request.url ?? "/").split("?");
    const file = this.#files.get(path);
    const kind = path.slice(1);
    if (file) {
      const type = TYPES[extname(path)];
      response.writeHead(200, { ...FILE_HEADERS, ...(type && { "content-type": type }) }).end(file());
    } else if (isPage(kind)) {
      response.writeHead(200, { ...PAGES[kind], "content-type": "text/html" });
      response.end(
        `<!doctype html><link rel="icon" href="data:,">${this.early()}<script type="module" src="/page.js"></script>`,
      );
    } else response.writeHead(404).end();
  }

  /** Returns HTML that comes before the script of every page. */
  protected early(): string {
    return "";
  }

  async #listen(handler: RequestListener): Promise<number> {
    const server = createServer(handler);
    this.#servers.push(server);
    await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
    return (server.address() as AddressInfo).port;
  }

  #ask(request: IncomingMessage, response: ServerResponse): void {
    const [, number = "", ...path] = decodeURIComponent(request.url ?? "").split("/");
    const testRegistry = this.#testRegistries[Number(number)];
    if (testRegistry) testRegistry.serve(path.join("/"), request, response);
    else response.writeHead(404).end();
  }
}
