import { parseArgs } from "node:util";
import type { LiveCounts } from "../support/live-counts.ts";
import { Browser } from "./harness/browser.ts";
import { pss, rendererOf } from "./harness/memory.ts";
import { type BenchOptions, parseOptions } from "./harness/options.ts";
import type { Heap, Page } from "./harness/page.ts";
import type { BenchProject } from "./harness/projects.ts";
import { type Place, Stage } from "./harness/stage.ts";
import type { SoakCounts, SoakJob } from "./soak-page.ts";

const HELP = `Keeps one page of headless Chromium open for many edits of a project, with an install after every tenth. Weighs the page's process
(PSS) after the first edit and install, after 50 edits and at the end, and counts the page's workers, ports, timers, object URLs, shared
memory, database connections and broadcast channels.

  npm run soak -- [flags]

  --project DIR    A folder with package.json. Default: the recorded docs-demo.
  --snapshot DIR   The registry, as for \`npm run bench\`. Default: that of docs-demo, which has no tarballs: then nothing is installed.
  --dist DIR       The built package. Default: the repository's own, built first if it is older than the sources.
  --modes LIST     threads,worker,inline. Default: all three.
  --edits N        Default: 1000.
  --install-every N
                   Installs after every N-th edit. 0: never. Default: 10.
  --metadata FORM  abbreviated or full. Default: abbreviated.

It weighs the memory as it stands after 20 seconds of rest, and again after garbage was collected in every thread. Exits with 1 if the
latter is at the end more than a tenth above that after 50 edits, or more than 1.3 times that after the first, or if a count has grown.`;

/** The edits after which the page is weighed, besides the last. */
const MARKS = [1, 50];
/** Shared memories of one run's size: that of a run, and those that are kept for later ones. */
const RUNS_IN_MEMORY = 3;
const MOST_GROWTH = { first: 1.3, marked: 1.1 };
/**
 * Milliseconds of rest before a weighing. In it the page does what is left of its work, and the browser returns memory that was freed:
 * after three seconds it has not begun.
 */
const REST = 20_000;

/** A soak: the edits after which the page is weighed, the edits between two installs (0: none), and the rest before a weighing. */
export interface SoakPlan {
  mode: string;
  marks: readonly number[];
  every: number;
  /** Milliseconds. */
  rest: number;
}

interface Weight {
  edits: number;
  /** Bytes, as the page stands, and after garbage was collected in every thread. */
  standing: number;
  collected: number;
  counts: SoakCounts;
  /** After garbage was collected. */
  heaps: Heap[];
}

export interface Soak {
  mode: string;
  weights: Weight[];
  /** After `dispose`. */
  left: SoakCounts;
  warnings: number;
  /** Milliseconds of an edit, on average, installs included. */
  perEdit: number;
}

async function weigh(page: Page, pid: number, { edits, rest }: { edits: number; rest: number }): Promise<Weight> {
  await new Promise((done) => setTimeout(done, rest));
  const standing = pss(pid) ?? 0;
  const counts = await page.evaluate<SoakCounts>("soak.counts()");
  await page.evaluate<SoakCounts>("soak.counts()");
  return { edits, standing, collected: pss(pid) ?? 0, counts, heaps: await page.heaps() };
}

