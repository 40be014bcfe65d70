// Measures the transfer of a finished tree to a page: the engine's nodes to rows, to bytes, to rows, to public nodes.
//   WEBHOIST_REGISTRY=DIR node test/bench/tree-bench.mjs [PROJECT…] [--runs N]
import { bundled } from "./node-bundle.mjs";
import { recordedProjects } from "./recorded-projects.mjs";

const { named, registry, runs } = recordedProjects();

const { decodeTree, encodeTree, EngineRun, treeData, viewTree, why } = await bundled("tree-run");

console.log("project            nodes  edges  manifests    bytes  milliseconds, the first and the median");
for (const project of named.length ? named : ["docs-demo", "vite-react-ts", "ant-design"]) {
  const { inventory } = await new EngineRun(registry, project).run();
  const times = {};
  const time = (what, work) => {
    const start = performance.now();
    const value = work();
    times[what] ??= [];
    times[what].push(performance.now() - start);
    return value;
  };
  let [rows, bytes] = [];
  for (let i = 0; i < runs; i++) {
    rows = time("rows", () => treeData(inventory));
    bytes = time("encode", () => encodeTree(rows));
    const back = time("decode", () => decodeTree(bytes));
    const tree = time("view", () => viewTree(back));
    time("why", () => why(tree.nodes[tree.nodes.length >> 1].name, tree));
    time("manifests", () => tree.nodes.filter(({ manifest }) => manifest.deprecated));
  }
  const edges = rows.reduce((sum, row) => sum + row[3].length, 0);
  const manifests = new Set(rows.map((row) => row[4])).size;
  const figures = Object.entries(times).map(([what, list]) => {
    const [first] = list;
    const median = [...list].sort((a, b) => a - b)[list.length >> 1];
    return `${what} ${first.toFixed(1)} ${median.toFixed(1)}`;
  });
  console.log(
    project.padEnd(16),
    String(rows.length).padStart(7),
    String(edges).padStart(6),
    String(manifests).padStart(10),
    String(bytes.length).padStart(8),
    ` ${figures.join(" · ")}`,
  );
}
