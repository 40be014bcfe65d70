import { findWebKit, NO_WEBKIT, type WebKit } from "../../../scripts/browsers.mjs";
import { virtualScreen } from "./display.ts";
import type { PolledPages } from "./polled-pages.ts";
import { freePort, ProcessGroup, Profile } from "./process.ts";
import { asText, type BrowserWindow, readValue, type VisibleWindow } from "./window.ts";

export interface WebKitOptions {
  /** Features to switch on, as MiniBrowser names them. */
  features?: readonly string[];
  /** Options of its JavaScript engine: `useSharedArrayBuffer`. */
  engine?: Readonly<Record<string, string>>;
}

function webKit(): WebKit {
  const found = findWebKit();
  if (!found) throw new Error(NO_WEBKIT);
  return found;
}

function switchesOf({ features = [] }: WebKitOptions): string[] {
  return features.length > 0 ? [`--features=${features.map((name) => `+${name}`).join(",")}`] : [];
}

async function environmentOf(profile: string, { engine = {} }: WebKitOptions): Promise<Record<string, string>> {
  const { name } = await virtualScreen(webKit().display);
  return {
    DISPLAY: name,
    GDK_BACKEND: "x11",
    LIBGL_ALWAYS_SOFTWARE: "1",
    XDG_DATA_HOME: `${profile}/data`,
    XDG_CACHE_HOME: `${profile}/cache`,
    XDG_CONFIG_HOME: `${profile}/config`,
    ...Object.fromEntries(Object.entries(engine).map(([option, value]) => [`JSC_${option}`, value])),
  };
}

const PATIENCE = 10_000;

/** Calls one command of WebDriver. @throws Error with the driver's message */
async function command(url: string, body?: object, method = body ? "POST" : "GET"): Promise<unknown> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: { error?: string; message?: string } };
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}

async function untilReady(base: string): Promise<void> {
  for (const end = Date.now() + PATIENCE; ; await new Promise((done) => setTimeout(done, 20))) {
    const is = await command(`${base}/status`).catch(() => undefined);
    if (is) return;
    if (Date.now() > end) throw new Error("WebKitWebDriver does not answer");
  }
}

interface Session {
  sessionId: string;
  capabilities: { browserVersion: string };
}

/** Starts WebKitGTK's MiniBrowser on a virtual screen, and drives it by WebDriver. It stores nothing on the disk. */
export async function launchWebKit(options: WebKitOptions = {}): Promise<VisibleWindow> {
  const { driver, browser } = webKit();
  const profile = new Profile();
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const group = new ProcessGroup(driver, [`--port=${port}`], await environmentOf(profile.path, options));
  const end = async (): Promise<void> => {
    await group.kill();
    await profile[Symbol.asyncDispose]();
  };
  try {
    await untilReady(base);
    const how = { binary: browser, args: ["--automation", ...switchesOf(options)] };
    const timeouts = { script: 600_000, pageLoad: 60_000 };
    const alwaysMatch = { "webkitgtk:browserOptions": how, timeouts };
    const { sessionId, capabilities } = (await command(`${base}/session`, {
      capabilities: { alwaysMatch },
    })) as Session;
    return windowOf(`${base}/session/${sessionId}`, capabilities.browserVersion, end);
  } catch (error) {
    await end();
    throw error;
  }
}

/** Waits until the page has loaded. */
const LOADED = `document.readyState === "complete" || new Promise((done) => addEventListener("load", () => done(true)))`;

function windowOf(session: string, version: string, end: () => Promise<void>): VisibleWindow {
  const evaluate = async (expression: string): Promise<unknown> => {
    const script = `const done = arguments[0]; ${asText(expression)}.then(done);`;
    return readValue((await command(`${session}/execute/async`, { script, args: [] })) as string);
  };
  return {
    version,
    async goto(url) {
      await command(`${session}/url`, { url });
      // The driver does not wait for the modules of an isolated page, because its browser loads it in another process.
      await evaluate(LOADED);
    },
    evaluate,
    async resize(width, height) {
      await command(`${session}/window/rect`, { width, height });
    },
    async screenshot() {
      return Buffer.from((await command(`${session}/screenshot`)) as string, "base64");
    },
    kill: end,
    async close() {
      await command(session, undefined, "DELETE").catch(() => {});
      await end();
    },
  };
}

/** A MiniBrowser with a profile on the disk. Under WebDriver it would have none, so its page asks for its work itself. */
export async function launchWebKitOn(
  profile: string,
  pages: PolledPages,
  options: WebKitOptions = {},
): Promise<BrowserWindow> {
  const { browser } = webKit();
  const page = pages.add();
  let group: ProcessGroup | undefined;
  return {
    version: "",
    async goto(url) {
      const next = page.loaded();
      if (group) page.leave(page.address(url));
      else
        group = new ProcessGroup(
          browser,
          [...switchesOf(options), page.address(url)],
          await environmentOf(profile, options),
        );
      await next;
    },
    evaluate: (expression) => page.evaluate(expression),
    async kill() {
      await group?.kill();
    },
    async close() {
      page.end();
      await group?.kill();
    },
  };
}
