import { type ChildProcess, fork } from "node:child_process";
import type { Ask } from "./page-protocol.ts";
import type { FeedIndex, FromRegistry, RegistryLog, RegistrySettings, ToRegistry } from "./registry-protocol.ts";

type Kind = FromRegistry["kind"];
type Said<K extends Kind> = Extract<FromRegistry, { kind: K }>;

/** The registry's process, from the harness's side. */
export class Registry implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Base URL, with a trailing slash. */
  readonly url: string;
  readonly packuments: number;

  private constructor(child: ChildProcess, { url, packuments }: Said<"ready">) {
    this.#child = child;
    this.url = url;
    this.packuments = packuments;
  }

  /** Starts it and waits until its answers are ready. `script` is registry-process.ts, bundled. */
  static async start(script: string, settings: RegistrySettings): Promise<Registry> {
    const child = fork(script, [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    return new Registry(child, await hear(child, "ready"));
  }

  /** What was asked since the last time. */
  async take(): Promise<RegistryLog> {
    return (await this.#ask({ kind: "take" }, "log")).log;
  }

  /** Has the tarballs at these paths in memory, so that nobody waits for a disk. */
  async load(paths: readonly string[]): Promise<void> {
    await this.#ask({ kind: "load", paths }, "loaded");
  }

  /** Puts the bodies of these requests into one file, and says where each stands. */
  async feed(asks: readonly Ask[], file: string): Promise<FeedIndex> {
    return (await this.#ask({ kind: "feed", asks, file }, "feed")).index;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = new Promise((done) => this.#child.once("exit", done));
    this.#child.disconnect();
    await gone;
  }

  async #ask<K extends Kind>(message: ToRegistry, kind: K): Promise<Said<K>> {
    const answer = hear(this.#child, kind);
    this.#child.send(message);
    return await answer;
  }
}

/** The next message of that kind. @throws Error when the process ends first */
function hear<K extends Kind>(child: ChildProcess, kind: K): Promise<Said<K>> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      child.off("message", message);
      child.off("exit", exit);
    };
    const message = (said: FromRegistry): void => {
      if (said.kind !== kind) return;
      end();
      resolve(said as Said<K>);
    };
    const exit = (code: number | null): void => {
      end();
      reject(new Error(`The registry's process ended with ${code}`));
    };
    child.on("message", message);
    child.once("exit", exit);
  });
}
