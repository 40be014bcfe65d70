import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright";
import { CHROMIUM_SWITCHES, findChromium } from "../../scripts/chromium.mjs";

const SWITCHES = [
  "--headless=new",
  "--remote-debugging-port=0",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-breakpad",
  "--disable-background-networking",
  "--disable-component-update",
  "--password-store=basic",
];

/** A Chromium whose profile is on disk, and outlives the browser's process. */
export class KillableBrowser implements AsyncDisposable {
  readonly #profile: string;
  #child: ChildProcess | undefined;

  private constructor(profile: string) {
    this.#profile = profile;
  }

  static async create(): Promise<KillableBrowser> {
    return new KillableBrowser(await mkdtemp(join(tmpdir(), "webhoist-killed-")));
  }

  /** Starts a browser over the profile. */
  async start(): Promise<BrowserContext> {
    const args = [...SWITCHES, ...CHROMIUM_SWITCHES, `--user-data-dir=${this.#profile}`, "about:blank"];
    // A group of its own, so that `kill` reaches its child processes as well.
    const child = spawn(findChromium() ?? chromium.executablePath(), args, {
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    const address = await new Promise<string>((resolve, reject) => {
      let said = "";
      child.stderr?.on("data", (chunk: Buffer) => {
        said += chunk;
        const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
        if (found) resolve(found);
      });
      child.once("exit", () => reject(new Error(`The browser does not start: ${said}`)));
    });
    const browser = await chromium.connectOverCDP(address);
    return browser.contexts()[0] as BrowserContext;
  }

  /** Kills all processes of the browser, as a crash or a lack of memory does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    process.kill(-child.pid, "SIGKILL");
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
