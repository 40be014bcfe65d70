import { chromium, type Page } from "playwright";
import { findChromium } from "../../scripts/chromium.mjs";

/** A page of a fresh Chromium; what the page throws fails the test that awaits `use`. */
export async function withPage<T>(use: (page: Page) => Promise<T>): Promise<T> {
  const executablePath = findChromium();
  const browser = await chromium.launch({ args: ["--no-sandbox"], ...(executablePath && { executablePath }) });
  try {
    return await use(await browser.newPage());
  } finally {
    await browser.close();
  }
}
