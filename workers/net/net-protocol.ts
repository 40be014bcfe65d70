import type { Failure } from "../../src/api/failure.ts";
import type { MetadataForm } from "../../src/api/resolve.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import type { RegistryRequest, RegistryResponse } from "../../src/registry/transport.ts";

/** A request as it crosses threads: how long it is wanted is a matter of its session. */
export type Get = Omit<RegistryRequest, "signal"> & { id: number };

/** What a run's network is opened with. */
export interface NetSession {
  /** Base URL of the run's default registry. */
  registry: string;
}

/** From whoever asks. A port serves one session after the other. */
export type NetOrder =
  | { to: "open"; session: NetSession }
  /** As many as came up in one turn. */
  | { to: "get"; gets: Get[] }
  /** Whose stored packuments may be read: see `namespaceOf`. */
  | { to: "namespace"; id: number; registry: string; metadata: MetadataForm }
  | { to: "hurry"; url: string; rank: number }
  | { to: "close" };

/** What came of one request. */
export interface Got {
  id: number;
  outcome: Outcome<RegistryResponse>;
}

/** To whoever asked. Bodies are transferred. */
export type NetAnswer =
  /** As many as came in about a turn. */
  | { of: "got"; gots: Got[] }
  | { of: "namespace"; id: number; namespace: string | null }
  | { of: "warning"; warning: Failure };
