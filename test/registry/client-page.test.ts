import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openChromium } from "../support/chromium.ts";
import { pageScript } from "../support/page-script.ts";
import type { LoggedRequest, RegistryOptions } from "../support/registry/responder.ts";
import { type RegistryServer, startRegistry } from "../support/registry/server.ts";
import { inlineSnapshot } from "../support/registry/snapshot.ts";
import type { Seen } from "./client-in-page.ts";

// The client in a real browser, with a registry on another origin: CORS, the HTTP cache, being offline.

declare global {
  interface Window {
    client: typeof import("./client-in-page.ts");
  }
}

let browser: Browser;
let script: string;
let context: BrowserContext;
let page: Page;
let pageUrl: string;
const servers: Server[] = [];
const registries: RegistryServer[] = [];

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const document = (name: string): unknown => ({
  name,
  "dist-tags": { latest: "1.0.0" },
  versions: { "1.0.0": { name } },
});
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}`);

/** Starts a registry of p0 … p299 on its own origin. */
async function registry(options: RegistryOptions): Promise<RegistryServer> {
  const snapshot = inlineSnapshot(Object.fromEntries(names(300).map((name) => [name, document(name)])));
  const started = await startRegistry(snapshot, options);
  registries.push(started);
  return started;
}

beforeAll(async () => {
  script = await pageScript(new URL("./client-in-page.ts", import.meta.url), "client", {
    __WEBHOIST_REGISTRY__: '""',
  });
  browser = await openChromium();
}, 120_000);

afterAll(() => browser?.close());

beforeEach(async () => {
  context = await browser.newContext();
  page = await context.newPage();
  const relay = await startRegistry(inlineSnapshot({ p0: document("p0") }));
  registries.push(relay);
  pageUrl = await listen((request, response) => {
    if (request.url?.startsWith("/relay/")) {
      const up = get(relay.url + request.url.slice("/relay/".length), { headers: { accept: "application/json" } });
      up.on("response", (answer) => {
        response.writeHead(answer.statusCode ?? 502, { "content-type": answer.headers["content-type"] });
        answer.pipe(response);
      });
      return;
    }
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>page</title>");
  });
  await page.goto(pageUrl);
  await page.addScriptTag({ content: script });
});

afterEach(async () => {
  await context.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all(registries.splice(0).map((each) => each.close()));
});

const look = (wanted: string[], options: { registry: string; retries?: number; proxy?: string }): Promise<Seen> =>
  page.evaluate(([list, given]) => window.client.look(list, given), [wanted, options] as const);

const methods = (log: readonly LoggedRequest[]): Set<string> => new Set(log.map(({ method }) => method));

test("a strict registry gets no preflight, and a 404 without CORS is distinguished from an unreachable registry", async () => {
  const { url, log } = await registry({ strict: true });
  const { answers } = await look(["p0", "gone", "@scope/gone"], { registry: url });
  expect(answers).toMatchObject({ p0: 1, gone: { code: "E404" }, "@scope/gone": { code: "E404" } });
  expect([...methods(log)].sort()).toEqual(["GET", "HEAD"]);
});

test("the browser's own cache revalidates hundreds of packuments", async () => {
  const { url, log } = await registry({ strict: true });
  const first = await look(names(300), { registry: url });
  expect(Object.values(first.answers).every((answer) => answer === 1)).toBe(true);
  const again = await look(names(300), { registry: url });
  expect(again.answers).toEqual(first.answers);
  expect(log.map(({ status }) => status)).toEqual([...names(300).map(() => 200), ...names(300).map(() => 304)]);
  expect([...methods(log)]).toEqual(["GET"]);
});

test("distinguishes a registry without CORS, a missing registry, and an offline page", async () => {
  const closed = await registry({ faults: [{ noCors: true }] });
  expect((await look(["p0"], { registry: closed.url, retries: 1 })).answers).toMatchObject({
    p0: { code: "EUNREACHABLE", details: { reason: "cors" } },
  });
  const { url } = await registry({});
  const nowhere = "http://127.0.0.1:9/";
  expect((await look(["p0"], { registry: nowhere, retries: 1 })).answers).toMatchObject({
    p0: { code: "EUNREACHABLE", details: { reason: "network" } },
  });
  await context.setOffline(true);
  expect((await look(["p0"], { registry: url })).answers).toMatchObject({
    p0: { code: "EUNREACHABLE", details: { reason: "offline" } },
  });
});

test("a relay on the page's origin takes over, and reports missing packages", async () => {
  const { url } = await registry({ faults: [{ noCors: true }] });
  const { answers, warnings } = await look(["p0", "gone"], { registry: url, proxy: "/relay" });
  expect(answers).toMatchObject({ p0: 1, gone: { code: "E404", found: "404" } });
  expect(warnings).toMatchObject([{ code: "EPROXIED", details: { url, proxy: `${pageUrl}relay/` } }]);
});

test("does not mistake the server's own pages for a relay", async () => {
  const { url } = await registry({ faults: [{ noCors: true }] });
  const { answers, warnings } = await look(["p0"], { registry: url, proxy: "/no-relay/", retries: 0 });
  expect(answers).toMatchObject({ p0: { code: "EUNREACHABLE" } });
  expect(warnings).toEqual([]);
});

test("repeats a request whose body was cut, and does not report E404 if it is always cut", async () => {
  const { url } = await registry({
    strict: true,
    faults: [
      { path: "p0", cut: 5, times: 1 },
      { path: "p1", cut: 5 },
    ],
  });
  const { answers } = await look(["p0", "p1", "p2"], { registry: url, retries: 1 });
  expect(answers).toMatchObject({ p0: 1, p1: { code: "EUNREACHABLE" }, p2: 1 });
});

test("an aborted request ends at once, with its connection", async () => {
  let closed = 0;
  const url = await listen((_, response) => {
    response.on("close", () => closed++);
    response.writeHead(200, { "access-control-allow-origin": "*" });
    response.write('{"name"');
  });
  expect(await page.evaluate((given) => window.client.leave(given), url)).toBe("EABORTED");
  await expect.poll(() => closed).toBe(1);
});

test("the browser removes the token on a redirect to another origin", async () => {
  const seen: (string | undefined)[] = [];
  const open = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization, *" };
  const other = await listen((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(200, open).end('{"name":"p0","dist-tags":{"latest":"1.0.0"},"versions":{}}');
  });
  const home = await listen((request, response) => {
    if (request.method === "OPTIONS") return void response.writeHead(204, open).end();
    seen.push(request.headers.authorization);
    response.writeHead(302, { ...open, location: `${other}p0` }).end();
  });
  const { answers } = await page.evaluate(
    (given) => window.client.look(["p0"], { registry: given, token: () => "hush" }),
    home,
  );
  expect(answers).toEqual({ p0: 1 });
  expect(seen).toEqual(["Bearer hush", undefined]);
});
