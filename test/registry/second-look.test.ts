import { afterEach, expect, test, vi } from "vitest";
import type { Failure } from "../../src/api/failure.ts";
import type { MemoryRegistry } from "../support/registry/memory-fetch.ts";
import { bodyOf, failureOf, packumentRequest, registryOf, transportOver } from "./client.ts";

// `strict` turns a 404 into a network error, as public registries do for a page.

afterEach(() => void vi.unstubAllGlobals());

const requested = ({ log }: MemoryRegistry): string[] => log.map(({ method, path }) => `${method} ${path}`);

test("a missing name among others is E404, and the message explains how this was determined", async () => {
  const registry = registryOf(["a"], { strict: true });
  const transport = transportOver(registry);
  const [gone, a] = await Promise.all([transport.get(packumentRequest("gone")), transport.get(packumentRequest("a"))]);
  expect(bodyOf(a)).toHaveProperty("name", "a");
  expect(failureOf(gone)).toMatchObject({ code: "E404", package: "gone" });
  expect(failureOf(gone).message).toContain("answered other requests");
  expect(
    requested(registry)
      .filter((line) => line.startsWith("GET"))
      .sort(),
  ).toEqual(["GET a", "GET gone", "GET gone"]);
});

test("an answer that arrives while another request fails proves that the registry is reachable", async () => {
  const registry = registryOf(["a"], { strict: true });
  const fetch: typeof globalThis.fetch = async (input, init) => {
    // Each failure of `gone` takes longer than another request's answer.
    if (String(input).endsWith("gone")) await transport.get(packumentRequest("a"));
    return registry.fetch(input, init);
  };
  const transport = transportOver(registry, { fetch });
  expect(failureOf(await transport.get(packumentRequest("gone"))).code).toBe("E404");
  expect(requested(registry)).toEqual(["GET a", "GET gone", "GET a", "GET gone"]);
});

test("an answer that arrives during the second request counts too", async () => {
  const registry = registryOf(["a"], { strict: true });
  let release = (): void => {};
  const looked = new Promise<void>((resolve) => {
    release = resolve;
  });
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = String(input);
    if (init?.method !== "HEAD") {
      if (url.endsWith("/a")) await looked;
      return registry.fetch(input, init);
    }
    release();
    await a;
    return registry.fetch(input, init);
  };
  const transport = transportOver(registry, { fetch });
  const a = transport.get(packumentRequest("a"));
  expect(failureOf(await transport.get(packumentRequest("gone"))).code).toBe("E404");
  expect(requested(registry).filter((line) => line === "GET gone")).toHaveLength(2);
});

test("for a later missing name, one request for a package that is known to exist decides", async () => {
  const registry = registryOf(["a"], { strict: true });
  const transport = transportOver(registry);
  await transport.get(packumentRequest("a"));
  await new Promise((resolve) => setTimeout(resolve, 2));
  expect(failureOf(await transport.get(packumentRequest("gone"))).code).toBe("E404");
  expect(requested(registry)).toEqual(["GET a", "GET gone", "HEAD a", "GET gone", "HEAD a"]);
});

test("fifty missing names share the second request, which has no token", async () => {
  const registry = registryOf(["a"], { strict: true, latency: 1 });
  const transport = transportOver(registry, { token: () => "hush", concurrency: 50 });
  await transport.get(packumentRequest("a"));
  await new Promise((resolve) => setTimeout(resolve, 2));
  const names = Array.from({ length: 50 }, (_, index) => `gone${index}`);
  const outcomes = await Promise.all(names.map((name) => transport.get(packumentRequest(name))));
  expect(outcomes.every((outcome) => failureOf(outcome).code === "E404")).toBe(true);
  const looks = registry.log.filter(({ method }) => method === "HEAD");
  expect(looks.length).toBeLessThanOrEqual(4);
  expect(looks.some(({ headers }) => headers.has("authorization"))).toBe(false);
});

test("if nothing was read yet, requests a package that every registry has", async () => {
  const registry = registryOf(["react"], { strict: true });
  expect(failureOf(await transportOver(registry).get(packumentRequest("@scope/gone"))).code).toBe("E404");
  expect(requested(registry)).toContain("HEAD react");
});

test("a registry that does not answer is EUNREACHABLE after the usual retries", async () => {
  const registry = registryOf(["a"], { faults: [{ network: true }] });
  const failure = failureOf(await transportOver(registry).get(packumentRequest("a")));
  expect(failure).toMatchObject({ code: "EUNREACHABLE", details: { reason: "network" } });
  expect(failure.wayOut).toContainEqual(expect.objectContaining({ kind: "option", option: "proxy" }));
  expect(registry.log.filter(({ method }) => method === "GET")).toHaveLength(4);
});