/** Keeps a page open for the edits of a plan. */
export async function soak(stage: Stage, project: BenchProject, { mode, marks, every, rest }: SoakPlan): Promise<Soak> {
  const switches = ["--js-flags=--expose-gc"];
  await using browser = new Browser({ ...stage.browser, switches });
  const page = await browser.open(stage.site.url);
  const pid = await rendererOf(browser, page);
  if (pid === null) throw new Error("This system does not report the memory of a process.");
  const { platform, options, files } = project;
  const registry = stage.registry("h2").url;
  const installer = { registry, mode, platform, metadata: stage.options.metadata } as SoakJob["installer"];
  const job: SoakJob = { installer, manifest: files["package.json"] ?? "{}", options };
  await page.evaluate(`soak.start(${JSON.stringify(job)})`);
  const installs = stage.options.snapshot === undefined ? 0 : every;
  const weights: Weight[] = [];
  let warnings = 0;
  let done = 0;
  let spent = 0;
  for (const mark of marks) {
    const start = performance.now();
    warnings += await page.evaluate<number>(`soak.edit(${done}, ${mark}, ${installs})`);
    spent += performance.now() - start;
    done = mark;
    weights.push(await weigh(page, pid, { edits: mark, rest }));
    stage.place.say(`${mode}: ${lineOf(weights.at(-1) as Weight)}`);
  }
  const left = await page.evaluate<SoakCounts>("soak.end()");
  return { mode, weights, left, warnings, perEdit: spent / done };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

function sum(counts: SoakCounts): LiveCounts {
  const [first, ...others] = counts;
  if (!first) throw new Error("The page did not count.");
  const keys = Object.keys(first) as (keyof LiveCounts)[];
  return Object.fromEntries(
    keys.map((key) => [key, others.reduce((total, each) => total + each[key], first[key])]),
  ) as Record<keyof LiveCounts, number>;
}

function lineOf({ edits, standing, collected, counts, heaps }: Weight): string {
  const threads = heaps.map(
    ({ usedSize, totalSize, backingStorageSize = 0 }) =>
      `${megabytes(usedSize)} of ${megabytes(totalSize)} + ${megabytes(backingStorageSize)}`,
  );
  const all = `${edits} edits: ${megabytes(standing)}, ${megabytes(collected)} without garbage`;
  return `${all} (heaps and buffers: ${threads.join(", ")}); ${textOf(counts)}`;
}

function textOf(counts: SoakCounts): string {
  return Object.entries(sum(counts))
    .filter(([, count]) => count > 0)
    .map(([key, count]) => `${key} ${count}`)
    .join(", ");
}

/** Returns a sentence for each thing of which there is more than before, or that is left after `dispose`. */
export function countGrowth({ weights, left }: Soak): string[] {
  const [first, marked, last] = weights as [Weight, Weight, Weight];
  const found: string[] = [];
  const [begun, before, after] = [sum(first.counts), sum(marked.counts), sum(last.counts)];
  for (const key of Object.keys(after) as (keyof LiveCounts)[]) {
    // New workers have not opened their database yet. A run's memory may still be in use when the next one starts.
    const most = key === "sharedBytes" ? RUNS_IN_MEMORY * begun[key] : Math.max(begun[key], before[key]);
    if (after[key] > most) found.push(`${key} grew from ${most} to ${after[key]}`);
  }
  for (const [key, count] of Object.entries(sum(left))) {
    if (count > 0) found.push(`${count} ${key} are left after dispose`);
  }
  return found;
}

/** Returns a sentence for each thing that has grown too much. */
function growth(result: Soak): string[] {
  const [first, marked, last] = result.weights as [Weight, Weight, Weight];
  const found = countGrowth(result);
  if (last.collected > first.collected * MOST_GROWTH.first)
    found.push(`memory is over ${MOST_GROWTH.first} times the first`);
  if (last.collected > marked.collected * MOST_GROWTH.marked)
    found.push(`memory is over ${MOST_GROWTH.marked} times that after 50 edits`);
  return found.map((each) => `${result.mode}: ${each}`);
}

const FLAGS = {
  project: { type: "string" },
  snapshot: { type: "string" },
  dist: { type: "string" },
  modes: { type: "string" },
  metadata: { type: "string" },
  edits: { type: "string", default: "1000" },
  "install-every": { type: "string", default: "10" },
  help: { type: "boolean", default: false },
} as const;

/** Parses the command line. `options` is null for --help. @throws Error about a flag */
function parseSoak(argv: readonly string[]): { edits: number; every: number; options: BenchOptions | null } {
  const { help, edits, "install-every": every, ...shared } = parseArgs({ args: [...argv], options: FLAGS }).values;
  const flags = Object.entries(shared).flatMap(([name, value]) => [`--${name}`, value]);
  const options = help ? null : parseOptions([...flags, "--transports", "h2", "--no-floor"]);
  return { edits: Number(edits), every: Number(every), options };
}

/** Runs the command. Returns its exit code. */
export async function main(
  argv: readonly string[],
  place: (dist: string | undefined) => Promise<Place>,
): Promise<number> {
  const { edits, every, options } = parseSoak(argv);
  if (!options) {
    console.log(HELP);
    return 0;
  }
  await using stage = await Stage.open(options, await place(options.dist), "soak-page");
  const found: string[] = [];
  for (const project of await stage.projects()) {
    for (const mode of options.modes) {
      const result = await soak(stage, project, { mode, marks: [...MARKS, edits], every, rest: REST });
      console.log(
        `${project.name}, ${mode}: ${result.perEdit.toFixed(0)} ms per edit; ${result.warnings} warnings; after dispose ${textOf(result.left) || "nothing"} left`,
      );
      for (const weight of result.weights) console.log(`  ${lineOf(weight)}`);
      found.push(...growth(result));
    }
  }
  for (const each of found) console.error(`grown: ${each}`);
  return found.length > 0 ? 1 : 0;
}
