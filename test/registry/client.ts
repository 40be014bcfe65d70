import type { Failure } from "../../src/api/failure.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import type { RegistryRequest, RegistryResponse, Transport } from "../../src/registry/transport.ts";
import { createFetchTransport, type FetchTransportOptions } from "../../workers/net/fetch-transport.ts";
import { type MemoryRegistry, memoryRegistry } from "../support/registry/memory-fetch.ts";
import type { RegistryOptions } from "../support/registry/responder.ts";
import { inlineSnapshot } from "../support/registry/snapshot.ts";

/** Returns a registry with these packages, each at 1.0.0. */
export function registryOf(names: readonly string[], options: RegistryOptions = {}): MemoryRegistry {
  const documents = names.map((name) => {
    const tarball = `http://registry.local/${name}/-/${name}-1.0.0.tgz`;
    const versions = { "1.0.0": { name, version: "1.0.0", license: "MIT", dist: { tarball } } };
    return [name, { name, "dist-tags": { latest: "1.0.0" }, versions, time: {} }] as const;
  });
  return memoryRegistry(inlineSnapshot(Object.fromEntries(documents)), options);
}

/** The random delay of a retry is zero, so that a test waits only if it asks to. */
export function transportOver(registry: MemoryRegistry, options: Partial<FetchTransportOptions> = {}): Transport {
  return createFetchTransport({ fetch: registry.fetch, registry: registry.url, random: () => 0, ...options });
}

export function packumentRequest(name: string, more: Partial<RegistryRequest> = {}): RegistryRequest {
  const url = `http://registry.local/${name.replace("/", "%2f")}`;
  return { kind: "packument", name, url, metadata: "abbreviated", ...more };
}

export function bodyOf(outcome: Outcome<RegistryResponse>): unknown {
  if (!outcome.ok) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return JSON.parse(new TextDecoder().decode(outcome.value.bytes));
}

export function failureOf(outcome: Outcome<unknown>): Failure {
  if (outcome.ok) throw new Error("expected a failure");
  return outcome.failure;
}