test("a registry that disappears during a run is EUNREACHABLE, not E404", async () => {
  const registry = registryOf(["a", "b"], { strict: true, faults: [{ network: true, after: 1 }] });
  const transport = transportOver(registry);
  bodyOf(await transport.get(packumentRequest("a")));
  await new Promise((resolve) => setTimeout(resolve, 2));
  expect(failureOf(await transport.get(packumentRequest("b"))).code).toBe("EUNREACHABLE");
});

test("a single broken connection does not make a package missing", async () => {
  const registry = registryOf(["a", "b"], { strict: true, faults: [{ path: "b", network: true, times: 1 }] });
  const transport = transportOver(registry);
  const answers = await Promise.all(["a", "b"].map((name) => transport.get(packumentRequest(name))));
  expect(answers.every((answer) => answer.ok)).toBe(true);
});

test("a network error in a body is never E404", async () => {
  const registry = registryOf(["a", "b"], { strict: true, faults: [{ path: "b", cut: 5 }] });
  const transport = transportOver(registry);
  const [, b] = await Promise.all(["a", "b"].map((name) => transport.get(packumentRequest(name))));
  expect(failureOf(b!).code).toBe("EUNREACHABLE");
});

test("an error with a system's code is a network failure, without a second request", async () => {
  const registry = registryOf(["a"]);
  const fetch = async (): Promise<never> => {
    throw new TypeError("fetch failed", { cause: { code: "ENOTFOUND" } });
  };
  const failure = failureOf(await transportOver(registry, { fetch }).get(packumentRequest("a")));
  expect(failure).toMatchObject({ code: "EUNREACHABLE", found: "ENOTFOUND" });
});

test("reports an offline page at once", async () => {
  vi.stubGlobal("navigator", { onLine: false });
  const registry = registryOf(["a"], { faults: [{ network: true }] });
  const failure = failureOf(await transportOver(registry).get(packumentRequest("a")));
  expect(failure).toMatchObject({ code: "EUNREACHABLE", details: { reason: "offline" } });
  expect(registry.log).toHaveLength(1);
});

/** A page on `page.example`. If `there`, its server relays to `registry` below `/relay/`. */
function pageWithRelay(direct: MemoryRegistry, relay: MemoryRegistry, there = true): typeof globalThis.fetch {
  return async (input, init) => {
    const url = new URL(String(input));
    if (url.origin !== "http://page.example") return direct.fetch(input, init);
    const index = (): Response => new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
    if (!there) return index();
    return relay.fetch(`http://registry.local${url.pathname.slice("/relay".length)}`, init);
  };
}

const proxy = "http://page.example/relay";

test("a relay takes over for good if the registry is not readable, with one warning", async () => {
  const direct = registryOf(["a", "b"], { faults: [{ noCors: true }] });
  const relay = registryOf(["a", "b"]);
  const warnings: Failure[] = [];
  const fetch = pageWithRelay(direct, relay);
  const transport = transportOver(direct, { fetch, proxy, onWarning: (warning) => warnings.push(warning) });
  const answers = await Promise.all(["a", "b", "gone"].map((name) => transport.get(packumentRequest(name))));
  expect(answers.map((answer) => answer.ok)).toEqual([true, true, false]);
  expect(failureOf(answers[2]!)).toMatchObject({ code: "E404", details: { url: "http://registry.local/gone" } });
  expect(warnings).toEqual([expect.objectContaining({ code: "EPROXIED" })]);
  const before = direct.log.length;
  bodyOf(await transport.get(packumentRequest("a", { metadata: "full" })));
  expect(direct.log).toHaveLength(before);
});

test("if the registry is readable, a relay is used only to confirm missing packages", async () => {
  const direct = registryOf(["a"], { strict: true });
  const relay = registryOf(["a"]);
  const warnings: Failure[] = [];
  const fetch = pageWithRelay(direct, relay);
  const transport = transportOver(direct, { fetch, proxy, onWarning: (warning) => warnings.push(warning) });
  const [a, gone] = await Promise.all(["a", "gone"].map((name) => transport.get(packumentRequest(name))));
  expect(bodyOf(a!)).toHaveProperty("name", "a");
  expect(failureOf(gone!)).toMatchObject({ code: "E404", found: "404" });
  expect(requested(relay)).toEqual(["GET gone"]);
  expect(warnings).toEqual([]);
});

