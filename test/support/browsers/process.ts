import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeProfile } from "../../bench/harness/remove-profile.ts";

const PATIENCE = 60_000;

/** A program and all processes that it starts: they form one group, so that they can end together. */
export class ProcessGroup {
  readonly child: ChildProcess;
  readonly #gone: Promise<unknown>;

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(program, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#gone = new Promise((done) => this.child.once("exit", done).once("error", done));
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.resume();
    groups.add(this);
  }

  /** Waits until one of its two outputs matches. @throws Error if the program ends before, or says nothing for a minute */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const said = ["", ""];
    return await new Promise((done, fail) => {
      for (const [index, stream] of [this.child.stdout, this.child.stderr].entries()) {
        stream?.on("data", (chunk: Buffer) => {
          const text = said[index] + String(chunk);
          said[index] = text;
          const found = pattern.exec(text);
          if (found) done(found);
        });
      }
      const stop = (why: string): void => fail(new Error(`${this.child.spawnfile} ${why}: ${said.join("")}`));
      setTimeout(() => stop("does not start"), PATIENCE).unref();
      void this.#gone.then(() => stop("has ended"));
    });
  }

  /** Ends all processes of the group at once. */
  async kill(): Promise<void> {
    this.killNow();
    await this.#gone;
    groups.delete(this);
  }

  killNow(): void {
    try {
      if (this.child.pid !== undefined) process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // All of them have ended already.
    }
  }
}

const groups = new Set<ProcessGroup>();

/** Ends all programs that were started and have not ended. */
export function endAll(): void {
  for (const group of groups) group.killNow();
}

// A test run that is interrupted must not leave browsers behind.
process.once("exit", endAll);
process.once("SIGTERM", () => {
  endAll();
  process.exit(143);
});

/** Returns a port of loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => void server.close(done));
  return port;
}

/** A folder for a browser's profile, which outlives its windows. */
export class Profile implements AsyncDisposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "webhoist-profile-"));

  async [Symbol.asyncDispose](): Promise<void> {
    await removeProfile(this.path);
  }
}
