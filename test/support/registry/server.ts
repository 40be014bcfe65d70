import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { arrivals } from "./arrival.ts";
import { pathOf } from "./ask.ts";
import { type Answer, createResponder, type LoggedRequest, type RegistryOptions, type Responder } from "./responder.ts";
import type { Snapshot } from "./snapshot.ts";

export interface RegistryServer {
  /** The base URL on loopback, with a trailing slash. */
  url: string;
  log: LoggedRequest[];
  close(): Promise<void>;
}

/** Milliseconds between two answers of a shuffle, in which requests that were sent together arrive. */
const GATHER = 5;

const zipped = new WeakMap<Uint8Array, Uint8Array>();

function gzipped(body: Uint8Array): Uint8Array {
  const bytes = zipped.get(body) ?? gzipSync(body, { level: 6 });
  zipped.set(body, bytes);
  return bytes;
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

/** Sends `answer`. A broken one announces one byte more than it has, and then closes the connection or stalls. */
function send(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  if (answer.broken === "network") {
    request.socket.destroy();
    return;
  }
  const zip = !answer.broken && answer.body.length > 0 && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  const tarball = answer.headers["content-type"] === "application/octet-stream";
  const body = zip && !tarball ? gzipped(answer.body) : answer.body;
  const bodyless = answer.status === 204 || answer.status === 304;
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(zip && !tarball ? { "content-encoding": "gzip" } : {}),
    ...(bodyless ? {} : { "content-length": String(body.length + (answer.broken ? 1 : 0)) }),
  });
  if (request.method === "HEAD" || bodyless) response.end();
  else if (answer.broken === "stall") response.write(body);
  else if (answer.broken === "cut") response.write(body, () => request.socket.destroy());
  else response.end(body);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/**
 * Serves the registry of `memoryRegistry` over HTTP/1.1 on loopback. Tarball URLs point to the server unless `origin` is
 * given.
 */
export async function startRegistry(snapshot: Snapshot, options: RegistryOptions = {}): Promise<RegistryServer> {
  const turn = arrivals(options, (release) => setTimeout(release, GATHER));
  let responder: Responder | undefined;
  const server = createServer((request, response) => {
    void turn().then(() => {
      const ask = { method: request.method ?? "GET", path: pathOf(request.url ?? "/"), headers: headersOf(request) };
      if (responder) send(responder.answer(ask), request, response);
    });
  });
  const url = `http://127.0.0.1:${await listen(server)}/`;
  const { answer, log } = createResponder(snapshot, { ...options, origin: options.origin ?? url });
  responder = { answer, log };
  return {
    url,
    log,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
