import { expect, test } from "vitest";
import { createInstaller } from "../../../web/index.ts";
import { over, PACKAGES, wideProject, wideRegistry } from "./world.ts";

// Resolutions at the same time on one installer, in a page.

test.each([
  { mode: "threads", cache: "none" },
  { mode: "threads", cache: "default" },
  { mode: "worker", cache: "none" },
  { mode: "inline", cache: "revalidate" },
] as const)("three runs request each packument once: $mode, cache $cache", async ({ mode, cache }) => {
  const registry = wideRegistry({ latency: 1 });
  const installer = await createInstaller(over(registry, { mode, cache }));
  const runs = [wideProject(), wideProject(), wideProject(["p4", "p25"])].map((project) => installer.resolve(project));
  const [first, second, third] = await Promise.all(runs);
  await installer.store.clear();
  installer.dispose();
  expect(second?.files).toEqual(first?.files);
  expect(third?.stats.nodes).toBe(7 + 5);
  expect(registry.log).toHaveLength(PACKAGES);
});

test.each(["threads", "worker", "inline"] as const)("a cancelled run leaves the other as it is: %s", async (mode) => {
  const registry = wideRegistry({ latency: 5 });
  const installer = await createInstaller(over(registry, { mode }));
  const stop = new AbortController();
  const cancelled = installer.resolve(wideProject(), { signal: stop.signal });
  const other = installer.resolve(wideProject());
  await expect.poll(() => registry.log.length).toBeGreaterThan(12);
  stop.abort(new Error("enough"));
  await expect(cancelled).rejects.toThrow("enough");
  expect((await other).stats.nodes).toBe(PACKAGES);
  installer.dispose();
});
