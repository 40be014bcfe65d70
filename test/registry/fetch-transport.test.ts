import { afterEach, expect, test, vi } from "vitest";
import type { RegistryRequest } from "../../src/registry/transport.ts";
import { createFetchTransport, type FetchTransportOptions } from "../../workers/net/fetch-transport.ts";
import { bodyOf, failureOf, packumentRequest, registryOf, transportOver } from "./client.ts";

afterEach(() => void vi.useRealTimers());

const NAMES = Array.from({ length: 600 }, (_, index) => `p${index}`);

test("requests the chosen form without needing a preflight", async () => {
  const registry = registryOf(["a"], { strict: true });
  const transport = transportOver(registry);
  const abbreviated = bodyOf(await transport.get(packumentRequest("a"))) as { versions: Record<string, object> };
  const full = bodyOf(await transport.get(packumentRequest("a", { metadata: "full" }))) as typeof abbreviated;
  expect(abbreviated.versions["1.0.0"]).not.toHaveProperty("license");
  expect(full.versions["1.0.0"]).toHaveProperty("license", "MIT");
  for (const { headers } of registry.log) {
    const accept = headers.get("accept") ?? "";
    // The Fetch standard's list of CORS-unsafe request-header bytes, and its limit of length.
    expect(accept).not.toMatch(/["():<>?@[\\\]{}\x7f]/);
    expect(accept.length).toBeLessThanOrEqual(128);
    expect([...headers.keys()].filter((name) => name !== "accept")).toEqual([]);
  }
});

test("uses its limit of concurrent requests fully, and never exceeds it", async () => {
  const registry = registryOf(NAMES, { latency: 2 });
  let active = 0;
  let most = 0;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    most = Math.max(most, ++active);
    try {
      return await registry.fetch(input, init);
    } finally {
      active--;
    }
  };
  for (const [concurrency, expected] of [
    // A browser limits the requests of one connection to 256. Here each request has its own connection.
    [undefined, 16],
    [7, 7],
  ] as const) {
    most = 0;
    const transport = transportOver(registry, { fetch, ...(concurrency ? { concurrency } : {}) });
    const outcomes = await Promise.all(NAMES.map((name) => transport.get(packumentRequest(name))));
    expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    expect(most).toBe(expected);
  }
});

test("recovers from two 503 answers for every name at once", async () => {
  const faults = NAMES.map((path) => ({ path, status: 503, times: 2 }));
  const registry = registryOf(NAMES, { faults });
  const transport = transportOver(registry);
  const outcomes = await Promise.all(NAMES.map((name) => transport.get(packumentRequest(name))));
  expect(outcomes.filter((outcome) => !outcome.ok)).toEqual([]);
  expect(registry.log).toHaveLength(NAMES.length * 3);
});

test("gives up after its retries, and after the total budget of retries", async () => {
  const registry = registryOf(NAMES, { faults: [{ status: 500 }] });
  const one = failureOf(await transportOver(registry, { retries: 2 }).get(packumentRequest("p0")));
  expect(one).toMatchObject({ code: "E500", package: "p0", details: { url: "http://registry.local/p0" } });
  expect(registry.log).toHaveLength(3);
  const transport = transportOver(registry, { concurrency: 10, retries: 3 });
  const outcomes = await Promise.all(NAMES.map((name) => transport.get(packumentRequest(name))));
  expect(outcomes.every((outcome) => failureOf(outcome).code === "E500")).toBe(true);
  expect(registry.log).toHaveLength(3 + NAMES.length + 30);
});

test.each([
  ["seconds", "2", 2000],
  ["a date", "Wed, 21 Oct 2015 07:28:03 GMT", 3000],
])("waits as long as a 429 with Retry-After in %s asks for", async (_, retryAfter, wait) => {
  vi.useFakeTimers({ now: new Date("Wed, 21 Oct 2015 07:28:00 GMT") });
  const registry = registryOf(["a"], { faults: [{ status: 429, retryAfter, times: 1 }] });
  const answer = transportOver(registry).get(packumentRequest("a"));
  await vi.advanceTimersByTimeAsync(wait - 1);
  expect(registry.log).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(bodyOf(await answer)).toHaveProperty("name", "a");
  expect(vi.getTimerCount()).toBe(0);
});

test("reports a registry that asks to wait for an hour, and does not wait", async () => {
  const registry = registryOf(["a"], { faults: [{ status: 429, retryAfter: "3600" }] });
  const { code, wayOut } = failureOf(await transportOver(registry).get(packumentRequest("a")));
  expect(code).toBe("E429");
  expect(wayOut).toEqual([{ kind: "other", text: "Try again in 3600 s." }]);
  expect(registry.log).toHaveLength(1);
});

test("repeats a request whose body was cut", async () => {
  const registry = registryOf(["a"], { faults: [{ cut: 20, times: 2 }] });
  expect(bodyOf(await transportOver(registry).get(packumentRequest("a")))).toHaveProperty("name", "a");
  expect(registry.log).toHaveLength(3);
});

test("does not accept a body that ends early without an error", async () => {
  const cut = { body: '{"name":"a","versions":{' };
  const once = registryOf(["a"], { faults: [{ ...cut, times: 1 }] });
  expect(bodyOf(await transportOver(once).get(packumentRequest("a")))).toHaveProperty("name", "a");
  const always = registryOf(["a"], { faults: [cut] });
  expect(failureOf(await transportOver(always).get(packumentRequest("a"))).code).toBe("EINVALIDPACKUMENT");
});

test.each([
  ["before an answer", undefined],
  ["in the middle of a body", { stall: 10 }],
])("silence %s is ETIMEDOUT, after the usual number of attempts", async (_, fault) => {
  vi.useFakeTimers();
  const registry = registryOf(["a"], { faults: fault ? [fault] : [] });
  let sent = 0;
  const fetch: typeof globalThis.fetch = (input, init) => {
    sent++;
    // A fetch that ignores its signal must not block other requests.
    return fault ? registry.fetch(input, init) : new Promise(() => {});
  };
  const answer = transportOver(registry, { fetch, timeout: 1000, retries: 1 }).get(packumentRequest("a"));
  await vi.advanceTimersByTimeAsync(1999);
  expect(sent).toBe(2);
  await vi.advanceTimersByTimeAsync(10);
  expect(failureOf(await answer).code).toBe("ETIMEDOUT");
  expect(vi.getTimerCount()).toBe(0);
});

/** Returns a fetch whose bodies arrive in pieces: `size` bytes each `interval` milliseconds, until `total` bytes. */
function trickle(total: number, { size, interval }: { size: number; interval: number }): typeof globalThis.fetch {
  return async () => {
    let left = total;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, interval));
        const piece = new Uint8Array(Math.min(size, left)).fill(0x20);
        left -= piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        if (left === 0) controller.close();
      },
    });
    return new Response(body);
  };
}

