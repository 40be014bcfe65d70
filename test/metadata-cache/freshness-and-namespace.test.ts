import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { CacheMode } from "../../src/api/resolve.ts";
import { freshness } from "../../src/metadata-cache/freshness.ts";
import { namespaceOf } from "../../src/metadata-cache/namespace.ts";
import { digest } from "../../workers/host/platform-tools.ts";

const NOW = 1_700_000_000_000;

test("freshness follows from the cache mode and the age", () => {
  const row = (cache: CacheMode): string =>
    [0, 299_999, 300_000, -1].map((age) => freshness({ fetchedAt: NOW - age }, cache, NOW)).join(" ");
  expect(row("default")).toBe("fresh fresh stale stale");
  expect(row("revalidate")).toBe("stale stale stale stale");
  expect(row("prefer-offline")).toBe("fresh fresh fresh fresh");
  expect(row("offline")).toBe("fresh fresh fresh fresh");
  expect(row("none")).toBe("missing missing missing missing");
  for (const cache of ["default", "revalidate", "prefer-offline", "offline", "none"] as const) {
    expect(freshness(undefined, cache, NOW)).toBe("missing");
  }
});

const parts = { registry: "http://registry.local/", metadata: "abbreviated" } as const;

test("a namespace is a registry, a form and a digest of the credentials", async () => {
  expect(await namespaceOf(parts, undefined)).toBe("abbreviated http://registry.local/");
  const secret = "Bearer hunter2";
  const hash = createHash("sha256").update(`${parts.registry}\n${secret}`).digest("hex");
  const own = await namespaceOf({ ...parts, token: secret }, digest);
  expect(own).toBe(`abbreviated http://registry.local/ ${hash.slice(0, 32)}`);
});

test("different tokens, forms and registries never share a namespace", async () => {
  const all = [undefined, "Bearer a", "Bearer b"].flatMap((token) =>
    (["full", "abbreviated"] as const).flatMap((metadata) =>
      ["http://a/", "http://b/"].map((registry) => ({ token, metadata, registry })),
    ),
  );
  const more = [undefined, "a", "b c", "via"].flatMap((name) =>
    [undefined, "http://a/", "http://page/relay/"].map((relay) => ({ ...parts, name, relay })),
  );
  all.push(...more.filter(({ name, relay }) => name ?? relay).map((one) => ({ ...one, token: undefined })));
  const names = await Promise.all(all.map((one) => namespaceOf(one, digest)));
  expect(new Set(names).size).toBe(all.length);
  expect(names.join()).not.toContain("Bearer");
});

test("a token without a digest function gives no namespace", async () => {
  expect(await namespaceOf({ ...parts, token: "Bearer a" }, undefined)).toBeNull();
  expect(await namespaceOf({ ...parts, token: "Bearer a" }, () => Promise.reject(new Error("no")))).toBeNull();
});
