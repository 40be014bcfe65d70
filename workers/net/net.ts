import type { MetadataForm } from "../../src/api.ts";
import type { Failure } from "../../src/errors.ts";
import type { Transport } from "../../src/ports.ts";
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
  const tokens = new Tokens(options.token);
  const transport = createFetchTransport({ ...options, tokens });
  return {
    get: (request) => transport.get(request),
    dispose: () => transport.dispose(),
    async namespace(registry, metadata) {
      const token = await tokens.of(new URL(registry).origin);
      if (token === null) return null;
      const { namespaceOf } = await import("../../src/store/namespace.ts");
      const subtle = globalThis.crypto?.subtle;
      return await namespaceOf({ registry, metadata, token }, subtle && ((bytes) => subtle.digest("SHA-256", bytes)));
    },
  };
}
