// Times the flat solver alone, in one thread. Packuments are in memory; nothing else is kept between runs.
//   node test/bench/solver-bench.mjs [--parts projects,cases,techniques,bands,sets] [--projects A,B] [--runs N] [--budget SECONDS] [--clock wall|cpu]
// `projects` and `bands` need a recorded registry: WEBHOIST_REGISTRY=DIR. The other parts generate their cases.
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { bundled } from "./node-bundle.mjs";

const { values } = parseArgs({
  options: {
    parts: { type: "string", default: "projects,cases,techniques,bands,sets" },
    projects: { type: "string" },
    runs: { type: "string", default: "9" },
    budget: { type: "string", default: "20" },
    clock: { type: "string", default: "wall" },
  },
});
const registry = process.env.WEBHOIST_REGISTRY;
const parts = new Set(values.parts.split(","));
const runs = Number(values.runs);
const budget = Number(values.budget) * 1000;
const names = values.projects?.split(",") ?? [
  ...["docs-demo", "vite-react-ts", "vue-app", "next-app", "express-server", "create-react-app"],
  ...["create-react-app-legacy-peer-deps", "ant-design"],
];

const { SolverRun, CASES, runAlone, setClock, setCosts, TECHNIQUES, twoBands } = await bundled("solver-run");

setClock(values.clock);
const load = () => `${values.clock} clock, load ${loadavg()[0].toFixed(1)}`;
const heading = (text) => console.log(`\n## ${text} (${load()})\n`);
const table = (rows) => {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => String(row[at]).length)));
  for (const row of rows) {
    const cells = row.map((cell, at) =>
      at === 0 ? String(cell).padEnd(widths[at]) : String(cell).padStart(widths[at]),
    );
    console.log(cells.join("  "));
  }
};
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const ms = (time) => (time < 100 ? time.toFixed(1) : time.toFixed(0));

/** Measures several runs. Returns the first time and the medians. A run that gives up is not repeated. */
async function measure(run, options, times) {
  const once = () => run.run({ budget, ...options });
  const read = await once(); // reads the files: not timed
  const all = read.outcome === "gave up" ? [read] : [];
  for (let at = 0; at < times && all.at(-1)?.outcome !== "gave up"; at++) {
    run.refresh();
    globalThis.gc?.();
    all.push(await once());
  }
  const of = (part) => median(all.map((one) => one[part]));
  return {
    ...all.at(-1),
    first: all[0].total,
    least: Math.min(...all.map(({ total }) => total)),
    ...Object.fromEntries(["total", "search", "proof", "hints", "tree", "lock"].map((part) => [part, of(part)])),
  };
}

const counts = ({ stats }) => [
  ...[stats.decisions, stats.conflicts, stats.backtracks, stats.undone, stats.incompatibilities, stats.sets],
];
const COUNTS = ["decisions", "conflicts", "backtracks", "undone", "incompat.", "sets"];

async function projects() {
  heading(`Recorded projects, ms, median of ${runs}`);
  const rows = [
    ["project", "relax", "answer", "of", "total", "search", "proof", "tree", "lock", "hints", "tries", ...COUNTS],
  ];
  const hints = [];
  for (const name of names) {
    const run = SolverRun.recorded(registry, name);
    for (const relax of ["none", "peers", "copies"]) {
      const got = await measure(run, { options: { relax } }, runs);
      const answer = got.outcome === "solved" ? `on ${got.relaxation}` : got.outcome;
      const times = ["total", "search", "proof", "tree", "lock", "hints"].map((part) => ms(got[part]));
      rows.push([name, relax, answer, got.size, ...times, got.tries, ...counts(got)]);
      for (const text of got.wayOut) hints.push(`${name}, ${relax}: ${text}`);
      // A weaker relaxation would give the same solution.
      if (got.outcome === "solved") break;
    }
  }
  table(rows);
  console.log(["", ...hints].join("\n"));
}

