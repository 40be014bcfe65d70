import type { Failure } from "../../src/api/failure.ts";
import { PackumentSource } from "../../src/registry/packument-source.ts";
import { registryConfig } from "../../src/registry/registry-config.ts";
import { createFetchTransport, type FetchTransportOptions } from "../../workers/net/fetch-transport.ts";

/** The result in a page: by name, the number of versions or the failure; and the warnings. */
export interface Seen {
  answers: Record<string, number | Failure>;
  warnings: Failure[];
  milliseconds: number;
}

/** Runs in a page: the client with the browser's own fetch. */
export async function look(names: readonly string[], options: FetchTransportOptions): Promise<Seen> {
  const warnings: Failure[] = [];
  const transport = createFetchTransport({ ...options, onWarning: (warning) => warnings.push(warning) });
  const config = registryConfig({ registry: options.registry });
  const source = new PackumentSource({ transport, config, metadata: "abbreviated" });
  const start = performance.now();
  const found = await Promise.all(
    names.map(async (name) => {
      const outcome = await source.packument(name);
      return [name, outcome.ok ? outcome.value.distTags.size : outcome.failure] as const;
    }),
  );
  return { answers: Object.fromEntries(found), warnings, milliseconds: performance.now() - start };
}

/** Starts a request whose body stalls, aborts it, and returns the result. */
export async function leave(url: string): Promise<string> {
  const transport = createFetchTransport({ registry: url });
  const stop = new AbortController();
  const answer = transport.get({ kind: "packument", name: "a", url: `${url}a`, metadata: "full", signal: stop.signal });
  setTimeout(() => stop.abort(), 100);
  const outcome = await answer;
  return outcome.ok ? "ok" : outcome.failure.code;
}
