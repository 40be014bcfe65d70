import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, CDPSession, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openChromium } from "../support/chromium.ts";
import { pageScript } from "../support/page-script.ts";
import type { Visit, visit } from "./in-page.ts";

// Tests against the browser's real quota, which the memory store only imitates.

declare global {
  interface Window {
    visit: typeof visit;
  }
}

let browser: Browser;
let server: Server;
let page: Page;
let devtools: CDPSession;

beforeAll(async () => {
  const content = await pageScript(new URL("./in-page.ts", import.meta.url), "inPage");
  server = createServer((_, response) => void response.setHeader("content-type", "text/html").end("<!doctype html>"));
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  browser = await openChromium();
  page = await browser.newPage();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await page.goto(origin);
  await page.addScriptTag({ content });
  devtools = await page.context().newCDPSession(page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 10_000_000 });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  await new Promise((done) => void server?.close(done));
});

const go = (one: Visit) => page.evaluate((given) => window.visit(given), one);

test("the namespaces used least recently make room, and data that cannot fit causes a warning", async () => {
  for (const [day, namespace] of ["a", "b", "c", "d"].entries()) {
    const { warnings } = await go({ namespace, day, mebibytes: 3 });
    expect(warnings).toEqual([]);
  }
  const { usage, warnings } = await go({ namespace: "d", day: 4, mebibytes: 0 });
  expect(usage.namespaces).toBeLessThan(4);
  expect(usage.packuments).toBe(48 * usage.namespaces);
  expect(usage.bytes).toBeLessThan(10_000_000);
  expect(warnings).toEqual([]);
  expect((await go({ namespace: "e", day: 5, mebibytes: 12 })).warnings).toEqual(["ESTOREFULL"]);
  expect((await go({ namespace: "f", day: 6, mebibytes: 3 })).warnings).toEqual([]);
});
