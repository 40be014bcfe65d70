// Measures the engine alone, on one thread. Packuments are indexed in memory; nothing else is kept between runs.
// The last two columns allow for a busy machine: the time to parse the same packuments as JSON, measured between the runs.
//   WEBHOIST_REGISTRY=DIR node test/bench/engine-bench.mjs [PROJECT…] [--runs N] [--profile]
import { bundled } from "./node-bundle.mjs";
import { recordedProjects } from "./recorded-projects.mjs";

const { named, registry, runs } = recordedProjects();
const projects = named.length
  ? named
  : [
      "docs-demo",
      "vite-react-ts",
      "vue-app",
      "next-app",
      "express-server",
      "create-react-app",
      "create-react-app-legacy-peer-deps",
      "next-app-nested",
      "ant-design",
    ];

const { EngineRun } = await bundled("engine-run");
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

console.log(
  "project                              nodes   first ms  median ms  min ms  cpu ms   µs/(n·log2 n)  steps   as npm",
);
for (const name of projects) {
  const bench = new EngineRun(registry, name);
  await bench.run(); // reads the files: not timed
  const times = [];
  const cpu = [];
  const yardstick = [];
  let last;
  for (let i = 0; i < runs; i++) {
    bench.refresh();
    globalThis.gc?.();
    const used = process.cpuUsage();
    const start = performance.now();
    last = await bench.run();
    times.push(performance.now() - start);
    const { user, system } = process.cpuUsage(used);
    cpu.push((user + system) / 1000);
    if (i % 4 === 3) yardstick.push(bench.parseAll());
  }
  const same = Object.values(last.resolved.files)[0] === bench.input.expected;
  const warm = median(times.slice(Math.min(3, runs - 1)));
  const parsed = yardstick.length ? median(yardstick) : Number.NaN;
  const perEntry = (warm * 1000) / (last.nodes * Math.log2(last.nodes));
  console.log(
    name.padEnd(36),
    String(last.nodes).padStart(5),
    times[0].toFixed(0).padStart(10),
    warm.toFixed(1).padStart(10),
    Math.min(...times)
      .toFixed(1)
      .padStart(8),
    median(cpu).toFixed(1).padStart(7),
    perEntry.toFixed(2).padStart(12),
    String(last.steps).padStart(10),
    same ? "   yes" : "   NO",
    parsed.toFixed(0).padStart(12),
    (warm / parsed).toFixed(2).padStart(12),
  );
}
