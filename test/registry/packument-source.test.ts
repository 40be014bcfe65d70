import { expect, test } from "vitest";
import { ok } from "../../src/errors/failure.ts";
import { PackumentSource } from "../../src/registry/packument-source.ts";
import { registryConfig } from "../../src/registry/registry-config.ts";
import type { RegistryRequest, Transport } from "../../src/registry/transport.ts";
import { failureOf, registryOf, transportOver } from "./client.ts";

const config = registryConfig({ registry: "http://registry.local/", scopes: { "@o": "https://o.example/npm/" } });

/** Answers with `texts` by URL, and records the requests. */
function stub(texts: Record<string, string>): { transport: Transport; requested: RegistryRequest[] } {
  const requested: RegistryRequest[] = [];
  const transport: Transport = {
    async get(request) {
      requested.push(request);
      const bytes = new TextEncoder().encode(texts[request.url] ?? "");
      return ok({ bytes, transferred: 7 });
    },
    dispose() {},
  };
  return { transport, requested };
}

test("requests a name once per run, for any number of callers", async () => {
  const registry = registryOf(["a"]);
  const source = new PackumentSource({ transport: transportOver(registry), config, metadata: "abbreviated" });
  expect(source.peek("a")).toBeUndefined();
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => source.packument("a")));
  outcomes.push(await source.packument("a"));
  expect(new Set(outcomes).size).toBe(1);
  expect(source.peek("a")).toBe(outcomes[0]);
  expect(outcomes[0]?.ok && [...outcomes[0].value.distTags]).toEqual([["latest", "1.0.0"]]);
  expect(registry.log).toHaveLength(1);
  expect(source.counts).toMatchObject({ known: 1, fetched: 1, packuments: 1, requests: 1 });
  expect(source.counts.bytes).toBeGreaterThan(0);
});

test("the first outcome holds for the run, even a failure", async () => {
  const registry = registryOf(["a"], { faults: [{ status: 404, times: 1 }] });
  const source = new PackumentSource({ transport: transportOver(registry), config, metadata: "full" });
  const first = await source.packument("a");
  expect(failureOf(first).code).toBe("E404");
  expect(await source.packument("a")).toBe(first);
  expect(registry.log).toHaveLength(1);
  expect(source.counts).toMatchObject({ known: 1, fetched: 1, packuments: 0 });
});

test("requests from the scope's registry, in the run's form, with the run's signal", async () => {
  const { transport, requested } = stub({});
  const { signal } = new AbortController();
  const source = new PackumentSource({ transport, config, metadata: "full", signal });
  await source.packument("@o/a");
  await source.manifest("@o/a", "1.0.0");
  await source.tarball("@o/a", "https://o.example/npm/@o/a/-/a-1.0.0.tgz");
  expect(requested).toEqual([
    { kind: "packument", rank: 0, name: "@o/a", url: "https://o.example/npm/@o%2fa", metadata: "full", signal },
    { kind: "manifest", name: "@o/a", url: "https://o.example/npm/@o%2fa/1.0.0", metadata: "full", signal },
    { kind: "tarball", name: "@o/a", url: "https://o.example/npm/@o/a/-/a-1.0.0.tgz", metadata: "full", signal },
  ]);
  expect(source.counts).toMatchObject({ requests: 3, bytes: 21 });
});

test.each(["[]", "null", '"text"', "{", "<html>", ""])("refuses %j as a packument and as a manifest", async (text) => {
  const { transport } = stub({ "http://registry.local/a": text, "http://registry.local/a/1.0.0": text });
  const source = new PackumentSource({ transport, config, metadata: "full" });
  expect(failureOf(await source.packument("a")).code).toBe("EINVALIDPACKUMENT");
  expect(failureOf(await source.manifest("a", "1.0.0")).code).toBe("EINVALIDPACKUMENT");
});

test("fetches one version's manifest and a tarball's bytes, once each", async () => {
  const { transport, requested } = stub({ "http://registry.local/a/1.0.0": '{"name":"a","license":"MIT"}' });
  const source = new PackumentSource({ transport, config, metadata: "abbreviated" });
  const [one, two] = await Promise.all([source.manifest("a", "1.0.0"), source.manifest("a", "1.0.0")]);
  expect(one.ok && one.value.license).toBe("MIT");
  expect(two).toBe(one);
  const url = "http://registry.local/a/-/a-1.0.0.tgz";
  expect(await source.tarball("a", url)).toBe(await source.tarball("a", url));
  expect(requested).toHaveLength(2);
});

test.each(["..", ".", "../../x", "a/../b", "@s/..", "a?b", "", "a b", "a/b/c"])(
  "refuses the name %j before making a URL",
  async (name) => {
    const { transport, requested } = stub({});
    const source = new PackumentSource({ transport, config, metadata: "full" });
    expect(failureOf(await source.packument(name)).code).toBe("EINVALIDPACKAGENAME");
    expect(failureOf(await source.manifest(name, "1.0.0")).code).toBe("EINVALIDPACKAGENAME");
    expect(requested).toEqual([]);
  },
);

test.each([
  ["<!doctype html><title>Log in</title>", true],
  ["[1]", false],
])("a document %j is a web page: %s", async (text, isPage) => {
  const { transport } = stub({ "http://registry.local/a": text });
  const source = new PackumentSource({ transport, config, metadata: "full" });
  const failure = failureOf(await source.packument("a"));
  expect(failure.code).toBe("EINVALIDPACKUMENT");
  expect(failure.message.includes("http://registry.local/a answered with a web page")).toBe(isPage);
  if (isPage) expect(failure.wayOut).toMatchObject([{ option: "registry" }, { option: "token" }]);
});
