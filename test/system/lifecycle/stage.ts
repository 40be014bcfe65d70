import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { findChromium } from "../../../scripts/chromium.mjs";
import { Browser } from "../../bench/harness/browser.ts";
import { Tab } from "./tab.ts";

/** How the registry treats a package: answers, does not answer, or sends half of the body. */
export type Behaviour = "answer" | "hold" | "stall";

/** 31 packages in a binary tree, each with one version. */
const COUNT = 31;

/** `p1` is a packument, `p1/1.0.0` one version's manifest. */
function documentOf(path: string, base: string): string {
  const [name = "", version] = path.split("/");
  const number = Number(name.slice(1));
  const below = [2 * number + 1, 2 * number + 2].filter((child) => child < COUNT);
  const dependencies = Object.fromEntries(below.map((child) => [`p${child}`, "^1.0.0"]));
  const dist = { tarball: `${base}${name}/-/${name}-1.0.0.tgz`, integrity: `sha512-${btoa(name.padEnd(64, "."))}` };
  const manifest = { name, version: "1.0.0", dependencies, dist };
  if (version) return JSON.stringify({ ...manifest, license: "MIT" });
  return JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": manifest } });
}

/** One tab's registry: its behaviours, and its log. */
export class FakeRegistry {
  readonly url: string;
  /** By package; `""` for all others. */
  behaviours: Record<string, Behaviour> = {};
  readonly asked: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  readonly #open = new Map<ServerResponse, string>();

  constructor(url: string) {
    this.url = url;
  }

  /** The number of requests that have neither ended nor been cancelled. */
  get open(): number {
    return this.#open.size;
  }

  /** Answers everything from now on, including held requests. */
  release(): void {
    this.behaviours = {};
    for (const [response, name] of this.#open) this.#answer(name, response);
  }

  serve(name: string, request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(name);
    this.authorizations.push(request.headers.authorization);
    this.#open.set(response, name);
    response.once("close", () => this.#open.delete(response));
    switch (this.behaviours[name] ?? this.behaviours[""] ?? "answer") {
      case "answer":
        this.#answer(name, response);
        break;
      case "stall":
        response.writeHead(200, HEADERS).write(BEGINNING);
        break;
      default:
    }
  }

  #answer(name: string, response: ServerResponse): void {
    const body = documentOf(name, this.url);
    if (response.headersSent) response.end(body.slice(BEGINNING.length));
    else response.writeHead(200, HEADERS).end(body);
  }
}

/** The part of a stalling body that is sent. */
const BEGINNING = '{"name":';
const HEADERS = {
  "content-type": "application/json",
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
};
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** Replaces the worker's address, which a development server would insert. The tests set `workerUrl`. */
const noWorker: Plugin = {
  name: "no-worker",
  resolveId: (id) => (id.includes("?worker") ? `\0${id}` : null),
  load: (id) => (id.startsWith("\0") && id.includes("?worker") ? 'export default "/nowhere.js"' : null),
};

/** Imports the library from the built package, which the test serves, instead of its sources. */
const builtPackage: Plugin = {
  name: "built-package",
  resolveId(id) {
    const [, entry] = /\/web\/(index|sinks)\.ts$/.exec(id) ?? [];
    return entry ? { id: `webhoist:${entry}`, external: true } : null;
  },
};

/**
 * Bundles a script into one file.
 * @param library `sources`: with the library in it; `package`: imports the library from `/dist/`
 */
export async function bundle(file: URL, library: "sources" | "package" = "sources"): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(file),
    platform: "browser",
    logLevel: "silent",
    // The package declares that its modules have no side effects, but the tests' scripts have.
    treeshake: false,
    plugins: library === "package" ? [builtPackage, noWorker] : [noWorker],
    transform: {
      target: "es2023",
      define: { __WEBHOIST_REGISTRY__: '"http://registry.local/"', __WEBHOIST_INTERLEAVE__: "undefined" },
    },
  });
  try {
    const paths = { "webhoist:index": "/dist/index.js", "webhoist:sinks": "/dist/sinks.js" };
    const { output } = await build.generate({ format: "esm", codeSplitting: false, paths });
    return output[0].code;
  } finally {
    await build.close();
  }
}

async function listen(handler: RequestListener): Promise<{ server: Server; base: string }> {
  const server = createServer(handler);
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  return { server, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

export interface TabOptions {
  isolated: boolean;
}

/** A browser, a site that serves the library, and a registry on another origin. */
export class Stage implements AsyncDisposable {
  readonly browser: Browser;
  /** Requests for the worker's file wait for this. */
  gate: Promise<void> = Promise.resolve();
  #servers: Server[] = [];
  #site = "";
  #base = "";
  readonly #registries: FakeRegistry[] = [];
  readonly #spare: Tab[] = [];
  /** The number of waiting requests for the worker's file. */
  starting = 0;

  private constructor(browser: Browser) {
    this.browser = browser;
  }

  static async open(switches: string[] = []): Promise<Stage> {
    const executable = findChromium();
    if (!executable) throw new Error("No Chromium found");
    const [page = "", worker = ""] = await Promise.all(
      ["./in-page.ts", "./worker.ts"].map((file) => bundle(new URL(file, import.meta.url))),
    );
    const stage = new Stage(new Browser({ executable, trusted: "", switches }));
    const site = await listen((request, response) => void stage.#serve(request, response, { page, worker }));
    const registry = await listen((request, response) => stage.#ask(request, response));
    stage.#servers = [site.server, registry.server];
    [stage.#site, stage.#base] = [site.base, registry.base];
    return stage;
  }

  /** Returns a fresh tab. Reuses and reloads a returned one if there is any. */
  async tab({ isolated }: TabOptions): Promise<Tab> {
    const url = `${this.#site}${isolated ? "isolated" : "plain"}`;
    const registry = new FakeRegistry(`${this.#base}${this.#registries.length}/`);
    this.#registries.push(registry);
    const spare = this.#spare.findIndex((tab) => tab.url === url);
    const [tab = await Tab.open(this.browser.devtools, url)] = spare < 0 ? [] : this.#spare.splice(spare, 1);
    await tab.load(registry, () => void this.#spare.push(tab));
    return tab;
  }

  /** Holds back the worker's file until the returned function is called. */
  holdWorkers(): () => void {
    let release = (): void => {};
    this.gate = new Promise((done) => {
      release = done;
    });
    return release;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser[Symbol.asyncDispose]();
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((done) => void server.close(done));
    }
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    { page, worker }: { page: string; worker: string },
  ): Promise<void> {
    const script = { ...ISOLATED, "content-type": "text/javascript" };
    switch (request.url) {
      case "/isolated":
      case "/plain":
        response.writeHead(200, { ...(request.url === "/isolated" && ISOLATED), "content-type": "text/html" });
        response.end('<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>');
        break;
      case "/page.js":
        response.writeHead(200, script).end(page);
        break;
      case "/worker.js":
        this.starting++;
        response.once("close", () => this.starting--);
        await this.gate;
        response.writeHead(200, script).end(worker);
        break;
      default:
        response.writeHead(404).end();
    }
  }

  #ask(request: IncomingMessage, response: ServerResponse): void {
    const [, number = "", ...path] = decodeURIComponent(request.url ?? "").split("/");
    if (request.method === "OPTIONS") {
      response.writeHead(204, { ...HEADERS, "access-control-allow-headers": "authorization, *" }).end();
    } else this.#registries[Number(number)]?.serve(path.join("/"), request, response);
  }
}
