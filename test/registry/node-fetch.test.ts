import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import type { RegistryRequest, Transport } from "../../src/registry/transport.ts";
import { createFetchTransport, type FetchTransportOptions } from "../../workers/net/fetch-transport.ts";
import { bodyOf, failureOf } from "./client.ts";

// Tests with Node's own fetch over loopback, for behaviour that a fetch in memory does not have.

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function client(registry: string, options: Partial<FetchTransportOptions> = {}): (path: string) => Promise<unknown> {
  const transport = createFetchTransport({ registry, random: () => 0, retries: 1, ...options });
  return async (path) => {
    const request: RegistryRequest = { kind: "packument", name: path, url: registry + path, metadata: "full" };
    const outcome = await transport.get(request);
    return outcome.ok ? bodyOf(outcome) : failureOf(outcome);
  };
}

test("a redirect below the registry keeps the token, and any other removes it for good", async () => {
  const seen: (string | undefined)[] = [];
  const other: string = await listen((request, response) => {
    seen.push(`other ${request.url} ${request.headers.authorization}`);
    if (request.url === "/back") response.writeHead(302, { location: `${home}npm/end` });
    response.end('{"name":"other"}');
  });
  const home: string = await listen((request, response) => {
    seen.push(`home ${request.url} ${request.headers.authorization}`);
    const to = {
      "/npm/near": "/npm/end",
      "/npm/out": "/end",
      "/npm/up": "../end",
      "/npm/escaped": "/npm/..%2fend",
      "/npm/in-and-out": "/npm/out",
      "/npm/far": `${other}end`,
      "/npm/there-and-back": `${other}back`,
    }[request.url ?? ""];
    if (to) response.writeHead(307, { location: to });
    response.end('{"name":"home"}');
  });
  const get = client(`${home}npm/`, { token: () => "hush" });
  expect(await get("near")).toEqual({ name: "home" });
  for (const path of ["out", "up", "escaped", "in-and-out"]) expect(await get(path)).toEqual({ name: "home" });
  expect(await get("far")).toEqual({ name: "other" });
  expect(await get("there-and-back")).toEqual({ name: "home" });
  expect(seen).toEqual([
    "home /npm/near Bearer hush",
    "home /npm/end Bearer hush",
    "home /npm/out Bearer hush",
    "home /end undefined",
    "home /npm/up Bearer hush",
    "home /end undefined",
    "home /npm/escaped Bearer hush",
    "home /npm/..%2fend undefined",
    "home /npm/in-and-out Bearer hush",
    "home /npm/out Bearer hush",
    "home /end undefined",
    "home /npm/far Bearer hush",
    "other /end undefined",
    "home /npm/there-and-back Bearer hush",
    "other /back undefined",
    "home /npm/end undefined",
  ]);
});

test.each(["data:application/json,{}", "file:///etc/hostname", "ftp://h.example/"])(
  "no redirect to %s",
  async (location) => {
    const home = await listen((_, response) => response.writeHead(302, { location }).end());
    expect(await client(home)("a")).toMatchObject({ code: "E302" });
  },
);

test("gives up endless redirects", async () => {
  let hops = 0;
  const home = await listen((_, response) => {
    response.writeHead(302, { location: `/${++hops}` }).end();
  });
  expect(await client(home)("a")).toMatchObject({ code: "E302" });
  expect(hops).toBe(11);
});

test("counts transferred bytes compressed, and does not load an unchanged document again", async () => {
  const text = JSON.stringify({ name: "a", filler: "x".repeat(10_000) });
  const zipped = gzipSync(text);
  const home = await listen((request, response) => {
    const headers = { etag: '"1"', "content-encoding": "gzip", "content-length": zipped.length };
    if (request.headers["if-none-match"] === '"1"') response.writeHead(304, { etag: '"1"' }).end();
    else response.writeHead(200, headers).end(zipped);
  });
  const transport = createFetchTransport({ registry: home });
  const request: RegistryRequest = { kind: "packument", name: "a", url: `${home}a`, metadata: "full" };
  const first = await transport.get(request);
  const again = await transport.get(request);
  expect(first.ok && first.value.transferred).toBe(zipped.length);
  expect(again.ok && again.value.transferred).toBe(0);
  expect(again).toMatchObject({ ok: true, value: { bytes: new TextEncoder().encode(text) } });
});

