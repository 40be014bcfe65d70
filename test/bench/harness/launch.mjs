// Starts a benchmark in Chromium whose harness is TypeScript: bench.mjs and soak.mjs.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process, { argv, exit, pid, stderr } from "node:process";
import { pathToFileURL } from "node:url";
import { findChromium, NO_CHROMIUM } from "../../../scripts/chromium.mjs";
import { ensureInstalled, ROOT } from "../../../scripts/setup.mjs";

/**
 * Bundles a benchmark, which is TypeScript, into node_modules, so that it finds the packages it imports.
 * @param {string} entry relative to the repository
 */
async function load(entry) {
  const { rolldown } = await import("rolldown");
  const folder = join(ROOT, "node_modules/.cache", `bench-${pid}`);
  mkdirSync(folder, { recursive: true });
  const build = await rolldown({
    input: join(ROOT, entry),
    platform: "node",
    external: /^(node:|rolldown$)/,
    transform: { target: "es2022" },
    logLevel: "silent",
  });
  const file = join(folder, "bench.mjs");
  await build.write({ format: "esm", file, codeSplitting: false });
  await build.close();
  const module = await import(pathToFileURL(file).href);
  rmSync(folder, { recursive: true, force: true });
  return module;
}

function newest(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(...entries.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}

/** Returns the folder of the repository's own build. Builds first if a source file is newer. */
async function builtPackage() {
  const dist = join(ROOT, "dist");
  const made = existsSync(join(dist, "index.js")) ? statSync(join(dist, "index.js")).mtimeMs : 0;
  const sources = ["src", "workers", "web"].map((folder) => newest(join(ROOT, folder)));
  if (Math.max(...sources) > made) await (await import("../../../scripts/build.mjs")).buildPackage();
  return dist;
}

async function place(dist) {
  const executable = findChromium() ?? (await import("playwright")).chromium.executablePath();
  if (!existsSync(executable)) throw new Error(NO_CHROMIUM);
  const folder = mkdtempSync(join(tmpdir(), "webhoist-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const say = (text) => void stderr.write(`${text}\n`);
  return { root: ROOT, executable, dist: dist ?? (await builtPackage()), folder, say };
}

/**
 * Runs the `main` of a benchmark, and exits with the code that it returns.
 * @param {string} entry relative to the repository
 */
export async function launch(entry) {
  ensureInstalled();
  // Child processes end when their pipes are closed.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => exit(130));
  const { main } = await load(entry);
  await main(argv.slice(2), place).then(exit, (error) => {
    console.error(error);
    exit(2);
  });
}
