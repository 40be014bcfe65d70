import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createInstaller } from "../../../web/index.ts";
import { AFTER, projectRegistry } from "../../faults/project.ts";

// Installers of one origin, over stores in memory.

vi.mock("../../../workers/storage/idb-blobs.ts", async () => {
  const { createMemoryStore } = await import("../../../workers/storage/memory-blobs.ts");
  const stores = new Map<string, ReturnType<typeof createMemoryStore>>();
  const createIdbStore = (name = "webhoist"): ReturnType<typeof createMemoryStore> => {
    const store = stores.get(name) ?? createMemoryStore();
    stores.set(name, store);
    return store;
  };
  return { createIdbStore };
});
beforeAll(() => void vi.stubGlobal("indexedDB", {}));
afterAll(() => void vi.unstubAllGlobals());

test("offline needs no packument that only the preload looked for, such as that of a bundled dependency", async () => {
  const registry = projectRegistry();
  // The engine does not need it, so the run ends without an answer.
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const never = String(input instanceof Request ? input.url : input).endsWith("/inside");
    return never ? await new Promise<never>(() => {}) : await registry.fetch(input, init);
  };
  const options = { mode: "inline", registry: registry.url, fetch, storeName: "" } as const;
  const online = await createInstaller(options);
  const { files } = await online.resolve({ files: AFTER });
  await online.store.usage();
  online.dispose();
  const offline = await createInstaller({ ...options, cache: "offline" });
  expect((await offline.resolve({ files: AFTER })).files).toEqual(files);
  const more = JSON.parse(AFTER["package.json"] ?? "");
  more.dependencies.inside = "^1.0.0";
  await expect(offline.resolve({ files: { "package.json": JSON.stringify(more) } })).rejects.toMatchObject({
    code: "EOFFLINE",
    failure: { details: { missing: ["inside"] } },
  });
  offline.dispose();
});
