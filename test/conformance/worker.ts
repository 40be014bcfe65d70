import { parentPort, workerData } from "node:worker_threads";
import { createInstaller } from "webhoist:entry";
import { type CaseSource, openCases } from "./cases.ts";
import { conform, runCase } from "./judge.ts";

// `scripts/conformance.mjs` runs this in a thread, so that it can end and count a case that hangs.
interface Work extends CaseSource {
  metadata: "full" | "abbreviated";
}
const { metadata, ...source } = workerData as Work;

const cases = await openCases(source);

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
parentPort?.postMessage({ cases: cases.map(({ open: _, ...found }) => found) });
