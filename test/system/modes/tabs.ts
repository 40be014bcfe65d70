import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { DevTools } from "../../bench/harness/devtools.ts";
import { removeProfile } from "../../bench/harness/remove-profile.ts";

/**
 * These switches let Chromium throttle hidden tabs, which browser drivers usually prevent. One second after a tab is hidden (usually
 * five minutes), its chained timers run once a minute.
 */
const SWITCHES = [
  "--headless=new",
  "--no-sandbox",
  "--remote-debugging-pipe",
  "--no-first-run",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/1",
];

interface Remote {
  result: { value?: unknown };
  exceptionDetails?: { text: string; exception?: { description?: string } };
}

/** A browser whose tabs are hidden by another tab in front of them, as a user's are. */
export class Tabs implements AsyncDisposable {
  readonly #profile = mkdtempSync(join(tmpdir(), "webhoist-tabs-"));
  readonly #devtools: DevTools;
  readonly #gone: Promise<unknown>;
  readonly #kill: () => void;

  constructor(executable: string) {
    const args = [...SWITCHES, `--user-data-dir=${this.#profile}`, "about:blank"];
    const child = spawn(executable, args, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.#gone = new Promise((done) => child.once("exit", done));
    this.#kill = () => child.kill("SIGKILL");
    const [, , , input, output] = child.stdio;
    this.#devtools = new DevTools(input as Writable, output as Readable);
    child.once("error", (error) => this.#devtools.end(error));
  }

  /** Opens a tab in front of all others. Returns its session. */
  async open(url: string): Promise<string> {
    const { targetId } = await this.#devtools.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const attach = { targetId, flatten: true };
    const { sessionId } = await this.#devtools.send<{ sessionId: string }>("Target.attachToTarget", attach);
    await this.#devtools.send("Page.enable", {}, sessionId);
    const loaded = this.#devtools.once("Page.loadEventFired", sessionId);
    await this.#devtools.send("Page.navigate", { url }, sessionId);
    await loaded;
    await this.#devtools.send("Page.bringToFront", {}, sessionId);
    return sessionId;
  }

  /** Returns the awaited value of an expression in a tab. @throws Error with the page's stack */
  async evaluate<T>(tab: string, expression: string): Promise<T> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#devtools.send<Remote>("Runtime.evaluate", params, tab);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await this.#gone;
    await removeProfile(this.#profile);
  }
}