test("a registry that obeys `cache-control: no-cache` answers a revalidation with 304, and the answer is used", async () => {
  const seen: (string | undefined)[][] = [];
  const home = await listen(({ headers }, response) => {
    const { pragma, "if-none-match": known, "cache-control": control } = headers;
    seen.push([known, control, pragma]);
    // As express answers, on which Verdaccio is built.
    const isCurrent = known === '"1"' && !/no-cache/.test(`${control}${pragma}`);
    if (isCurrent) response.writeHead(304, { etag: '"1"' }).end();
    else response.writeHead(200, { etag: '"1"' }).end('{"name":"a"}');
  });
  const request: RegistryRequest = { kind: "packument", name: "a", url: `${home}a`, metadata: "full" };
  const stored = await createFetchTransport({ registry: home }).get({ ...request, etag: '"1"' });
  expect(stored).toMatchObject({ ok: true, value: { notModified: true } });
  const transport = createFetchTransport({ registry: home });
  await transport.get(request);
  // The bytes that the transport keeps by itself, also for a document that the caller stores.
  for (const more of [{}, { kept: true }] as const) {
    const again = await transport.get({ ...request, ...more });
    expect(again.ok && again.value.transferred).toBe(0);
    expect(bodyOf(again)).toEqual({ name: "a" });
  }
  const conditional = ['"1"', "max-age=0", undefined];
  expect(seen).toEqual([conditional, [undefined, undefined, undefined], conditional, conditional]);
});

/** Answers with `size` spaces, and counts the requests and the responses that did not end. */
async function serveBody(size: number, way: "length" | "pieces" | "gzip"): Promise<{ home: string; seen: Seen }> {
  const seen: Seen = { requests: 0, cut: 0 };
  const body = Buffer.alloc(size, " ");
  const home = await listen((_, response) => {
    seen.requests++;
    response.on("close", () => (seen.cut += response.writableFinished ? 0 : 1));
    if (way === "length") {
      // The body never ends, so that nothing but the header can decide.
      response.writeHead(200, { "content-length": size });
      if (size > LIMIT) response.flushHeaders();
      else response.end(body);
      return;
    }
    if (way === "pieces") {
      response.write(body.subarray(0, 1000));
      response.end(body.subarray(1000));
      return;
    }
    const zipped = gzipSync(body);
    response.writeHead(200, { "content-encoding": "gzip", "content-length": zipped.length }).end(zipped);
  });
  return { home, seen };
}

interface Seen {
  requests: number;
  cut: number;
}

/** Bytes. */
const LIMIT = 1 << 20;

test.each(["length", "pieces", "gzip"] as const)(
  "a body of the limit is read, and one byte more is not: %s",
  async (way) => {
    for (const kind of ["packument", "manifest", "tarball"] as const) {
      const get = (registry: string): ReturnType<Transport["get"]> => {
        const transport = createFetchTransport({ registry, random: () => 0, packumentLimit: LIMIT });
        const limit = kind === "tarball" ? { limit: LIMIT } : {};
        return transport.get({ kind, name: "a", url: `${registry}a`, metadata: "full", ...limit });
      };
      const fits = await serveBody(LIMIT, way);
      const answer = await get(fits.home);
      expect(answer.ok && answer.value.bytes.length).toBe(LIMIT);
      const large = await serveBody(LIMIT + 1, way);
      const failure = failureOf(await get(large.home));
      const option = kind === "tarball" ? "limits" : "packumentLimit";
      expect(failure).toMatchObject({ code: "ELIMIT", package: "a", wayOut: [{ kind: "option", option }] });
      expect(failure.message).toContain(`the ${kind} has more than ${LIMIT} bytes`);
      // A retry would not help.
      expect(large.seen.requests).toBe(1);
      if (way === "length") await expect.poll(() => large.seen.cut).toBe(1);
    }
  },
);

test("stops an endless body at the limit, and closes the connection", async () => {
  let sent = 0;
  let closed = false;
  const home = await listen((_, response) => {
    const piece = Buffer.alloc(LIMIT / 4, " ");
    const send = (): void => {
      while (!closed && response.write(piece)) sent++;
    };
    response.on("drain", send);
    response.on("close", () => {
      closed = true;
    });
    send();
  });
  const url = `${home}a`;
  const transport = createFetchTransport({ registry: home });
  const answer = await transport.get({ kind: "tarball", name: "a", url, metadata: "full", limit: 4 * LIMIT });
  expect(failureOf(answer).code).toBe("ELIMIT");
  await expect.poll(() => closed).toBe(true);
  // The sockets buffer some of the body, so the server sends more than the limit.
  expect(sent * (LIMIT / 4)).toBeLessThan(64 * LIMIT);
});

test("repeats a request whose connection was cut in the middle of the body", async () => {
  let asked = 0;
  const home = await listen((_, response) => {
    response.writeHead(200, { "content-length": 12 });
    if (++asked > 1) response.end('{"name":"a"}');
    else response.write('{"na', () => response.destroy());
  });
  expect(await client(home)("a")).toEqual({ name: "a" });
});

test("a refused connection is EUNREACHABLE with the system's code", async () => {
  const home = await listen(() => {});
  servers[0]?.close();
  expect(await client(home)("a")).toMatchObject({
    code: "EUNREACHABLE",
    found: "ECONNREFUSED",
    details: { reason: "network" },
  });
});

test("does not read the body of an error, and releases its connection", async () => {
  let closed = 0;
  const home = await listen((_, response) => {
    response.on("close", () => closed++);
    response.writeHead(403);
    response.write("x".repeat(1000)); // never ends
  });
  expect(await client(home)("a")).toMatchObject({ code: "E403" });
  await expect.poll(() => closed).toBe(1);
});
