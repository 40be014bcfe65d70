import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withPage } from "../../support/chromium.ts";
import { expectAll, expectSurvived } from "./expected.ts";
import type { Director } from "./in-page.ts";
import { DEATHS, STRESS } from "./runs.ts";
import { script } from "./threads.ts";

// The same in Chromium, on an isolated page, whose own thread must not sleep.

declare global {
  interface Window {
    director: Director;
  }
}

/** The headers that isolate a page. */
const HEADERS = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

let server: Server;
let url: string;

beforeAll(async () => {
  const files = new Map([
    ["/", ["text/html", '<!doctype html><script src="/director.js"></script>']],
    ["/director.js", ["text/javascript; charset=utf-8", await script("./in-page.ts", "page")]],
    ["/worker.js", ["text/javascript; charset=utf-8", await script("./worker.ts", "thread")]],
  ]);
  server = createServer((request, response) => {
    const [type, body] = files.get(request.url ?? "") ?? [];
    response.writeHead(body ? 200 : 404, { ...HEADERS, "content-type": type ?? "text/plain" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}, 60_000);

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each(STRESS)("$name", { timeout: 120_000 }, async (run) => {
  const report = await withPage(async (page) => {
    await page.goto(url);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    return await page.evaluate((plan) => window.director.stress(plan), run.plan);
  });
  expectAll(report, run);
});

test("if a thread dies at any point, the waiting threads of a page get the failure", { timeout: 120_000 }, async () => {
  await withPage(async (page) => {
    await page.goto(url);
    for (const { plan, ...death } of DEATHS) {
      const report = await page.evaluate((given) => window.director.death(given.plan, given.death), { plan, death });
      expectSurvived(report, death);
    }
  });
});
