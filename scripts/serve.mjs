import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { isForeign, RELAY } from "./relay.mjs";

/** @type {Record<string, string>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** Headers that let a page share memory between threads (docs/isolation.md). The worker's file needs the second header too. */
export const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** @typedef {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => boolean} Handler */

/**
 * Serves a folder on loopback. The folder is read once, so a request can reach only the files that it had then.
 * @param {string} folder
 * @returns {{ listen(port: number, first: Handler): Promise<string>, close(): Promise<void> }} `first` gets each
 * request before the folder does; `listen` returns the address, with a trailing slash
 */
export function serveFolder(folder) {
  const files = new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      if (!entry.isFile()) return [];
      const path = join(entry.parentPath, entry.name);
      return [[`/${relative(folder, path).split(sep).join("/")}`, readFileSync(path)]];
    }),
  );
  const page = files.get("/index.html")?.toString() ?? "";
  // Tells the page that its origin has a relay. A copy of the page on a plain file host has none.
  files.set(
    "/index.html",
    Buffer.from(page.replace("<head>", `<head><meta name="webhoist-relay" content="${RELAY}">`)),
  );

  /** @type {Handler} */
  let first = () => false;
  const server = createServer((request, response) => {
    if (first(request, response)) return;
    const [path = "/"] = (request.url ?? "/").split("?");
    const name = path === "/" ? "/index.html" : path;
    const body = files.get(name);
    // Other sites may link to the page, but requests under a host name that was rebound to loopback are refused.
    if (isForeign(request) && request.headers["sec-fetch-mode"] !== "navigate")
      return void response.writeHead(403).end();
    if (!body) return void response.writeHead(404).end();
    if (request.method !== "GET" && request.method !== "HEAD") return void response.writeHead(405).end();
    response.writeHead(200, {
      "content-type": TYPES[extname(name)] ?? "application/octet-stream",
      "content-length": body.length,
      "cache-control": name.startsWith("/assets/") ? "max-age=31536000, immutable" : "no-cache",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      ...ISOLATION,
    });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  return {
    listen: (port, handler) =>
      new Promise((resolve, reject) => {
        first = handler;
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => {
          server.off("error", reject);
          const address = /** @type {import("node:net").AddressInfo} */ (server.address());
          resolve(`http://127.0.0.1:${address.port}/`);
        });
      }),
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  };
}
