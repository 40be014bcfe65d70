import { expect, test } from "vitest";
import { createInstaller } from "../../../web/index.ts";
import type { FakeRegistry } from "../../support/fake-registry.ts";
import { over, PACKAGES, wideProject, wideRegistry } from "./world.ts";

// Resolutions at the same time on one installer.

const paths = ({ log }: FakeRegistry): string[] => log.map(({ path }) => path);

test.each(["none", "default", "revalidate"] as const)(
  "two runs request and read each packument once: cache %s",
  async (cache) => {
    const registry = wideRegistry();
    const installer = await createInstaller(over(registry, { cache }));
    const [first, second] = await Promise.all([installer.resolve(wideProject()), installer.resolve(wideProject())]);
    installer.dispose();
    expect(second.files).toEqual(first.files);
    expect(registry.log).toHaveLength(PACKAGES);
    // A run does not count what another one has requested and read.
    expect(first.stats.requests + second.stats.requests).toBe(PACKAGES);
  },
);

test("two projects share what both need", async () => {
  const registry = wideRegistry();
  const installer = await createInstaller(over(registry));
  const runs = [["p0", "p1", "p2"], ["p2", "p3"], ["p12"]].map((names) => installer.resolve(wideProject(names)));
  const found = await Promise.all(runs);
  installer.dispose();
  expect(found.map(({ stats }) => stats.nodes)).toEqual([21, 14, 6]);
  expect(paths(registry).sort()).toEqual([...new Set(paths(registry))].sort());
  expect(registry.log).toHaveLength(28);
});

test("cancelling one run leaves the other as it is, and the last one stops its requests", async () => {
  const registry = wideRegistry({ latency: 5 });
  const installer = await createInstaller(over(registry));
  const stops = [new AbortController(), new AbortController(), new AbortController()];
  const runs = stops.map(({ signal }) => installer.resolve(wideProject(), { signal }));
  const settled = Promise.allSettled(runs);
  await expect.poll(() => registry.log.length).toBeGreaterThan(12);
  stops[0]?.abort(new Error("enough"));
  await expect(runs[0]).rejects.toThrow("enough");
  await expect.poll(() => registry.log.length).toBeGreaterThan(40);
  stops[2]?.abort(new Error("enough too"));
  const [, second] = await settled;
  installer.dispose();
  expect(second).toMatchObject({ status: "fulfilled" });
  // Requests that a cancelled run had sent are sent again.
  expect(registry.log.length).toBeLessThan(PACKAGES + 2 * 20);
});

test("a failure that both runs meet is asked for once, and one that only one meets stays with it", async () => {
  const registry = wideRegistry();
  const installer = await createInstaller(over(registry));
  const failing = [
    ["p0", "gone"],
    ["gone", "p1"],
    ["p0", "p1"],
  ].map((names) => installer.resolve(wideProject(names)));
  const [one, two, three] = await Promise.allSettled(failing);
  installer.dispose();
  for (const found of [one, two]) expect(found).toMatchObject({ reason: { code: "E404" } });
  expect(three).toMatchObject({ status: "fulfilled" });
  expect(paths(registry).filter((path) => path === "gone")).toHaveLength(1);
});

test("a run that begins later asks again for what arrived before it", async () => {
  const registry = wideRegistry();
  const installer = await createInstaller(over(registry));
  await installer.resolve(wideProject());
  await installer.resolve(wideProject());
  installer.dispose();
  expect(registry.log).toHaveLength(2 * PACKAGES);
});

test("a project with credentials of its own shares nothing with others", async () => {
  const registry = wideRegistry();
  const installer = await createInstaller(over(registry, { env: { TOKEN: "secret" } }));
  const { files } = wideProject();
  const own = { files: { ...files, ".npmrc": `//registry.local/:_authToken=\${TOKEN}\n` } };
  await Promise.all([installer.resolve(own), installer.resolve({ files }), installer.resolve({ files })]);
  installer.dispose();
  const tokens = registry.log.map(({ headers }) => headers.get("authorization"));
  expect(tokens.filter((token) => token === "Bearer secret")).toHaveLength(PACKAGES);
  expect(tokens.filter((token) => token === null)).toHaveLength(PACKAGES);
});
