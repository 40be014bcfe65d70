import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openChromium } from "../support/chromium.ts";
import { pageScript } from "../support/page-script.ts";
import type { install, Order } from "./page.ts";

// Tests the browser's real quota, and pages that are closed during an install.

declare global {
  interface Window {
    install: typeof install;
  }
}

let browser: Browser;
let server: Server;
let script: string;
let origin: string;

beforeAll(async () => {
  script = await pageScript(new URL("./page.ts", import.meta.url), "page");
  server = createServer((_, response) => void response.setHeader("content-type", "text/html").end("<!doctype html>"));
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await openChromium();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  await new Promise((done) => void server?.close(done));
});

type Given = Omit<Order, "database">;

async function load(page: Page): Promise<void> {
  await page.goto(origin);
  await page.addScriptTag({ content: script });
}

const run = (page: Page, order: Given) =>
  page.evaluate((given) => window.install(given), { ...order, database: "webhoist-packs" });

async function visit(page: Page, order: Given) {
  await load(page);
  return await run(page, order);
}

test("packs used least recently make room in the browser's quota, and packs that cannot fit cause a warning", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(origin);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 10_000_000 });
  // The budget exceeds the quota, so the browser itself has to refuse.
  const order = { size: 500_000, budget: 1e9 };
  for (const from of [0, 6, 12, 18]) {
    const { warnings, usage } = await visit(page, { ...order, from, to: from + 6 });
    expect(warnings).toEqual([]);
    expect(usage.packs).toBeGreaterThanOrEqual(6);
    expect(usage.bytes).toBeLessThan(10_000_000);
  }
  const { found, usage } = await visit(page, { ...order, from: 18, to: 24 });
  expect(found).toHaveLength(6);
  const large = await visit(page, { ...order, from: 100, to: 124 });
  expect(large.warnings).toEqual(["ESTOREFULL"]);
  const after = await visit(page, { ...order, from: 200, to: 203 });
  expect(after.warnings).toEqual([]);
  expect((await visit(page, { ...order, from: 200, to: 203 })).found).toEqual([200, 201, 202]);
  expect(usage.bytes).toBeLessThan(10_000_000);
  await context.close();
}, 60_000);

test("a page that is closed during an install leaves whole batches", async () => {
  const context = await browser.newContext();
  const order = { from: 0, to: 40, size: 500_000 };
  for (const milliseconds of [50, 150, 300, 450]) {
    const page = await context.newPage();
    await load(page);
    const work = run(page, order).catch(() => {});
    await Promise.race([work, new Promise((resolve) => setTimeout(resolve, milliseconds))]);
    await page.close();
  }
  const page = await context.newPage();
  const { found, warnings } = await visit(page, order);
  // A batch has 34 packs of 0.5 MB.
  expect([0, 34, 40]).toContain(found.length);
  expect(warnings).toEqual([]);
  const { found: all, usage } = await visit(page, order);
  expect(all).toHaveLength(40);
  expect(usage.packs).toBe(40);
  await context.close();
}, 60_000);
