import { expect, test } from "vitest";
import type { InstallerOptions } from "../../src/api/resolve.ts";
import { ok } from "../../src/errors/failure.ts";
import type { RegistryRequest } from "../../src/registry/transport.ts";
import { UNPACK_LIMITS } from "../../src/tarball/unpack-limits.ts";
import { createInstaller } from "../../web/index.ts";
import { PortTransport } from "../../workers/net/port-transport.ts";
import { servePort } from "../../workers/net/serve-port.ts";

import { lockEntry, lockOf, tarballPath, testPackage } from "../install/packages.ts";
import { openTestRegistry } from "../install/test-registry.ts";
import { failureOf } from "../support/outcome.ts";
import { packumentRequest, registryOf, transportOver } from "./client.ts";

// The limits on requests, from the options of an installer or an install to the request that they apply to.

const A = testPackage("a@1.0.0", {}, { "index.js": "a" });
const PROJECT = { files: { "package.json": '{ "dependencies": { "a": "1.0.0" } }' } };

test("packumentLimit ends a resolution with ELIMIT", async () => {
  await using registry = await openTestRegistry();
  registry.publish(A);
  const create = (packumentLimit: number): ReturnType<typeof createInstaller> =>
    createInstaller({ registry: registry.url, mode: "inline", packumentLimit });
  const failure = await failureOf((await create(100)).resolve(PROJECT));
  expect(failure).toMatchObject({ code: "ELIMIT", package: "a", wayOut: [{ option: "packumentLimit" }] });
  expect(failure.message).toContain("the packument has more than 100 bytes");
  // The limit is that of packuments, not of tarballs.
  const { length } = new TextEncoder().encode(await (await fetch(`${registry.url}a`)).text());
  expect((await (await create(length)).resolve(PROJECT)).versions).toEqual({ a: "1.0.0" });
});

test("limits.tarball ends a download with ELIMIT, after one request", async () => {
  await using registry = await openTestRegistry();
  registry.publish(A);
  const installer = await createInstaller({ registry: registry.url, mode: "inline" });
  const lock = lockOf({ "node_modules/a": lockEntry(A, registry.url) });
  const size = A.bytes.length;
  const failure = await failureOf(installer.install(lock, { limits: { tarball: size - 1 } }));
  expect(failure).toMatchObject({ code: "ELIMIT", package: "a", wayOut: [{ option: "limits" }] });
  expect(failure.message).toContain(`the tarball has more than ${size - 1} bytes`);
  expect(registry.count(tarballPath(A))).toBe(1);
  const project = await installer.install(lock, { limits: { tarball: size } });
  expect(project.exists("node_modules/a/index.js")).toBe(true);
});

test("a limit crosses a port with its request", async () => {
  const { port1, port2 } = new MessageChannel();
  const seen: Omit<RegistryRequest, "signal">[] = [];
  const close = servePort(port2, () => ({
    get: async (request) => {
      seen.push(request);
      return ok({ bytes: new Uint8Array(), transferred: 0 });
    },
    namespace: async () => null,
    dispose: () => {},
  }));
  const net = new PortTransport(port1, { registry: "http://registry.local/" }, () => {});
  await net.get(packumentRequest("a", { kind: "tarball", limit: 7 }));
  net.dispose();
  close();
  expect(seen).toMatchObject([{ kind: "tarball", limit: 7 }]);
});

test.each([
  ["packument", 128 * 1024 * 1024],
  ["manifest", 128 * 1024 * 1024],
  ["tarball", UNPACK_LIMITS.tarball],
] as const)("by default a %s may have %i bytes", async (kind, most) => {
  const declare = (length: number): typeof fetch => {
    const headers = { "content-length": String(length) };
    return async () => new Response("{}", { headers });
  };
  const get = (length: number): ReturnType<ReturnType<typeof transportOver>["get"]> =>
    transportOver(registryOf([]), { fetch: declare(length), retries: 0 }).get(packumentRequest("a", { kind }));
  expect((await get(most)).ok).toBe(true);
  expect(await get(most + 1)).toMatchObject({ ok: false, failure: { code: "ELIMIT" } });
});

test.each<[string, Record<string, unknown>]>([
  ["deadline", { deadline: 0 }],
  ["deadline", { deadline: Number.POSITIVE_INFINITY }],
  ["deadline", { deadline: 2 ** 31 }],
  ["minRate", { minRate: -1 }],
  ["minRate", { minRate: Number.NaN }],
  ["minRate", { minRate: "1000" }],
  ["packumentLimit", { packumentLimit: 0 }],
  ["packumentLimit", { packumentLimit: null }],
])("refuses a %s that no request can have: %j", async (name, options) => {
  const failure = await failureOf(createInstaller({ registry: "http://registry.local/", mode: "inline", ...options }));
  expect(failure).toMatchObject({ code: "EINVALIDOPTION" });
  expect(failure.message).toContain(`options.${name} must be `);
});

test("accepts the largest and the smallest limits", async () => {
  const options: InstallerOptions = { deadline: 2 ** 31 - 1, minRate: 0, packumentLimit: 1 };
  const installer = await createInstaller({ registry: "http://registry.local/", mode: "inline", ...options });
  installer.dispose();
});
