import { chromium } from "playwright";
import { CHROMIUM_SWITCHES, findChromium, NO_CHROMIUM } from "../../../scripts/chromium.mjs";
import { ProcessGroup, Profile } from "./process.ts";
import { asText, readValue, type VisibleWindow } from "./window.ts";

const SWITCHES = ["--headless=new", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage"];

/** Starts Chromium as a program of its own, so that it can be killed, and drives it by its developer tools. */
export async function launchChromium(kept?: string): Promise<VisibleWindow> {
  const executable = findChromium();
  if (!executable) throw new Error(NO_CHROMIUM);
  const own = kept === undefined ? new Profile() : undefined;
  const folder = `--user-data-dir=${kept ?? own?.path}`;
  const args = [...CHROMIUM_SWITCHES, ...SWITCHES, folder, "--remote-debugging-port=0", "about:blank"];
  const group = new ProcessGroup(executable, args);
  const end = async (): Promise<void> => {
    await group.kill();
    await own?.[Symbol.asyncDispose]();
  };
  try {
    const [, address = ""] = await group.says(/DevTools listening on (ws:\S+)/);
    const browser = await chromium.connectOverCDP(address);
    const [context] = browser.contexts();
    const page = context?.pages()[0] ?? (await context?.newPage());
    if (!page) throw new Error("Chromium has no page");
    return {
      version: browser.version(),
      async goto(url) {
        await page.goto(url);
      },
      evaluate: async (expression) => readValue(await page.evaluate<string>(asText(expression))),
      resize: (width, height) => page.setViewportSize({ width, height }),
      screenshot: () => page.screenshot(),
      kill: end,
      async close() {
        await browser.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
