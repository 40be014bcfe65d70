// The benchmark's registry, which runs in its own process. harness/registry.ts starts it.
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { inPieces, type Pace, paces } from "./harness/pace.ts";
import { opened, openSnapshot, Prepared, type Ready } from "./harness/prepared.ts";
import type {
  FeedIndex,
  FromRegistry,
  RegistryLog,
  RegistrySettings,
  ToRegistry,
} from "./harness/registry-protocol.ts";

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "etag",
  "cross-origin-resource-policy": "cross-origin",
};
const TARBALL = "application/octet-stream";
const NO_BODY = new Uint8Array();

const settings = JSON.parse(process.argv[2] ?? "{}") as RegistrySettings;
const say = (message: FromRegistry): void => void process.send?.(message);

let log: RegistryLog = { asks: [], maxInFlight: 0 };
let inFlight = 0;
let prepared: Prepared;
const pace = paces(settings.latency, settings.profile);

async function handle(request: Request, response: Response): Promise<void> {
  const { method = "GET", url: path = "/", headers } = request;
  const { accept = "" } = headers;
  const ask = { method, path, accept, status: 0, bytes: 0 };
  log.asks.push(ask);
  log.maxInFlight = Math.max(log.maxInFlight, ++inFlight);
  response.once("close", () => inFlight--);
  const how = pace();
  if (how.wait > 0) await after(how.wait);
  const ready = prepared.answer(method, path, accept);
  const known = ready.etag !== "" && headers["if-none-match"] === ready.etag;
  const plain = !known && !/\bgzip\b/.test(String(headers["accept-encoding"] ?? ""));
  const body = known ? NO_BODY : plain ? opened(ready) : ready.body;
  ask.status = known ? 304 : ready.status;
  ask.bytes = body.length;
  const more = {
    ...(known ? {} : { "content-length": body.length }),
    ...(ready.etag && !known && !plain ? { "content-encoding": "gzip" } : {}),
  };
  await send(response, { ...ready, status: ask.status, body }, { headers: { ...headersOf(ready), ...more }, how });
}

function headersOf({ type, etag, status }: Ready): Record<string, string> {
  if (!etag) {
    // As public registries do, because a version's tarball never changes.
    const lasting =
      status === 200 && type === TARBALL ? { "cache-control": "public, immutable, max-age=31557600" } : {};
    return {
      ...CORS,
      "content-type": type,
      ...lasting,
      ...(status === 204 ? { "access-control-allow-headers": "*" } : {}),
    };
  }
  return {
    ...CORS,
    "content-type": type,
    etag,
    "cache-control": "public, max-age=300",
    vary: "accept-encoding, accept",
  };
}

async function send(
  response: Response,
  { status, body }: Ready,
  { headers, how }: { headers: Record<string, string | number>; how: Pace },
): Promise<void> {
  // One shape for both protocols, whose own types differ in what they overload.
  const out = response as ServerResponse;
  if (out.destroyed) return;
  out.writeHead(status, headers);
  out.end(await inPieces(body, how, (piece) => out.write(piece)));
}

/** Returns the log since the last call, once every answer has been sent. */
async function take(): Promise<void> {
  for (let i = 0; inFlight > 0 && i < 200; i++) await after(5);
  say({ kind: "log", log });
  log = { asks: [], maxInFlight: inFlight };
}

function feed({ asks, file }: Extract<ToRegistry, { kind: "feed" }>): void {
  const index: FeedIndex = {};
  const bodies: Uint8Array[] = [];
  let at = 0;
  for (const { path, accept } of asks) {
    const ready = prepared.answer("GET", path, accept);
    if (index[path] || ready.status !== 200) continue;
    const body = opened(ready);
    bodies.push(body);
    index[path] = { at, length: body.length, type: ready.type, etag: ready.etag };
    at += body.length;
  }
  writeFileSync(file, Buffer.concat(bodies));
  say({ kind: "feed", index });
}

function load(paths: readonly string[]): void {
  for (const path of paths) prepared.answer("GET", path, "");
  say({ kind: "loaded" });
}

async function listen(): Promise<void> {
  const listener = (request: Request, response: Response): void => void handle(request, response);
  const { cert, key } = settings;
  const server =
    settings.transport === "h1"
      ? createServer(listener)
      : createSecureServer({ cert, key, maxSessionMemory: 512, settings: { maxConcurrentStreams: 256 } }, listener);
  // Sent once the port is known and all bodies are prepared.
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const url = `${settings.transport === "h1" ? "http" : "https"}://127.0.0.1:${port}/`;
  const start = performance.now();
  prepared = new Prepared(await openSnapshot(settings.snapshot), url);
  const counts = settings.forms.map((form) => prepared.warm(form));
  const milliseconds = Math.round(performance.now() - start);
  say({ kind: "ready", url, packuments: Math.max(0, ...counts), milliseconds });
}

process.on("message", (message: ToRegistry) => {
  switch (message.kind) {
    case "take":
      return void take();
    case "load":
      return load(message.paths);
    case "feed":
      return feed(message);
    default:
      return message satisfies never;
  }
});
process.once("disconnect", () => process.exit());
void listen();
