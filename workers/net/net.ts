import type { Failure } from "../../src/api/failure.ts";
import type { MetadataForm } from "../../src/api/resolve.ts";
import { orAbort } from "../../src/base/on-abort.ts";
import type { Transport } from "../../src/registry/transport.ts";
import { createFetchTransport, type FetchTransportOptions } from "./fetch-transport.ts";
import type { NetSession } from "./net-protocol.ts";
import { Tokens } from "./tokens.ts";

/** Requests, and what their credentials allow to be read from the store. */
export interface Net extends Transport {
  /** Whose packuments: null where that cannot be said, so that nothing is stored. */
  namespace(registry: string, metadata: MetadataForm): Promise<string | null>;
  /** Between threads, so far. */
  readonly messages?: number;
}

export type OpenNet = (session: NetSession, warn: (warning: Failure) => void) => Net;

/** Over `fetch`, on this thread. */
export function createNet(options: FetchTransportOptions): Net {
  const { tokens = new Tokens(options.token) } = options;
  const transport = createFetchTransport({ ...options, tokens });
  const life = new AbortController();
  return {
    get: (request) => transport.get(request),
    hurry: (url, rank) => transport.hurry?.(url, rank),
    dispose() {
      transport.dispose();
      life.abort();
    },
    async namespace(registry, metadata) {
      // Nobody may be there to answer for a token: then it takes as long as the run.
      const token = await orAbort(tokens.of(new URL(registry).origin), life.signal).catch(() => null);
      if (token === null) return null;
      const { namespaceOf } = await import("../../src/metadata-cache/namespace.ts");
      const subtle = globalThis.crypto?.subtle;
      return await namespaceOf({ registry, metadata, token }, subtle && ((bytes) => subtle.digest("SHA-256", bytes)));
    },
  };
}

/** One after the other, or at once: those that are open at the same time are one run's, and ask for its credentials once. */
export function openNets(options: Omit<FetchTransportOptions, "registry" | "onWarning" | "tokens">): OpenNet {
  const open = new Set<Net>();
  let tokens: Tokens;
  return ({ registry }, onWarning) => {
    if (open.size === 0) tokens = new Tokens(options.token);
    const net = createNet({ ...options, registry, onWarning, tokens });
    open.add(net);
    const dispose = (): void => {
      open.delete(net);
      net.dispose();
    };
    return { ...net, dispose };
  };
}