test("does not mistake a site without a relay for one", async () => {
  const direct = registryOf(["a"], { faults: [{ noCors: true }] });
  const warnings: Failure[] = [];
  const fetch = pageWithRelay(direct, registryOf(["a"]), false);
  const transport = transportOver(direct, { fetch, proxy, onWarning: (warning) => warnings.push(warning) });
  expect(failureOf(await transport.get(packumentRequest("a"))).code).toBe("EUNREACHABLE");
  expect(warnings).toEqual([]);
});

test("packages and tokens of another registry do not go through the relay", async () => {
  const direct = registryOf(["a"], { faults: [{ network: true }] });
  const relay = registryOf(["a"]);
  const fetch = pageWithRelay(direct, relay);
  const transport = transportOver(direct, {
    fetch,
    proxy,
    retries: 1,
    token: () => "hush",
    scopes: { "@o": "https://other.example/" },
  });
  const url = "https://other.example/@o%2fa";
  expect(failureOf(await transport.get(packumentRequest("@o/a", { url }))).code).toBe("EUNREACHABLE");
  expect(relay.log).toHaveLength(0);
});

test("does not send the registry's token to the relay", async () => {
  const direct = registryOf(["a"], { faults: [{ network: true }] });
  const relay = registryOf(["a"]);
  const token = (): string => "hush";
  const transport = transportOver(direct, { fetch: pageWithRelay(direct, relay), proxy, token });
  for (const metadata of ["abbreviated", "full"] as const)
    bodyOf(await transport.get(packumentRequest("a", { metadata })));
  expect(relay.log.map(({ headers }) => headers.get("authorization"))).toEqual([null, null]);
  expect(direct.log[0]?.headers.get("authorization")).toBe("Bearer hush");
});

test("a broken relay is EUNREACHABLE and hides no answers", async () => {
  const direct = registryOf(["a"], { faults: [{ network: true }] });
  const relay = registryOf(["a"], { faults: [{ network: true, after: 1 }] });
  const transport = transportOver(direct, { fetch: pageWithRelay(direct, relay), proxy });
  bodyOf(await transport.get(packumentRequest("a")));
  const before = direct.log.length;
  expect(failureOf(await transport.get(packumentRequest("b"))).code).toBe("EUNREACHABLE");
  expect(direct.log).toHaveLength(before);
});

test.each([
  ["https://page.example/", "http://registry.example/", true],
  ["blob:https://page.example/1-2", "http://registry.example/", true],
  ["https://page.example/", "http://127.0.0.1:4873/", false],
  ["https://page.example/", "http://localhost:4873/", false],
  ["https://page.example/", "http://my.localhost/", false],
  ["https://page.example/", "http://[::1]/", false],
  ["https://page.example/", "https://registry.example/", false],
  ["http://page.example/", "http://registry.example/", false],
])("on the page %s, %s is mixed content: %s", async (page, registry, isMixed) => {
  vi.stubGlobal("location", new URL(page));
  let requests = 0;
  const fetch = async (): Promise<Response> => {
    requests++;
    throw new TypeError("Failed to fetch");
  };
  const transport = transportOver(registryOf([]), { fetch, registry, retries: isMixed ? 3 : 0 });
  const failure = failureOf(await transport.get(packumentRequest("a", { url: `${registry}a` })));
  expect(failure).toMatchObject({ code: "EUNREACHABLE", details: { reason: isMixed ? "mixed" : "network" } });
  expect(failure.message.includes("mixed content")).toBe(isMixed);
  // Nothing is tried again: the browser would block that too.
  if (isMixed) expect(requests).toBe(1);
  if (isMixed) expect(failure.wayOut).toMatchObject([{ option: "registry" }, { option: "proxy" }]);
});

test("a relay answers for a registry that is mixed content", async () => {
  vi.stubGlobal("location", new URL("https://page.example/"));
  const { fetch: answer } = registryOf(["a"]);
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = String(input);
    if (url.startsWith("http:")) throw new TypeError("Failed to fetch");
    return answer(url.replace("https://relay.example/", "http://registry.local/"), init);
  };
  const warnings: Failure[] = [];
  const proxy = "https://relay.example/";
  const transport = transportOver(registryOf([]), { fetch, proxy, onWarning: (one) => void warnings.push(one) });
  expect(bodyOf(await transport.get(packumentRequest("a")))).toHaveProperty("name", "a");
  expect(warnings.map(({ code }) => code)).toEqual(["EPROXIED"]);
});
