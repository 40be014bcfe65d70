import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import type { RegistryConfig } from "../../scripts/npm-config.mjs";
import { createRelay, relayTarget } from "../../scripts/relay.mjs";

const PACKUMENT = '{"name":"a","versions":{}}';
const pem = (name: string): string => readFileSync(join(import.meta.dirname, "tls", name), "utf8");

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listen(server: http.Server | net.Server): Promise<number> {
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  closing.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

interface Seen {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
}

/** Returns the handler of a registry that compresses answers, has one ETag, and records requests in `seen`. */
function registry(seen: Seen[]): http.RequestListener {
  return (request, response) => {
    const { method = "", url = "", headers } = request;
    seen.push({ method, url, headers });
    if (url === "/moved") return void response.writeHead(302, { location: "/a" }).end();
    if (url === "/gone")
      return void response.writeHead(404, { "www-authenticate": "Basic", "set-cookie": "a=b" }).end();
    if (url === "/page") return void response.writeHead(200, { "content-type": "text/html" }).end("<script>");
    if (headers["if-none-match"] === '"1"') return void response.writeHead(304, { etag: '"1"' }).end();
    const body = gzipSync(PACKUMENT);
    const type = headers.accept ?? "application/json";
    response.writeHead(200, { etag: '"1"', "content-encoding": "gzip", "content-type": type });
    response.end(method === "HEAD" ? undefined : body);
  };
}

/** Starts a relay to `address`. Returns a function that sends it a request as a page of its own origin does. */
async function relayTo(address: string, more: Partial<RegistryConfig> = {}) {
  const relay = createRelay({ registry: address, noProxy: [], strictSsl: true, ...more });
  const port = await listen(http.createServer((request, response) => void relay.handle(request, response)));
  closing.push(relay.close);
  return (path: string, headers: Record<string, string> = {}, method = "GET") =>
    new Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }>((done, failed) => {
      const sent = { host: `127.0.0.1:${port}`, ...headers };
      const request = http.request({ port, path: `/-/relay/${path}`, headers: sent, method, host: "127.0.0.1" });
      request.once("error", failed).once("response", async (response) => {
        const body = Buffer.concat(await response.toArray());
        done({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
      request.end();
    });
}

/** Starts a registry over plain HTTP and a relay to it. */
async function plain(more: Partial<RegistryConfig> = {}) {
  const seen: Seen[] = [];
  const port = await listen(http.createServer(registry(seen)));
  return { seen, ask: await relayTo(`http://127.0.0.1:${port}/`, more) };
}

test.each([
  ["a", "a"],
  ["@s/a", "@s%2fa"],
  ["@s%2fa", "@s%2fa"],
  ["@s%2Fa/1.0.0-rc.1", "@s%2fa/1.0.0-rc.1"],
  ["a/1.0.0%2Bbuild", "a/1.0.0%2Bbuild"],
  ["a/latest", "a/latest"],
  ["a/-/a-1.0.0.tgz", "a/-/a-1.0.0.tgz"],
  ["@s/a/-/a-1.0.0.tgz", "@s/a/-/a-1.0.0.tgz"],
  ["JSONStream", "JSONStream"],
])("the path %s is requested from the registry as %s", (path, target) => {
  expect(relayTarget(path)?.target).toBe(target);
});

test.each([
  "",
  "..",
  "../x",
  "a/..",
  "a/%2e%2e/x",
  "%2e%2e%2fx",
  "a/1.0.0/x",
  "a/-/x.zip",
  "a/-/../x.tgz",
  "a//x",
  "-/whoami",
  "-/v1/search",
  "-/npm/v1/user",
  "_all_docs",
  ".well-known",
  "@s",
  "@s/",
  "a%00",
  "a%0d%0ax",
  "%",
  "http://127.0.0.1/a",
])("the path %j is refused, because it is no packument, manifest or tarball", (path) => {
  expect(relayTarget(path)).toBeUndefined();
});

test("an answer keeps its status, compression, type and ETag", async () => {
  const { ask, seen } = await plain();
  const accept = "application/vnd.npm.install-v1+json";
  const answer = await ask("@s/a", { accept, "accept-encoding": "gzip", cookie: "secret", authorization: "secret" });
  expect(answer.status).toBe(200);
  expect(gunzipSync(answer.body).toString()).toBe(PACKUMENT);
  expect(answer.headers).toMatchObject({ "content-encoding": "gzip", etag: '"1"', "content-type": accept });
  expect(seen).toMatchObject([{ method: "GET", url: "/@s%2fa", headers: { accept, "accept-encoding": "gzip" } }]);
  expect(JSON.stringify(seen)).not.toContain("secret");
});

test("a revalidation and its 304 answer are passed on", async () => {
  const { ask } = await plain();
  expect(await ask("a", { "if-none-match": '"1"' })).toMatchObject({ status: 304, headers: { etag: '"1"' } });
});

test("HEAD requests are passed on; other methods and other paths do not reach the registry", async () => {
  const { ask, seen } = await plain();
  expect((await ask("a", {}, "HEAD")).status).toBe(200);
  expect((await ask("a", {}, "POST")).status).toBe(405);
  expect((await ask("-/whoami")).status).toBe(404);
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(["HEAD /a"]);
});

test.each([
  ["another origin", { origin: "http://evil.local" }],
  ["another site", { "sec-fetch-site": "cross-site" }],
  ["another port of this host", { "sec-fetch-site": "same-site" }],
  ["a name rebound to loopback", { host: "evil.local" }],
  ["an opaque origin", { origin: "null" }],
])("a request from %s is refused", async (_, headers) => {
  const { ask, seen } = await plain();
  expect((await ask("a", headers)).status).toBe(403);
  expect(seen).toEqual([]);
});

test("answers lose headers that would affect the page's origin, and types that a browser would render", async () => {
  const { ask } = await plain();
  const gone = await ask("gone");
  expect(gone.status).toBe(404);
  expect(gone.headers).not.toHaveProperty("www-authenticate");
  expect(gone.headers).not.toHaveProperty("set-cookie");
  const page = await ask("page");
  expect(page.headers).toMatchObject({
    "content-type": "application/octet-stream",
    "x-content-type-options": "nosniff",
    "content-security-policy": expect.stringContaining("sandbox"),
  });
});

test("credentials go to the registry's origin, and not to the target of a redirect", async () => {
  const elsewhere: Seen[] = [];
  const other = await listen(http.createServer(registry(elsewhere)));
  const seen: Seen[] = [];
  const own = await listen(
    http.createServer((request, response) => {
      seen.push({ method: "GET", url: request.url ?? "", headers: request.headers });
      response.writeHead(302, { location: `http://127.0.0.1:${other}/moved` }).end();
    }),
  );
  const ask = await relayTo(`http://127.0.0.1:${own}/`, { authorization: "Bearer secret" });
  expect((await ask("a")).status).toBe(200);
  expect(seen[0]?.headers.authorization).toBe("Bearer secret");
  expect(elsewhere.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    ["/moved", undefined],
    ["/a", undefined],
  ]);
});

test("an unreachable registry gives status 502 with the error's code", async () => {
  const ask = await relayTo("http://127.0.0.1:1/");
  const answer = await ask("a");
  expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([502, { error: "ECONNREFUSED" }]);
});

/** Starts a proxy that tunnels and forwards, and records requests in `asked`. Returns its URL. */
async function proxy(asked: string[]): Promise<string> {
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`);
    http.get(request.url ?? "", (answer) => void answer.pipe(response));
  });
  server.on("connect", (request, socket, head) => {
    asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`);
    const port = Number(request.url?.split(":")[1]);
    const upstream = net.connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  return `http://user:pa%20ss@127.0.0.1:${await listen(server)}/`;
}

const PROXY_AUTH = `Basic ${Buffer.from("user:pa ss").toString("base64")}`;

test("a TLS registry is reached through one tunnel of the proxy, with npm's certificates", async () => {
  const seen: Seen[] = [];
  const asked: string[] = [];
  const port = await listen(https.createServer({ key: pem("key.pem"), cert: pem("cert.pem") }, registry(seen)));
  const ask = await relayTo(`https://registry.local:${port}/`, { proxy: await proxy(asked), ca: [pem("cert.pem")] });
  expect((await ask("a")).status).toBe(200);
  expect((await ask("b")).status).toBe(200);
  expect(seen.map(({ url }) => url)).toEqual(["/a", "/b"]);
  expect(asked).toEqual([`CONNECT registry.local:${port} ${PROXY_AUTH}`]);
});

test("a certificate that npm would not trust is refused, unless strict-ssl is off", async () => {
  const port = await listen(https.createServer({ key: pem("key.pem"), cert: pem("cert.pem") }, registry([])));
  const address = `https://localhost:${port}/`;
  expect((await (await relayTo(address))("a")).status).toBe(502);
  expect((await (await relayTo(address, { strictSsl: false }))("a")).status).toBe(200);
});

test("a plain registry is requested from the proxy in the absolute form, unless noproxy names it", async () => {
  const seen: Seen[] = [];
  const asked: string[] = [];
  const port = await listen(http.createServer(registry(seen)));
  const address = `http://127.0.0.1:${port}/`;
  const config = { proxy: await proxy(asked) };
  expect((await (await relayTo(address, config))("a")).status).toBe(200);
  expect(asked).toEqual([`GET ${address}a ${PROXY_AUTH}`]);
  expect((await (await relayTo(address, { ...config, noProxy: ["127.0.0.1"] }))("a")).status).toBe(200);
  expect(asked).toHaveLength(1);
});