test.each(["tarball", "packument"] as const)("a slow body that keeps arriving is not a stall: %s", async (kind) => {
  vi.useFakeTimers();
  const fetch = vi.fn(trickle(60, { size: 20, interval: 900 }));
  const transport = transportOver(registryOf([]), { fetch, timeout: 1000, minRate: 20 });
  const answer = transport.get(packumentRequest("a", { kind }));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await answer).toMatchObject({ ok: true, value: { bytes: new Uint8Array(60).fill(0x20) } });
  expect(fetch).toHaveBeenCalledTimes(1);
});

test.each([
  ["a body below the minimum rate", { size: 399, interval: 400 }, "minRate"],
  ["a body that takes longer than the deadline", { size: 400, interval: 400 }, "deadline"],
] as const)("%s is ETIMEDOUT, after the usual number of attempts", async (_, pieces, option) => {
  vi.useFakeTimers();
  const fetch = vi.fn(trickle(Number.POSITIVE_INFINITY, pieces));
  const options = { fetch, timeout: 30_000, deadline: 40_000, retries: 2 };
  const answer = transportOver(registryOf([]), options).get(packumentRequest("a"));
  await vi.advanceTimersByTimeAsync(3 * 40_000 + 1000);
  const failure = failureOf(await answer);
  expect(failure.code).toBe("ETIMEDOUT");
  expect(failure.wayOut.at(-1)).toMatchObject({ kind: "option", option });
  expect(fetch).toHaveBeenCalledTimes(3);
  expect(vi.getTimerCount()).toBe(0);
});

