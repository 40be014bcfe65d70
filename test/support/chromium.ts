import { type Browser, chromium, type Page } from "playwright";
import { CHROMIUM_SWITCHES, findChromium } from "../../scripts/chromium.mjs";

/** Starts a new headless Chromium. */
export async function openChromium(switches: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium();
  return await chromium.launch({
    args: [...CHROMIUM_SWITCHES, ...switches],
    ...(executablePath && { executablePath }),
  });
}

/** Opens a page in a new Chromium. An error thrown in the page fails the test that awaits `use`. */
export async function withPage<T>(use: (page: Page) => Promise<T>): Promise<T> {
  const browser = await openChromium();
  try {
    return await use(await browser.newPage());
  } finally {
    await browser.close();
  }
}
