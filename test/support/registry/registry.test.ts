import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Fault } from "./faults.ts";
import { memoryRegistry } from "./memory-fetch.ts";
import { ABBREVIATED, type LoggedRequest, type RegistryOptions } from "./responder.ts";
import { startRegistry } from "./server.ts";
import { inlineSnapshot, PLACEHOLDER } from "./snapshot.ts";

const version = (name: string, number: string): Record<string, unknown> => ({
  name,
  version: number,
  license: "MIT",
  libc: ["glibc"],
  scripts: { install: "node-gyp rebuild" },
  dependencies: { b: "1" },
  dist: { tarball: `${PLACEHOLDER}${name}/-/a-${number}.tgz`, shasum: "0" },
});
const document = (name: string): unknown => ({
  name,
  "dist-tags": { latest: "1.0.0" },
  versions: { "1.0.0": version(name, "1.0.0") },
  time: { modified: "2020-01-01T00:00:00.000Z" },
});
const tarball = gzipSync("a");
const snapshot = inlineSnapshot({ a: document("a"), "@s/a": document("@s/a") }, { "@s/a/-/a-1.0.0.tgz": tarball });

interface Open {
  url: string;
  log: LoggedRequest[];
  fetch: typeof globalThis.fetch;
  close(): Promise<void>;
}
type Opener = (options?: RegistryOptions) => Promise<Open>;

const inMemory: Opener = async (options) => ({ ...memoryRegistry(snapshot, options), close: async () => {} });
const onLoopback: Opener = async (options) => ({
  ...(await startRegistry(snapshot, options)),
  fetch: globalThis.fetch,
});
const json = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;

