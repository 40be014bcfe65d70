import { afterEach, expect, test, vi } from "vitest";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { createInstaller } from "../../web/index.ts";
import { lockEntry, lockOf, testPackage } from "../install/packages.ts";
import { over, wideProject, wideRegistry } from "../web/shared/world.ts";
import { failureOf, packumentRequest, registryOf, transportOver } from "./client.ts";

// An origin that does not answer is asked few times, however many packages come from there.

afterEach(() => void vi.unstubAllGlobals());

/** Six at first, and one for each of three retries. */
const ATTEMPTS = 9;

/** A registry to which no connection succeeds, until `back` is called. */
function deadFetch(live?: typeof fetch) {
  const seen: string[] = [];
  let isBack = false;
  const dead: typeof fetch = async (input, init) => {
    const { url, method } = new Request(input, init);
    seen.push(`${method} ${url}`);
    if (isBack && live) return await live(input, init);
    throw new TypeError("Failed to fetch", { cause: { code: "ECONNREFUSED" } });
  };
  const back = (): void => {
    isBack = true;
  };
  return { fetch: dead, seen, back };
}

async function codeOf(options: InstallerOptions): Promise<string> {
  const installer = await createInstaller(options);
  const error: unknown = await installer.resolve(wideProject(Array.from({ length: 60 }, (_, i) => `p${i}`))).then(
    () => null,
    (thrown) => thrown,
  );
  installer.dispose();
  return (error as { code: string }).code;
}

test("a project of 60 packages asks a registry that does not answer nine times", async () => {
  const { fetch, seen } = deadFetch();
  vi.spyOn(Math, "random").mockReturnValue(0);
  const registry = wideRegistry();
  expect(await codeOf(over(registry, { fetch }))).toBe("EUNREACHABLE");
  expect(seen).toHaveLength(ATTEMPTS);
  vi.restoreAllMocks();
});

test("60 tarballs on a host that does not answer are asked for nine times", async () => {
  const { fetch, seen } = deadFetch();
  vi.spyOn(Math, "random").mockReturnValue(0);
  const packages = Array.from({ length: 60 }, (_, i) => testPackage(`p${i}@1.0.0`));
  const lock = lockOf(
    Object.fromEntries(packages.map((one) => [`node_modules/${one.name}`, lockEntry(one, "http://registry.local/")])),
  );
  const installer = await createInstaller(over(wideRegistry(), { fetch }));
  await expect(installer.install(lock)).rejects.toMatchObject({ code: "EUNREACHABLE" });
  installer.dispose();
  expect(seen).toHaveLength(ATTEMPTS);
  vi.restoreAllMocks();
});

test("in a page that hides answers, few requests find out, and the failure says why", async () => {
  const seen: string[] = [];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    seen.push(String(init?.method ?? "GET"));
    await new Promise((wait) => setTimeout(wait, 20));
    throw new TypeError("Failed to fetch");
  };
  const transport = transportOver(registryOf([]), { fetch });
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, i) => transport.get(packumentRequest(`p${i}`)).then(failureOf)),
  );
  expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(["EUNREACHABLE"]));
  expect(outcomes.map((one) => one.package)).toEqual(Array.from({ length: 200 }, (_, i) => `p${i}`));
  expect(seen.filter((method) => method === "GET")).toHaveLength(ATTEMPTS);
  // Three well-known documents for each round, and one look past CORS.
  expect(seen.filter((method) => method === "HEAD").length).toBeLessThanOrEqual(4 * 3 + 1);
});

test("an origin that answers again during the retries gives every package", async () => {
  const live = wideRegistry();
  const { fetch, seen, back } = deadFetch(live.fetch);
  vi.spyOn(Math, "random").mockReturnValue(0.3);
  const installer = await createInstaller(over(live, { fetch }));
  const run = installer.resolve(wideProject());
  await expect.poll(() => seen.length).toBeGreaterThanOrEqual(6);
  back();
  expect((await run).stats.nodes).toBe(70);
  installer.dispose();
  vi.restoreAllMocks();
});

test("an answer of any status shows that the origin answers", async () => {
  const registry = registryOf(["a", "b"], { faults: [{ status: 404, times: 1 }] });
  const transport = transportOver(registry, { retries: 0 });
  const codes = await Promise.all(["a", "b"].map(async (name) => (await transport.get(packumentRequest(name))).ok));
  expect(codes.sort()).toEqual([false, true]);
});

test("another origin is asked although one does not answer", async () => {
  const registry = registryOf(["a"]);
  const transport = transportOver(registry, { retries: 0 });
  const gone = transport.get(packumentRequest("x", { url: "http://elsewhere.local/x" }));
  expect(failureOf(await gone).code).toBe("EUNREACHABLE");
  expect((await transport.get(packumentRequest("a"))).ok).toBe(true);
});

test("requests that are cancelled make room for those that wait", async () => {
  const registry = registryOf(["a", "b"], {});
  const stop = new AbortController();
  let held = 0;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (!String(input).includes("held")) return await registry.fetch(input, init);
    held++;
    return await new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  };
  const transport = transportOver(registry, { fetch });
  const waiting = Array.from({ length: 6 }, (_, i) =>
    transport.get(packumentRequest(`held${i}`, { signal: stop.signal })),
  );
  await expect.poll(() => held).toBe(6);
  const a = transport.get(packumentRequest("a"));
  stop.abort();
  for (const outcome of await Promise.all(waiting)) expect(failureOf(outcome).code).toBe("EABORTED");
  expect((await a).ok).toBe(true);
});
