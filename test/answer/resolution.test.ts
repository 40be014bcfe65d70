import { expect, test, vi } from "vitest";
import { resolutionOf } from "../../src/answer/resolution.ts";
import type { NodeRow, TreeData } from "../../src/answer/tree-data.ts";

const flags = [false, false, false, false, false, false] as const;
const root: NodeRow = ["", null, null, [], {}, false, "project", "project", "1.0.0", false, null, null, ...flags];

const stats = {
  ...{ requests: 0, bytes: 0, packuments: 0, manifestsParsed: 0, nodes: 0, messages: 0 },
  milliseconds: { read: 0, resolve: 0, complete: 0, write: 0, total: 0 },
};

function resolutionWith(tree: () => TreeData) {
  const files = { "package-lock.json": '{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1.0.0"}}}' };
  return resolutionOf({ tree, files, lockfile: "package-lock.json", warnings: [], stats, rung: null }, async () => {});
}

test("the tree is built when it is first read, and only once", () => {
  const read = vi.fn((): TreeData => [root]);
  const resolution = resolutionWith(read);
  expect(resolution.diff("")).toHaveLength(1);
  expect(resolution.files["package-lock.json"]).toContain("node_modules/a");
  expect(read).not.toHaveBeenCalled();
  const { tree } = resolution;
  expect(tree.root.name).toBe("project");
  expect(resolution.tree).toBe(tree);
  expect(resolution.why("a")).toEqual([]);
  expect(read).toHaveBeenCalledTimes(1);
});

test("the functions of a resolution work without their object", () => {
  const { why, diff } = resolutionWith(() => [root]);
  expect(why("project")).toEqual([]);
  expect(diff("").map(({ location }) => location)).toEqual(["node_modules/a"]);
});