test("a request without an answer ends at the deadline, even while others progress", async () => {
  vi.useFakeTimers();
  const registry = registryOf(["a"]);
  const never: typeof globalThis.fetch = () => new Promise(() => {});
  const fetch: typeof globalThis.fetch = (input, init) =>
    String(input).endsWith("silent") ? never(input) : registry.fetch(input, init);
  const transport = transportOver(registry, { fetch, timeout: 1000, deadline: 3000, retries: 0 });
  const ended = vi.fn();
  const answer = transport.get(packumentRequest("silent")).finally(ended);
  for (let i = 0; i < 8; i++) {
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(400);
    await transport.get(packumentRequest("a"));
  }
  expect(failureOf(await answer).code).toBe("ETIMEDOUT");
});

test("a slow body is excused while other bodies take the bandwidth", async () => {
  vi.useFakeTimers();
  const slow = trickle(60, { size: 10, interval: 900 });
  const busy = trickle(160_000, { size: 16_000, interval: 500 });
  const fetch: typeof globalThis.fetch = (input) => (String(input).endsWith("slow") ? slow(input) : busy(input));
  const transport = transportOver(registryOf([]), { fetch, timeout: 1000, retries: 0 });
  const answers = Promise.all(["slow", "busy"].map((name) => transport.get(packumentRequest(name))));
  await vi.advanceTimersByTimeAsync(10_000);
  expect((await answers).map(({ ok }) => ok)).toEqual([true, true]);
});

test("a request that waits for a connection does not time out while others are served", async () => {
  vi.useFakeTimers();
  const registry = registryOf(["a"]);
  let turn = Promise.resolve();
  const fetch: typeof globalThis.fetch = async (input, init) => {
    // One connection and 600 ms per answer: the fourth request is served after 1,800 ms.
    turn = turn.then(() => new Promise((resolve) => setTimeout(resolve, 600)));
    await turn;
    return registry.fetch(input, init);
  };
  const transport = transportOver(registry, { fetch, timeout: 1000, retries: 0 });
  const answers = Promise.all([1, 2, 3, 4].map(() => transport.get(packumentRequest("a"))));
  await vi.advanceTimersByTimeAsync(2400);
  expect((await answers).every((answer) => answer.ok)).toBe(true);
});

test("gives up a stalled tarball while others continue", async () => {
  vi.useFakeTimers();
  const registry = registryOf(["a"], { faults: [{ path: "stalls", status: 200, body: "gz", stall: 1 }] });
  const transport = transportOver(registry, { timeout: 1000, retries: 0 });
  const ended = vi.fn();
  const url = "http://registry.local/stalls";
  const answer = transport.get(packumentRequest("stalls", { kind: "tarball", url })).finally(ended);
  for (let i = 0; i < 3; i++) {
    await vi.advanceTimersByTimeAsync(400);
    await transport.get(packumentRequest("a"));
  }
  expect(ended).toHaveBeenCalled();
  expect(failureOf(await answer).code).toBe("ETIMEDOUT");
});

test.each(["queued", "under way", "in its body", "waiting to retry"])(
  "abort while %s: EABORTED, nothing left",
  async (when) => {
    vi.useFakeTimers();
    const faults =
      when === "in its body" ? [{ stall: 10 }] : when === "waiting to retry" ? [{ status: 503, retryAfter: "30" }] : [];
    const registry = registryOf(["a", "b"], { faults, latency: when === "under way" || when === "queued" ? 500 : 0 });
    const transport = transportOver(registry, { concurrency: 1 });
    const stop = new AbortController();
    const held = when === "queued" ? transport.get(packumentRequest("b")) : undefined;
    const answer = transport.get(packumentRequest("a", { signal: stop.signal }));
    await vi.advanceTimersByTimeAsync(100);
    const sent = registry.log.length;
    stop.abort(new Error("the reader left"));
    expect(failureOf(await answer).code).toBe("EABORTED");
    expect(failureOf(await transport.get(packumentRequest("a", { signal: stop.signal }))).code).toBe("EABORTED");
    if (held) {
      await vi.advanceTimersByTimeAsync(500);
      expect((await held).ok).toBe(true);
    }
    // The registry's own delay may still be running if the test's fetch reacts slowly.
    await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(0);
    expect(registry.log.length - sent).toBe(held ? 1 : 0);
  },
);

