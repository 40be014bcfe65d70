import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { CHROMIUM_SWITCHES } from "../../../scripts/chromium.mjs";
import { DevTools } from "./devtools.ts";
import { Page } from "./page.ts";

export interface BrowserOptions {
  executable: string;
  /** SHA-256 of the registry's public key, base64. Its certificate is trusted, so that its answers are cached. */
  trusted: string;
  /** The folder of its profile. Default: the system's temporary folder. */
  folder?: string;
  /** Further switches. */
  switches?: readonly string[];
}

export interface BrowserProcess {
  type: string;
  id: number;
  /** Processor seconds of all its threads since it started. */
  cpuTime: number;
}

/** Switches that turn off the browser's own background work, and the throttling of hidden pages. */
const SWITCHES = [
  "--headless=new",
  ...CHROMIUM_SWITCHES,
  "--remote-debugging-pipe",
  "--no-first-run",
  "--no-default-browser-check",
  "--no-service-autorun",
  "--no-pings",
  "--mute-audio",
  "--hide-scrollbars",
  "--password-store=basic",
  "--use-mock-keychain",
  "--disable-background-networking",
  "--disable-breakpad",
  "--disable-client-side-phishing-detection",
  "--disable-component-extensions-with-background-pages",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-dev-shm-usage",
  "--disable-domain-reliability",
  "--disable-extensions",
  "--disable-gpu",
  "--disable-search-engine-choice-screen",
  "--disable-sync",
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
  "--metrics-recording-only",
];

const GRACE = 5_000;

/** A Chromium with its own profile on disk, which is removed with it. */
export class Browser implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly devtools: DevTools;

  constructor({ executable, trusted, folder = tmpdir(), switches = [] }: BrowserOptions) {
    this.#profile = mkdtempSync(join(folder, "webhoist-profile-"));
    const args = [
      ...SWITCHES,
      `--user-data-dir=${this.#profile}`,
      `--ignore-certificate-errors-spki-list=${trusted}`,
      ...switches,
      "about:blank",
    ];
    this.#child = spawn(executable, args, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    const [, , , input, output] = this.#child.stdio;
    this.devtools = new DevTools(input as Writable, output as Readable);
    this.#child.once("error", (error) => this.devtools.end(error));
  }

  async version(): Promise<string> {
    const { product } = await this.devtools.send<{ product: string }>("Browser.getVersion");
    return product;
  }

  /**
   * Opens and loads a tab at `url`. `apart`: in its own profile, in memory, which shares neither cache nor connections with
   * the browser's.
   */
  async open(url: string, apart = false): Promise<Page> {
    const context = apart
      ? await this.devtools.send<object>("Target.createBrowserContext", { disposeOnDetach: true })
      : {};
    const target = { url: "about:blank", ...context };
    const { targetId } = await this.devtools.send<{ targetId: string }>("Target.createTarget", target);
    const attach = { targetId, flatten: true };
    const { sessionId } = await this.devtools.send<{ sessionId: string }>("Target.attachToTarget", attach);
    return await Page.load(this, { url, targetId, sessionId });
  }

  async processes(): Promise<BrowserProcess[]> {
    const { processInfo } = await this.devtools.send<{ processInfo: BrowserProcess[] }>("SystemInfo.getProcessInfo");
    return processInfo;
  }

  /** Returns the processor seconds of all processes. */
  async cpu(): Promise<number> {
    return (await this.processes()).reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((done) => this.#child.once("exit", done));
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined) {
      const late = setTimeout(() => this.#child.kill("SIGKILL"), GRACE);
      this.devtools.send("Browser.close").catch(() => {});
      await gone;
      clearTimeout(late);
    }
    // Its last child processes may still be writing.
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