/** Like {@link measure}, for a generated case whose manifests are read before. */
async function measureAlone(solverCase, options, times) {
  const once = () => runAlone(solverCase, { budget, ...options });
  const all = [once()];
  while (all.length <= times && all.at(-1).outcome !== "gave up") all.push(once());
  const timed = all.length > 1 ? all.slice(1) : all;
  return { ...all.at(-1), search: median(timed.map(({ search }) => search)) };
}

async function cases() {
  const each = Math.min(5, runs);
  heading(`Generated cases, ms, median of ${each}; a run has ${budget / 1000} s`);
  const rows = [["case", "answer", "alone", "with packuments", "proof", ...COUNTS]];
  for (const make of CASES) {
    const solverCase = make();
    const alone = await measureAlone(solverCase, {}, each);
    const got = await measure(SolverRun.made(solverCase), { hints: false }, each);
    const time = got.outcome === "gave up" ? got.outcome : ms(got.search);
    rows.push([solverCase.name, alone.outcome, ms(alone.search), time, ms(got.proof), ...counts(alone)]);
  }
  table(rows);
}

/** Measures in rounds, each technique once a round, because the first runs are slow. */
async function techniques() {
  const each = Math.min(5, runs);
  heading(`Without one technique each: search in ms (conflicts), median of ${each}; a run has ${budget / 1000} s`);
  const print = ([name, ...cells]) => console.log(name.padEnd(60), cells.map((cell) => cell.padStart(14)).join(" "));
  print(["", "with all", ...TECHNIQUES.map((one) => `no ${one}`)]);
  const row = async (name, once) => {
    const all = [null, ...TECHNIQUES].map((off) => ({ off, results: [] }));
    let rounds = each;
    for (let round = 0; round <= rounds; round++) {
      for (const { off, results } of all) {
        if (results.at(-1)?.outcome === "gave up") continue;
        const got = await once({ budget, hints: false, techniques: off ? { [off]: false } : {} });
        if (got.search > 1000) rounds = 1;
        if (round > 0 || got.outcome === "gave up") results.push(got);
      }
    }
    const listed = all.map(({ results }) => {
      const last = results.at(-1);
      const time = last.outcome === "gave up" ? last.outcome : ms(median(results.map(({ search }) => search)));
      return `${time} (${last.stats.conflicts})`;
    });
    print([name, ...listed]);
  };
  for (const name of registry ? names : []) {
    const run = SolverRun.recorded(registry, name);
    await row(name, (options) => {
      run.refresh();
      return run.run(options);
    });
  }
  for (const make of CASES) {
    const solverCase = make();
    await row(`alone: ${solverCase.name}`, async (options) => runAlone(solverCase, options));
  }
}

function bands() {
  heading("Intervals of a range in one order of all versions, and with prereleases after releases");
  const rows = [
    ["package", "versions", "prereleases", "ranges", "one: mean", "most", "two: mean", "most", "most in one"],
  ];
  for (const { name, versions, prereleases, ranges, one, two, worst } of twoBands(registry, 25)) {
    const listed = [one, two].flatMap(({ mean, most }) => [mean.toFixed(2), most]);
    rows.push([
      name,
      versions,
      `${((100 * prereleases) / versions).toFixed(0)} %`,
      ranges,
      ...listed,
      worst.slice(0, 40),
    ]);
  }
  table(rows);
}

function sets() {
  heading("Sets, ns");
  table([
    ["", "intersection", "relation"],
    ...setCosts(2_000_000).map(({ what, and, relation }) => [what, and.toFixed(1), relation.toFixed(1)]),
  ]);
}

if (parts.has("projects") && registry) await projects();
if (parts.has("cases")) await cases();
if (parts.has("techniques")) await techniques();
if (parts.has("bands") && registry) bands();
if (parts.has("sets")) sets();
console.log(`\n${load()}`);
