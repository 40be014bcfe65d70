// Runs one hostile input, or lists all: `hostile-run.mjs`, `hostile-run.mjs 7 20`.
import { InstallError } from "../../src/errors/failure.ts";
import type { HostileCase } from "./hostile/case.ts";
import { FILE_CASES } from "./hostile/file-cases.ts";
import { METADATA_CASES } from "./hostile/metadata-cases.ts";
import { TREE_CASES } from "./hostile/tree-cases.ts";

const CASES: readonly HostileCase[] = [...METADATA_CASES, ...TREE_CASES, ...FILE_CASES];

/** Measures the longest time in which no timer could run. A busy machine lengthens it, so the processor's time counts if it is less. */
function startProbe(): () => number {
  let longest = 0;
  let at = performance.now();
  let used = process.cpuUsage();
  const look = (): void => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(used);
    longest = Math.max(longest, Math.min(now - at, (user + system) / 1000));
    at = now;
    used = process.cpuUsage();
  };
  const timer = setInterval(look, 1);
  return () => {
    clearInterval(timer);
    look();
    return longest;
  };
}

function endOf(error: unknown): string {
  if (error instanceof InstallError) return error.code;
  return error === CANCELLED ? "cancelled" : `NO CODE: ${String(error).slice(0, 60)}`;
}

const CANCELLED = new Error("cancelled");

async function run({ prepare }: HostileCase, seconds: number): Promise<void> {
  const work = await prepare();
  // Node loads its `fetch` at the first use, for 35 milliseconds.
  await new Response("").text();
  globalThis.gc?.();
  const controller = new AbortController();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const stop = startProbe();
  const start = performance.now();
  const used = process.cpuUsage();
  // By the processor's time, because the machine may be busy.
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(used);
    if (user + system > seconds * 1e6) controller.abort(CANCELLED);
  }, 50);
  const end = await work(controller.signal).then(() => "answer", endOf);
  const { user, system } = process.cpuUsage(used);
  const wall = performance.now() - start;
  clearInterval(timer);
  console.log(JSON.stringify({ end, longest: stop(), wall, cpu: (user + system) / 1000 }));
}

const [, , index, seconds] = process.argv;
if (index === undefined) console.log(JSON.stringify(CASES.map(({ group, title }) => ({ group, title }))));
else await run(CASES[Number(index)] as HostileCase, Number(seconds));
process.exit();
