import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { createInstaller } from "webhoist:entry";
import { folderCases, type LazyCase } from "./folder.ts";
import { conform, runCase } from "./judge.ts";
import { openPack } from "./pack.ts";
import type { Suite } from "./recorded.ts";

// What `scripts/conformance.mjs` runs in a thread of its own, so that a case that hangs can be ended and counted.
interface Work {
  /** The recorded registry's folder; without one the committed packs are run. */
  root?: string;
  packs: string;
  suites: Suite[];
  metadata: "full" | "abbreviated";
}
const { root, packs, suites, metadata } = workerData as Work;

async function packedCases(suite: Suite): Promise<LazyCase[]> {
  const opened = await openPack(readFileSync(join(packs, `${suite}.pack`)));
  return opened.map((found) => ({ suite, name: found.name, open: () => found }));
}

const cases = root ? folderCases(root, suites) : (await Promise.all(suites.map(packedCases))).flat();

async function run(index: number, verbose: boolean): Promise<void> {
  const found = cases[index];
  if (!found) return;
  const opened = found.open();
  const options = metadata === "full" ? {} : { installer: { metadata }, completeLockfile: true };
  const start = performance.now();
  const verdict = await conform(createInstaller, opened, options);
  const ms = performance.now() - start;
  const given = verbose ? (await runCase(createInstaller, opened, options)).given : undefined;
  const said = given?.kind === "failure" ? [JSON.stringify(given.failure, null, 2)] : [];
  parentPort?.postMessage({ index, ms, verdict, said });
}

parentPort?.on("message", ({ index, verbose }: { index: number; verbose: boolean }) => {
  void run(index, verbose).catch((error: unknown) => {
    const why = `harness: ${error instanceof Error ? error.stack : String(error)}`;
    parentPort?.postMessage({ index, ms: 0, verdict: { why, detail: [], unlisted: [] }, said: [] });
  });
});
parentPort?.postMessage({ cases: cases.map(({ suite, name }) => ({ suite, name })) });
