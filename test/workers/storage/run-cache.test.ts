import { expect, test } from "vitest";
import { registryConfig } from "../../../src/registry/registry-config.ts";
import { createMemoryStore } from "../../../workers/storage/memory-blobs.ts";
import { RunCache } from "../../../workers/storage/run-cache.ts";
import { openTab } from "../../metadata-cache/harness.ts";

test("a registry whose cache does not open fails its packuments alone, and the last write does not reject", async () => {
  const { store } = openTab({ blobs: createMemoryStore() });
  const writes: Promise<void>[] = [];
  const cache = new RunCache({
    caches: store,
    lasting: true,
    config: registryConfig({ registry: "http://registry.local/", scopes: { "@s": "http://s.local/" } }),
    metadata: "full",
    cache: "default",
    warn: () => {},
    namespace: async (registry) => {
      if (registry.includes("s.local")) throw new Error("no digest");
      return registry;
    },
    writing: (flush) => void writes.push(flush),
  });
  const response = { ok: true, value: { bytes: Uint8Array.of(1), transferred: 1 } } as const;
  await expect(cache.record("@s/a", async () => response)).rejects.toThrow("no digest");
  await expect(cache.record("a", async () => response)).resolves.toEqual(response);
  cache.close();
  await expect(Promise.all(writes)).resolves.toEqual([undefined]);
});