describe.each([
  ["in memory", inMemory],
  ["on loopback", onLoopback],
] as const)("%s", (_, open) => {
  let registry: Open;
  beforeAll(async () => {
    registry = await open();
  });
  afterAll(() => registry.close());
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    registry.fetch(registry.url + path, { headers });

  /** Requests `a` repeatedly from a registry with these faults. */
  const faulty = async (fault: Fault, run: (fetch: () => Promise<Response>) => Promise<void>): Promise<void> => {
    const broken = await open({ faults: [fault] });
    await run(() => broken.fetch(`${broken.url}a`)).finally(() => broken.close());
  };

  test("returns the full document, with tarball URLs that point to itself", async () => {
    const response = await get("@s%2fa");
    const versions = (await json(response))["versions"] as Record<
      string,
      { license: string; dist: { tarball: string } }
    >;
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(versions["1.0.0"]?.license).toBe("MIT");
    expect(versions["1.0.0"]?.dist.tarball).toBe(`${registry.url}@s/a/-/a-1.0.0.tgz`);
  });

  test("returns the abbreviated form on request", async () => {
    const response = await get("a", { accept: `${ABBREVIATED}; q=1.0, application/json; q=0.8` });
    expect(response.headers.get("content-type")).toBe(ABBREVIATED);
    expect(await json(response)).toEqual({
      name: "a",
      "dist-tags": { latest: "1.0.0" },
      modified: "2020-01-01T00:00:00.000Z",
      versions: {
        "1.0.0": {
          name: "a",
          version: "1.0.0",
          dependencies: { b: "1" },
          dist: { tarball: `${registry.url}a/-/a-1.0.0.tgz`, shasum: "0" },
          hasInstallScript: true,
        },
      },
    });
  });

  test("returns one manifest by version or tag", async () => {
    expect((await json(await get("@s/a/1.0.0")))["license"]).toBe("MIT");
    expect((await json(await get("a/latest")))["version"]).toBe("1.0.0");
    expect((await get("a/9.9.9")).status).toBe(404);
  });

  test("returns tarballs byte for byte, and 404 for missing files", async () => {
    const response = await get("@s/a/-/a-1.0.0.tgz");
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array(tarball));
    expect((await get("a/-/a-1.0.0.tgz")).status).toBe(404);
    expect((await get("absent")).status).toBe(404);
  });

  test("answers 304 to its own ETag, and not to that of another form", async () => {
    const etag = (await get("a")).headers.get("etag") ?? "";
    expect((await get("a", { "if-none-match": etag })).status).toBe(304);
    expect((await get("a", { "if-none-match": etag, accept: ABBREVIATED })).status).toBe(200);
    expect((await get("@s%2fa", { "if-none-match": etag })).status).toBe(200);
  });

  test("logs each request", async () => {
    const own = await open();
    await (await own.fetch(`${own.url}@s%2fa`, { headers: { "x-mark": "1" } })).arrayBuffer();
    await (await own.fetch(`${own.url}absent`)).arrayBuffer();
    expect(own.log.map(({ method, path, status }) => [method, path, status])).toEqual([
      ["GET", "@s/a", 200],
      ["GET", "absent", 404],
    ]);
    expect(own.log[0]?.headers.get("x-mark")).toBe("1");
    await own.close();
  });

  test("a fault applies to a number of requests, after a number of others", () =>
    faulty({ path: "a", status: 503, retryAfter: "7", after: 1, times: 2 }, async (fetch) => {
      const statuses: [number, string | null][] = [];
      for (let i = 0; i < 4; i++) {
        const response = await fetch();
        await response.arrayBuffer();
        statuses.push([response.status, response.headers.get("retry-after")]);
      }
      expect(statuses).toEqual([
        [200, null],
        [503, "7"],
        [503, "7"],
        [200, null],
      ]);
    }));

  test("a fault for one path does not affect other paths", () =>
    faulty({ path: "b", status: 500 }, async (fetch) => expect((await fetch()).status).toBe(200)));

  test("a network fault rejects the request", () =>
    faulty({ network: true }, (fetch) => expect(fetch()).rejects.toThrow(TypeError)));

  test("a cut body rejects during reading", () =>
    faulty({ cut: 10 }, async (fetch) => {
      const response = await fetch();
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
    }));

  test("a stalled body ends only with the signal", async () => {
    const broken = await open({ faults: [{ stall: 3 }] });
    const controller = new AbortController();
    const response = await broken.fetch(`${broken.url}a`, { signal: controller.signal });
    const text = response.text();
    const first = await Promise.race([text, new Promise((done) => setTimeout(() => done("still waiting"), 20))]);
    expect(first).toBe("still waiting");
    controller.abort();
    await expect(text).rejects.toThrow();
    await broken.close();
  });

  test("sends a wrong body unchanged", () =>
    faulty({ body: "{" }, async (fetch) => expect(await (await fetch()).text()).toBe("{")));

  test("a strict registry refuses OPTIONS and exposes no header", async () => {
    const strict = await open({ strict: true });
    const response = await strict.fetch(`${strict.url}a`);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-expose-headers")).toBeNull();
    // In memory, an answer without CORS is a network error, as for a page.
    const options = strict.fetch(`${strict.url}a`, { method: "OPTIONS" }).then(({ status }) => status);
    await expect(options.catch(() => 405)).resolves.toBe(405);
    await strict.close();
  });

  test("a shuffle has one order per seed, and loses no request", async () => {
    const orderOf = async (shuffle: number): Promise<string> => {
      const shuffled = await open({ shuffle });
      const order: number[] = [];
      const asks = Array.from({ length: 8 }, async (_, index) => {
        await (await shuffled.fetch(`${shuffled.url}a?${index}`)).arrayBuffer();
        order.push(index);
      });
      await Promise.all(asks);
      await shuffled.close();
      return order.join("");
    };
    const orders = [await orderOf(1), await orderOf(2), await orderOf(3)];
    expect(orders.map((order) => [...order].sort().join(""))).toEqual(Array(3).fill("01234567"));
    expect(new Set(orders).size).toBeGreaterThan(1);
    if (open === inMemory) expect(await orderOf(1)).toBe(orders[0]);
  });
});

test("the server compresses a document if the client accepts gzip", async () => {
  const server = await startRegistry(snapshot);
  const response = await fetch(`${server.url}a`, { headers: { "accept-encoding": "gzip" } });
  expect(response.headers.get("content-encoding")).toBe("gzip");
  expect((await json(response))["name"]).toBe("a");
  await server.close();
});

test("in memory, an error without CORS is a network error, as in a page", async () => {
  const { fetch, url, log } = memoryRegistry(snapshot, { strict: true });
  await expect(fetch(`${url}absent`)).rejects.toThrow(TypeError);
  expect(log[0]?.status).toBe(404);
});

test("in memory, an abort rejects with the signal's reason", async () => {
  const { fetch, url } = memoryRegistry(snapshot, { latency: 1_000 });
  const controller = new AbortController();
  const asked = fetch(`${url}a`, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
});
