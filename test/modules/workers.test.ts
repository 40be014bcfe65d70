import { expect, test } from "vitest";
import { moduleGraph, toModule } from "../../web/modules.ts";
import { toldProject } from "./told-project.ts";

test("a worker's script has its modules, also those of workers that start each other", async () => {
  const start = (name: string): string => `new Worker(new URL("./${name}.js", import.meta.url), { type: "module" });`;
  const files = {
    "main.js": `${start("a")} ${start("main")}`,
    "a.js": `import './x.json'; ${start("b")}`,
    "b.js": start("a"),
    "x.json": '{ "not a name": 1 }',
  };
  const graph = await moduleGraph(toldProject(), { files, entry: "main.js" });
  expect(graph.errors).toEqual([]);
  expect([...graph.modules.keys()].sort()).toEqual(["a.js#worker", "main.js", "main.js#worker"]);
  const { code } = await toModule(toldProject(), "a.js#worker", { files });
  expect(code).toBe(graph.modules.get("a.js#worker")?.code);
  const script = atob(code.split("base64,")[1]?.split('"')[0] as string);
  expect(script).toContain('__webhoist_require("a.js")');
  const edited = await graph.update({ ...files, "b.js": "" });
  expect(edited.changed).toEqual(["a.js#worker", "main.js#worker"]);
});
