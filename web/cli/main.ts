#!/usr/bin/env node
import { readFileSync } from "node:fs";
import process from "node:process";
import { runCommand } from "./run-command.ts";
import { runningPlatform } from "./running-platform.ts";

/** Reads the version from webhoist's package.json. Looks upwards, because source and build lie at different depths. */
function ownVersion(): string {
  for (let folder = new URL(".", import.meta.url); folder.pathname !== "/"; folder = new URL("..", folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
      if (name === "webhoist") return version;
    } catch {
      // No package.json here: look one folder up.
    }
  }
  return "unknown";
}

const interrupt = new AbortController();
// A second signal ends the process at once.
process.once("SIGINT", () => interrupt.abort());
process.once("SIGTERM", () => interrupt.abort());

const status = await runCommand(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  platform: runningPlatform(),
  signal: interrupt.signal,
  version: ownVersion(),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  ...(process.stderr.isTTY ? { status: (text: string) => void process.stderr.write(`\r\x1b[K${text}`) } : {}),
  createInstaller: async (options) => (await import("../index.ts")).createInstaller(options),
});
// process.exit() would cut off output that is still on its way into a pipe.
process.exitCode = status;
