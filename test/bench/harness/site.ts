import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

/** The headers that isolate a page. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">
<script type="module" src="/page.js"></script>`;

export interface Site extends AsyncDisposable {
  /** The page's URL. */
  readonly url: string;
  /** Sets the body of `/feed`. */
  feed: Uint8Array;
}

/** Serves the page under test and the built package, below `/dist/`. */
export async function startSite(dist: string, pageScript: string): Promise<Site> {
  const site = { feed: new Uint8Array() };
  const bodyOf = (path: string): Uint8Array | string | undefined => {
    if (path === "/") return PAGE;
    if (path === "/page.js") return pageScript;
    if (path === "/feed") return site.feed;
    if (!path.startsWith("/dist/")) return undefined;
    try {
      return readFileSync(join(dist, normalize(path.slice("/dist".length))));
    } catch {
      return undefined;
    }
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    send(response, bodyOf(path), TYPES[extname(path)] ?? (path === "/" ? TYPES[".html"] : "application/octet-stream"));
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return Object.assign(site, {
    url: `http://localhost:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => void server.close(done));
    },
  });
}

function send(response: ServerResponse, body: Uint8Array | string | undefined, type = ""): void {
  // Scripts may be cached, as those of a real site are on a second visit.
  const headers = { ...ISOLATED, "content-type": type, "cache-control": "max-age=3600" };
  response.writeHead(body === undefined ? 404 : 200, headers).end(body);
}
