import { type ChildProcess, fork } from "node:child_process";
import type { Ask } from "./page-protocol.ts";
import type { FeedIndex, FromRegistry, RegistryLog, RegistrySettings, ToRegistry } from "./registry-protocol.ts";

type Kind = FromRegistry["kind"];
type Said<K extends Kind> = Extract<FromRegistry, { kind: K }>;

/** The harness's access to the registry's process. */
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

  /** Starts the process. Resolves once its answers are prepared. `script` is registry-process.ts, bundled. */
  static async start(script: string, settings: RegistrySettings): Promise<Registry> {
    const child = fork(script, [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    return new Registry(child, await hear(child, "ready"));
  }

  /** Returns the log since the last call. */
  async take(): Promise<RegistryLog> {
    return (await this.#ask({ kind: "take" }, "log")).log;
  }

  /** Reads the tarballs at these paths into memory, so that no request waits for a disk. */
  async load(paths: readonly string[]): Promise<void> {
    await this.#ask({ kind: "load", paths }, "loaded");
  }

  /** Writes the bodies of these requests into one file. Returns the position of each. */
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

/** Resolves with the next message of a kind. @throws Error if the process ends first */
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
