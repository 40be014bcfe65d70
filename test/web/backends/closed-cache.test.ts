import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Installer } from "../../../src/api/resolve.ts";
import { createInstaller } from "../../../web/index.ts";
import { createMemoryStore } from "../../../workers/storage/memory-blobs.ts";

/** The calls of each store, in their order. */
const stores: string[][] = [];

vi.mock("../../../workers/storage/idb-blobs.ts", () => ({ createIdbStore: () => recordedStore() }));

function recordedStore(): object {
  const calls: string[] = [];
  stores.push(calls);
  const record =
    (name: string, call: (...given: unknown[]) => unknown) =>
    (...given: unknown[]): unknown => {
      calls.push(name);
      return call(...given);
    };
  return Object.fromEntries(Object.entries(createMemoryStore()).map(([name, call]) => [name, record(name, call)]));
}

beforeEach(() => {
  vi.stubGlobal("indexedDB", {});
  stores.length = 0;
});
afterEach(() => void vi.unstubAllGlobals());

const packument = (name: string, more: object): Response =>
  new Response(JSON.stringify({ name, versions: { "1.0.0": { name, version: "1.0.0", ...more } } }));

/** Creates an installer and starts a run with it. */
async function start(fetch: typeof globalThis.fetch): Promise<{ installer: Installer; run: Promise<unknown> }> {
  const installer = await createInstaller({ mode: "inline", registry: "http://registry.local/", fetch, storeName: "" });
  const run = installer.resolve({ files: { "package.json": '{"dependencies":{"a":"1"}}' } });
  run.catch(() => {});
  return { installer, run };
}

test("a run that is ended by dispose writes its metadata, and the store is closed after that", async () => {
  let asked = (): void => {};
  const secondAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const { installer, run } = await start(async (url) => {
    if (String(url).endsWith("/a")) return packument("a", { dependencies: { b: "1" } });
    asked();
    return await new Promise<Response>(() => {});
  });
  await secondAsked;
  installer.dispose();
  await expect(run).rejects.toMatchObject({ code: "EDISPOSED" });
  await expect.poll(() => stores[0]).toContain("update");
  await expect.poll(() => stores[0]?.at(-1)).toBe("close");
});

test("a store that a run opens after dispose is closed as well", async () => {
  for (let turns = 0; turns < 20; turns++) {
    const { installer } = await start(async () => packument("a", {}));
    for (let turn = 0; turn < turns; turn++) await (turn % 2 ? new Promise(setImmediate) : null);
    installer.dispose();
  }
  await expect.poll(() => stores.filter((calls) => calls.length > 0).length).toBeGreaterThan(0);
  await expect.poll(() => stores.filter((calls) => calls.length > 0 && calls.at(-1) !== "close")).toEqual([]);
});