test("dispose ends running requests and refuses later ones", async () => {
  const transport = transportOver(registryOf(["a"], { faults: [{ stall: 5 }] }));
  const answer = transport.get(packumentRequest("a"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  transport.dispose();
  expect(failureOf(await answer).code).toBe("EABORTED");
  expect(failureOf(await transport.get(packumentRequest("a"))).code).toBe("EABORTED");
});

test("many requests on one signal cause no warning about a leak", async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on("warning", listen);
  const transport = transportOver(registryOf(NAMES));
  const { signal } = new AbortController();
  await Promise.all(NAMES.map((name) => transport.get(packumentRequest(name, { signal }))));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  expect(warnings).toEqual([]);
});

test("an unchanged document is not sent again, and a changed one is", async () => {
  const registry = registryOf(["a"]);
  const transport = transportOver(registry);
  const first = await transport.get(packumentRequest("a"));
  const again = await transport.get(packumentRequest("a"));
  expect(registry.log.map(({ status }) => status)).toEqual([200, 304]);
  expect(again.ok && first.ok && again.value.bytes).toBe(first.ok && first.value.bytes);
  expect(again.ok && again.value.transferred).toBe(0);
  // The other form is a different document.
  bodyOf(await transport.get(packumentRequest("a", { metadata: "full" })));
  expect(registry.log[2]?.status).toBe(200);
});

test("fetches bytes again after they were transferred away", async () => {
  const registry = registryOf(["a"]);
  const transport = transportOver(registry);
  const first = await transport.get(packumentRequest("a"));
  if (first.ok) structuredClone(null, { transfer: [first.value.bytes.buffer] });
  expect(bodyOf(await transport.get(packumentRequest("a")))).toHaveProperty("name", "a");
});

test.each([
  [401, "E401"],
  [403, "E403"],
  [404, "E404"],
  [418, "E418"],
])("status %i is %s at once", async (status, code) => {
  const registry = registryOf(["a"], { faults: [{ status }] });
  const failure = failureOf(await transportOver(registry).get(packumentRequest("a")));
  expect(failure).toMatchObject({ code, package: "a", requiredBy: [] });
  expect(failure.wayOut.length).toBeGreaterThan(0);
  expect(registry.log).toHaveLength(1);
});

test.each(["", "nowhere", "file:///etc/passwd", "data:,{}"])("refuses the URL %j", async (url) => {
  const registry = registryOf([]);
  expect(failureOf(await transportOver(registry).get(packumentRequest("a", { url }))).code).toBe("EINVALIDURL");
  expect(registry.log).toHaveLength(0);
});

test("each registry gets its own token, as a bearer token by default, and another host gets none", async () => {
  const registry = registryOf(["a", "b"]);
  const sent: [string, string | null][] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { origin, pathname } = new URL(String(input));
    sent.push([origin, new Headers(init?.headers).get("authorization")]);
    return registry.fetch(`http://registry.local/${pathname.slice(-1)}`, init);
  };
  const asked: string[] = [];
  const token: FetchTransportOptions["token"] = (url, { registry }) => {
    asked.push(`${url} below ${registry}`);
    return { "http://registry.local/": "s3cret", "https://b.example/npm/": "Basic dTpw" }[registry];
  };
  const transport = transportOver(registry, { fetch, token, scopes: { "@b": "https://b.example/npm" } });
  await transport.get(packumentRequest("a"));
  await transport.get(packumentRequest("b", { url: "https://user:hush@b.example/npm/b" }));
  await transport.get(packumentRequest("b", { url: "https://c.example/b" }));
  await transport.get(packumentRequest("a"));
  const tarball = { kind: "tarball", url: "https://b.example/b" } as const;
  await transport.get(packumentRequest("b", tarball));
  expect(asked).toEqual([
    "http://registry.local/a below http://registry.local/",
    // The second is asked for the namespace: the part of the store that these credentials may read.
    "http://registry.local/ below http://registry.local/",
    "https://b.example/npm/b below https://b.example/npm/",
    "https://b.example/npm/ below https://b.example/npm/",
  ]);
  expect(sent).toEqual([
    ["http://registry.local", "Bearer s3cret"],
    ["https://b.example", "Basic dTpw"],
    ["https://c.example", null],
    ["http://registry.local", "Bearer s3cret"],
    ["https://b.example", null],
  ]);
});

