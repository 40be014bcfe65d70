import { describe, expect, test } from "vitest";
import { moduleGraph, toModule } from "../../web/modules.ts";
import { runGraph } from "./run-graph.ts";
import { type Files, toldPackage as pkg, toldProject } from "./told-project.ts";

// A graph after an edit, at a second visit, and module by module.

describe("update", () => {
  test("names what changed, and does not read the rest again", async () => {
    const files = {
      "main.js": "import a from 'a'; import './b.js'; import './c.css'",
      "b.js": "export default 1",
      "c.css": "a {}",
    };
    const graph = await moduleGraph(toldProject(pkg("a", "module.exports = 1")), { files, entry: "main.js" });
    expect(graph.changed).toEqual([...graph.modules.keys()]);
    const same = await graph.update(files);
    expect([same.changed, same.removed]).toEqual([[], []]);
    expect(same.modules.get("main.js")).toBe(graph.modules.get("main.js"));
    const edited = await same.update({ ...files, "b.js": "export default 2" });
    expect(edited.changed).toEqual(["b.js"]);
    const removed = await edited.update({ "main.js": "import './d.js'", "d.js": "" });
    expect([removed.changed.toSorted(), removed.removed.toSorted()]).toEqual([
      ["d.js", "main.js"],
      ["b.js", "c.css", "node_modules/a/index.js", "node_modules/a/index.js#commonjs", "webhoist:runtime"],
    ]);
  });

  test("a package.json or tsconfig.json that changes counts", async () => {
    const files = {
      "main.ts": "import a from '@/a'; export default a",
      "x/a.ts": "export default 1",
      "y/a.ts": "export default 2",
    };
    const config = (folder: string): Files => ({
      "tsconfig.json": `{ "compilerOptions": { "paths": { "@/*": ["./${folder}/*"] } } }`,
    });
    const graph = await moduleGraph(toldProject(), { files: { ...files, ...config("x") }, entry: "main.ts" });
    expect((await runGraph(graph))["default"]).toBe(1);
    const next = await graph.update({ ...files, ...config("y") });
    expect((await runGraph(next))["default"]).toBe(2);
  });

  test("a graph can be cloned, without its method", async () => {
    const graph = await moduleGraph(toldProject(), { files: { "main.js": "import 'none'" }, entry: "main.js" });
    const copy = structuredClone(graph);
    expect(copy.modules.get("main.js")?.code).toBe("import 'none'");
    expect(copy.errors[0]?.package).toBe("none");
  });

  test("a signal cancels", async () => {
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(moduleGraph(toldProject(), { files: { "a.js": "" }, entry: "a.js", signal })).rejects.toThrow("stop");
  });
});

describe("the cache", () => {
  test("a package's files are parsed once for an integrity and set of options", async () => {
    const lock = JSON.stringify({ packages: { "node_modules/a": { integrity: "sha512-x" } } });
    const reads: string[] = [];
    const project = toldProject(pkg("a", "export default process.env.NODE_ENV"), lock);
    const readFile = (path: string): Promise<Uint8Array> => {
      reads.push(path);
      return project.readFile(path);
    };
    const counted = { ...project, readFile };
    const stored = new Map<string, unknown>();
    const cache = {
      get: async (key: string) => structuredClone(stored.get(key)),
      set: async (key: string, value: unknown) => void stored.set(key, structuredClone(value)),
    };
    const options = { files: { "main.js": "export { default } from 'a'" }, entry: "main.js", cache };
    const first = await moduleGraph(counted, options);
    reads.length = 0;
    const second = await moduleGraph(counted, options);
    expect(second.modules).toEqual(first.modules);
    expect(reads.filter((path) => path.endsWith(".js"))).toEqual([]);
    const production = await moduleGraph(counted, { ...options, define: { "process.env.NODE_ENV": '"production"' } });
    expect((await runGraph(production))["default"]).toBe("production");
    expect(stored.size).toBe(2);
    const patched = {
      ...counted,
      isChanged: (path: string) => path.endsWith("index.js"),
      readFile: (path: string) =>
        path.endsWith(".js")
          ? Promise.resolve(new TextEncoder().encode("export default 'patched'"))
          : project.readFile(path),
    };
    expect((await runGraph(await moduleGraph(patched, options)))["default"]).toBe("patched");
  });
});

test("toModule gives one module by its key, as in the graph", async () => {
  const packages = { ...pkg("a", "module.exports = require('./b')"), "node_modules/a/b.js": "exports.b = 1" };
  const files = {
    "main.js": "import { b } from 'a'; import './s.css'; export default b",
    "s.css": "@import './t.css';",
    "t.css": "p {}",
  };
  const project = toldProject(packages);
  const graph = await moduleGraph(project, { files, entry: "main.js" });
  for (const [key, module] of graph.modules) expect(await toModule(project, key, { files })).toEqual(module);
  const { code } = await toModule(project, "main.js", { files, specifier: (key) => `/served/${key}` });
  expect(code).toContain('from "/served/node_modules/a/index.js"');
  await expect(toModule(project, "none.js")).rejects.toMatchObject({ code: "ENOENT" });
  await expect(toModule(project, "bad.js", { files: { "bad.js": "import './none'" } })).rejects.toMatchObject({
    code: "ERR_MODULE_NOT_FOUND",
  });
});
