import { existsSync, readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { packument } from "./small-project.ts";

/** A server on loopback. `base` ends with a slash. */
export interface Loopback extends AsyncDisposable {
  readonly base: string;
}

async function listen(handler: RequestListener): Promise<Loopback & { server: Server }> {
  const server = createServer(handler);
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    server,
    base: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => void server.close(done));
    },
  };
}

/** Serves the small project's registry, to every origin, as public registries do. */
export async function serveRegistry(): Promise<Loopback> {
  return await listen((request, response) => {
    const body = packument(decodeURIComponent(request.url ?? "").slice(1), `http://${request.headers.host}/`);
    response.writeHead(body ? 200 : 404, { "content-type": "application/json", "access-control-allow-origin": "*" });
    response.end(body ?? "{}");
  });
}

const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript" };

/** Serves a folder's pages and scripts. `headersOf` returns additional headers for a path. */
export async function serveSite(
  folder: string,
  headersOf: (path: string) => Record<string, string> = () => ({}),
): Promise<Loopback> {
  return await listen((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname.replace(/\/$/, "/index.html");
    const type = TYPES[path.slice(path.lastIndexOf(".") + 1)];
    const file = join(folder, path);
    if (!type || !existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": type, ...headersOf(path) }).end(readFileSync(file));
  });
}

/** Serves a folder's JavaScript and an empty page. `loaded` has each file that was requested. */
export async function serveScripts(folder: string): Promise<Loopback & { loaded: Map<string, Buffer> }> {
  const loaded = new Map<string, Buffer>();
  const loopback = await listen((request, response) => {
    const path = normalize(request.url ?? "/");
    if (path === "/") return void response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
    if (!path.endsWith(".js")) return void response.writeHead(404).end();
    const body = readFileSync(join(folder, path));
    loaded.set(path.slice(1), body);
    response.writeHead(200, { "content-type": "text/javascript" }).end(body);
  });
  return { ...loopback, loaded };
}
