import { expect, test, vi } from "vitest";
import type { CacheMode } from "../../../src/api/resolve.ts";
import { createInstaller } from "../../../web/index.ts";
import { fakeRegistry } from "../../support/fake-registry.ts";

const PACKAGE_JSON = JSON.stringify({ dependencies: { a: "1" } });
const project = { files: { "package.json": PACKAGE_JSON }, name: "project" };

/** Resolves in three visits, ten minutes apart. Returns the `cache` option of each request, by visit. */
async function visits(cache: CacheMode): Promise<string[][]> {
  const registry = fakeRegistry({ "a@1.0.0": { b: "1" }, "b@1.0.0": {} });
  // A new URL, so that no earlier test has stored anything of this registry.
  const base = `${registry.url}${cache}-${crypto.randomUUID()}/`;
  vi.useFakeTimers({ toFake: ["Date"] });
  const seen: string[][] = [];
  try {
    for (let visit = 0; visit < 3; visit++) {
      const modes: string[] = [];
      const fetch: typeof globalThis.fetch = (input, init) => {
        modes.push(init?.cache ?? "default");
        return registry.fetch(String(input).replace(base, registry.url), init);
      };
      const installer = await createInstaller({ registry: base, fetch, storeName: "", mode: "inline", cache });
      await installer.resolve(project);
      await installer.store.usage();
      installer.dispose();
      seen.push(modes);
      vi.setSystemTime(Date.now() + 600_000);
    }
  } finally {
    vi.useRealTimers();
  }
  return seen;
}

const first = ["no-store", "no-store"];
const again = ["no-cache", "no-cache"];

test.each<[CacheMode, string[][]]>([
  // After the first visit the browser's cache has the documents, so the registry can answer 304.
  ["default", [first, again, again]],
  ["prefer-offline", [first, [], []]],
  ["none", [again, again, again]],
])("cache %s: the first fetch of a packument bypasses the browser's cache", async (cache, modes) => {
  expect(await visits(cache)).toEqual(modes);
});
