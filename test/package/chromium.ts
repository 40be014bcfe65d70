import { type Browser, chromium, type Page } from "playwright";
import { findChromium } from "../../scripts/chromium.mjs";

export async function openChromium(): Promise<Browser> {
  const executablePath = findChromium();
  return await chromium.launch({ args: ["--no-sandbox"], ...(executablePath && { executablePath }) });
}

/** A page of a fresh Chromium; what the page throws fails the test that awaits `use`. */
export async function withPage<T>(use: (page: Page) => Promise<T>): Promise<T> {
  const browser = await openChromium();
  try {
    return await use(await browser.newPage());
  } finally {
    await browser.close();
  }
}