/** Answers 401 to all values except these. */
function guarded(good: readonly string[]): { fetch: typeof globalThis.fetch; seen: (string | null)[] } {
  const seen: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    const value = new Headers(init?.headers).get("authorization");
    seen.push(value);
    return good.includes(value ?? "") ? new Response('{"name":"a"}') : new Response("no", { status: 401 });
  };
  return { fetch, seen };
}

test("a refused token is requested once more, together for all refused requests", async () => {
  const { fetch, seen } = guarded(["Bearer new"]);
  let asked = 0;
  const transport = transportOver(registryOf([]), { fetch, token: () => (asked++ ? "new" : "old") });
  const outcomes = await Promise.all([1, 2, 3].map(() => transport.get(packumentRequest("a"))));
  expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
  // The third names the part of the store.
  expect(asked).toBe(3);
  expect(seen).toHaveLength(6);
});

test("a token that is refused again is E401, and the callback is not called further", async () => {
  const { fetch } = guarded([]);
  let asked = 0;
  const token = (): string => {
    asked++;
    return "old";
  };
  const transport = transportOver(registryOf([]), { fetch, token });
  for (const _ of [1, 2, 3]) expect(failureOf(await transport.get(packumentRequest("a"))).code).toBe("E401");
  expect(asked).toBe(2);
});

test.each([
  [
    "throws",
    (): never => {
      throw new Error("hush");
    },
  ],
  ["rejects", () => Promise.reject(new Error("hush"))],
  ["returns text that a header cannot contain", () => "hush\nX-Evil: 1"],
])("a token callback that %s is ENEEDAUTH, and no request is sent", async (_, token) => {
  const registry = registryOf(["a"]);
  const failure = failureOf(await transportOver(registry, { token }).get(packumentRequest("a")));
  expect(failure.code).toBe("ENEEDAUTH");
  expect(JSON.stringify(failure)).not.toContain("hush");
  expect(registry.log).toHaveLength(0);
});

test("no failure reveals a token, a password or a signed query", async () => {
  const url = "http://user:hush-password@registry.local/a?signature=hush-signature#hush-fragment";
  const kinds: RegistryRequest["kind"][] = ["packument", "manifest", "tarball"];
  const faults = [
    { status: 401 },
    { status: 403 },
    { status: 404 },
    { status: 429 },
    { status: 500 },
    { network: true },
    { stall: 1 },
    { cut: 3 },
  ];
  const codes = new Set<string>();
  for (const kind of kinds) {
    for (const fault of faults) {
      const registry = registryOf(["a"], { faults: [fault] });
      const options = { token: () => "hush-token", timeout: 5, retries: 1 };
      const failure = failureOf(await transportOver(registry, options).get(packumentRequest("a", { kind, url })));
      codes.add(failure.code);
      expect(JSON.stringify(failure)).not.toContain("hush");
      for (const ask of registry.log)
        if (ask.method === "GET") expect(ask.headers.get("authorization")).toBe("Bearer hush-token");
    }
  }
  const throwing = createFetchTransport({
    registry: "http://registry.local/",
    retries: 0,
    fetch: () => {
      throw new TypeError(`bad request to ${url}`, { cause: { code: "hush-code" } });
    },
  });
  expect(JSON.stringify(failureOf(await throwing.get(packumentRequest("a", { url }))))).not.toContain("hush");
  expect([...codes].sort()).toEqual(["E401", "E403", "E404", "E429", "E500", "ETIMEDOUT", "EUNREACHABLE"]);
});

test("a failure has the right code even if its wording cannot be loaded", async () => {
  vi.resetModules();
  vi.doMock("../../src/registry/request-failure.ts", () => {
    throw new Error("the site is gone too");
  });
  vi.doMock("../../workers/net/second-look.ts", () => {
    throw new Error("the site is gone too");
  });
  const { createFetchTransport: create } = await import("../../workers/net/fetch-transport.ts");
  const registry = registryOf(["a"], { faults: [{ network: true, times: 2 }, { status: 403 }] });
  const get = async (): Promise<unknown> => {
    const transport = create({ fetch: registry.fetch, registry: registry.url, retries: 1, random: () => 0 });
    return failureOf(await transport.get(packumentRequest("a")));
  };
  expect(await get()).toMatchObject({ code: "EUNREACHABLE", package: "a" });
  expect(await get()).toMatchObject({ code: "E403", package: "a" });
  vi.doUnmock("../../src/registry/request-failure.ts");
  vi.doUnmock("../../workers/net/second-look.ts");
});
