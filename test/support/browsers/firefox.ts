import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findFirefox, NO_FIREFOX } from "../../../scripts/browsers.mjs";
import { Bidi } from "./bidi.ts";
import { ProcessGroup, Profile } from "./process.ts";
import { asText, readValue, type VisibleWindow } from "./window.ts";

type Preferences = Readonly<Record<string, boolean | number | string>>;

/** No first-run pages, no background requests, and no throttling of a window that nobody looks at. */
const PREFERENCES: Preferences = {
  "app.normandy.enabled": false,
  "app.update.auto": false,
  "app.update.disabledForTesting": true,
  "browser.aboutConfig.showWarning": false,
  "browser.newtabpage.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.search.update": false,
  "browser.sessionstore.resume_from_crash": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "browser.startup.page": 0,
  "browser.tabs.remote.autostart": true,
  "datareporting.policy.dataSubmissionEnabled": false,
  "dom.ipc.processPrelaunch.enabled": false,
  "dom.timeout.enable_budget_timer_throttling": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.dns.disablePrefetch": true,
  "network.prefetch-next": false,
  "services.settings.server": "data:,",
  "toolkit.startup.max_resumed_crashes": -1,
  "toolkit.telemetry.enabled": false,
  "toolkit.telemetry.server": "",
};

export interface FirefoxOptions {
  /** A profile that is kept. Default: a new one, which ends with the window. */
  profile?: string;
  preferences?: Preferences;
}

/** Starts Firefox without a visible window, and drives it by WebDriver BiDi. */
export async function launchFirefox({ profile, preferences = {} }: FirefoxOptions = {}): Promise<VisibleWindow> {
  const executable = findFirefox();
  if (!executable) throw new Error(NO_FIREFOX);
  const own = profile === undefined ? new Profile() : undefined;
  const folder = profile ?? own?.path ?? "";
  const lines = Object.entries({ ...PREFERENCES, ...preferences }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(folder, "user.js"), `${lines.join("\n")}\n`);
  const args = ["--headless", "--no-remote", "--profile", folder, "--remote-debugging-port=0", "about:blank"];
  const group = new ProcessGroup(executable, args, { MOZ_CRASHREPORTER_DISABLE: "1" });
  const end = async (): Promise<void> => {
    await group.kill();
    await own?.[Symbol.asyncDispose]();
  };
  try {
    const [, address] = await group.says(/WebDriver BiDi listening on (ws:\S+)/);
    const bidi = await Bidi.open(`${address}/session`);
    return await windowOf(bidi, end);
  } catch (error) {
    await end();
    throw error;
  }
}

interface Session {
  capabilities: { browserVersion: string };
}
interface Contexts {
  contexts: readonly [{ context: string }];
}
interface Evaluated {
  type: "success" | "exception";
  result?: { value?: string };
  exceptionDetails?: { text: string };
}

async function windowOf(bidi: Bidi, end: () => Promise<void>): Promise<VisibleWindow> {
  const { capabilities } = await bidi.send<Session>("session.new", { capabilities: {} });
  const [{ context }] = (await bidi.send<Contexts>("browsingContext.getTree")).contexts;
  return {
    version: capabilities.browserVersion,
    async goto(url) {
      await bidi.send("browsingContext.navigate", { context, url, wait: "complete" });
    },
    async evaluate(expression) {
      const params = { expression: asText(expression), target: { context }, awaitPromise: true };
      const { result, exceptionDetails } = await bidi.send<Evaluated>("script.evaluate", params);
      if (exceptionDetails) throw new Error(exceptionDetails.text);
      return readValue(result?.value ?? "{}");
    },
    async resize(width, height) {
      await bidi.send("browsingContext.setViewport", { context, viewport: { width, height } });
    },
    async screenshot() {
      const { data } = await bidi.send<{ data: string }>("browsingContext.captureScreenshot", { context });
      return Buffer.from(data, "base64");
    },
    kill: end,
    async close() {
      await bidi.send("browser.close").catch(() => {});
      await end();
    },
  };
}
