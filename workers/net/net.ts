import type { Failure } from "../../src/api/failure.ts";
import type { InstallerOptions, MetadataForm } from "../../src/api/resolve.ts";
import { orAbort } from "../../src/base/on-abort.ts";
import { registryBase } from "../../src/registry/registry-config.ts";
import type { Transport } from "../../src/registry/transport.ts";
import { createFetchTransport, type FetchTransportOptions, openTokens } from "./fetch-transport.ts";
import type { NetSession } from "./net-protocol.ts";
import { type RunGets, SharedGets, sharingTransport } from "./shared-gets.ts";
import type { TokenOptions } from "./tokens.ts";

/** Makes requests, and says which part of the store their credentials allow to read. */
export interface Net extends Transport {
  /** Returns the name of the store's part for this registry and its credentials; null if the token callback failed, so that nothing is stored. */
  namespace(registry: string, metadata: MetadataForm): Promise<string | null>;
  /** Messages between threads so far. */
  readonly messages?: number;
}

/** Opens the network of a run. `run`: its access to shared requests; the caller ends it. Default: one that ends with the net. */
export type OpenNet = (session: NetSession, warn: (warning: Failure) => void, run?: RunGets) => Net;

type NetOptions = FetchTransportOptions & Pick<InstallerOptions, "storeName">;

/** Creates a net over `fetch`, on this thread. */
export function createNet(options: NetOptions): Net {
  const { tokens = openTokens(options) } = options;
  const transport = createFetchTransport({ ...options, ...(tokens && { tokens }) });
  const life = new AbortController();
  return {
    get: (request) => transport.get(request),
    hurry: (url, rank) => transport.hurry?.(url, rank),
    dispose() {
      transport.dispose();
      life.abort();
    },
    async namespace(registry, metadata) {
      // The token callback may never answer. Then the wait ends with the run.
      const known = await tokens;
      const token = known && (await orAbort(known.of(new URL(registry)), life.signal).catch(() => null));
      if (token === null) return null;
      const { namespaceOf } = await import("../../src/metadata-cache/namespace.ts");
      const subtle = globalThis.crypto?.subtle;
      const relay = options.proxy && registryBase(options.proxy, globalThis.location?.href);
      const parts = { registry, metadata, token, name: options.storeName, relay };
      return await namespaceOf(parts, subtle && ((bytes) => subtle.digest("SHA-256", bytes)));
    },
  };
}

/**
 * Returns a function that opens nets. Nets that are open at the same time share the answers of the token callback and, through
 * `shared`, their requests; but not those of a project that has credentials of its own.
 */
export function openNets(
  options: Omit<NetOptions, "registry" | "onWarning" | "tokens" | "credentials"> & TokenOptions,
  shared: SharedGets = new SharedGets(),
): OpenNet {
  const open = new Set<Net>();
  let known: ReturnType<typeof openTokens>;
  return ({ registry, credentials }, onWarning, given) => {
    if (open.size === 0) known = openTokens(options);
    const tokens = credentials ? openTokens({ ...options, credentials }) : known;
    const net = createNet({ ...options, registry, onWarning, ...(tokens && { tokens }) });
    open.add(net);
    const run = given ?? shared.join();
    return {
      ...net,
      ...(!credentials && sharingTransport(net, run)),
      dispose() {
        open.delete(net);
        if (!given) run.leave();
        net.dispose();
      },
    };
  };
}
