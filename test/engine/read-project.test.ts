import { expect, test } from "vitest";
import { readProject } from "../../src/engine/read-project.ts";

const PLATFORM = { os: "linux", cpu: "x64", libc: "glibc", node: "20.20.2", npm: "11.19.1" };

/** Returns a project with some dependencies. */
function filesWith(count: number): { "package.json": string } {
  const dependencies = Array.from({ length: count }, (_, at) => [`package-${at}`, "^1"]);
  return { "package.json": JSON.stringify({ name: "project", dependencies: Object.fromEntries(dependencies) }) };
}

/** Reads a project with some dependencies. Returns the number of pauses, and of edges. */
async function read(count: number): Promise<{ pauses: number; edges: number }> {
  let pauses = 0;
  const { context } = await readProject({
    files: filesWith(count),
    options: {},
    platform: PLATFORM,
    pause: async () => void pauses++,
  });
  return { pauses, edges: context.tree.root.edges().size };
}

test("a project with very many dependencies is read with pauses, others without", async () => {
  expect(await read(1_000)).toEqual({ pauses: 0, edges: 1_000 });
  expect(await read(20_000)).toEqual({ pauses: 10, edges: 20_000 });
});

test("a cancel between two pauses ends the reading", async () => {
  const reason = new Error("cancelled");
  const pause = () => Promise.reject(reason);
  await expect(readProject({ files: filesWith(5_000), options: {}, platform: PLATFORM, pause })).rejects.toBe(reason);
});
