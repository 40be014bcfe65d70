import type { Failure } from "../../src/api/failure.ts";
import type { MetadataForm } from "../../src/api/resolve.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import type { RegistryConfig } from "../../src/registry/registry-config.ts";
import type { RegistryRequest, RegistryResponse } from "../../src/registry/transport.ts";

/** A request, as it crosses threads. Without a signal: requests end with their session. */
export type PortRequest = Omit<RegistryRequest, "signal"> & { id: number };

/** The data that a run's network is opened with: its default registry, and the project's credentials. */
export type NetSession = Pick<RegistryConfig, "registry" | "credentials">;

/** From `PortTransport` to `servePort`. A port serves one session after the other. */
export type NetMessage =
  | { kind: "open"; session: NetSession }
  /** All requests of one turn. */
  | { kind: "request"; requests: PortRequest[] }
  /** Asks which part of the store may be read: see `namespaceOf`. */
  | { kind: "namespace"; id: number; registry: string; metadata: MetadataForm }
  | { kind: "hurry"; url: string; rank: number }
  | { kind: "close" };

/** The outcome of one request. */
export interface PortResponse {
  id: number;
  outcome: Outcome<RegistryResponse>;
}

/** From `servePort` to `PortTransport`. Bodies are transferred. */
export type NetReply =
  /** The responses of about one turn. */
  | { kind: "respond"; responses: PortResponse[] }
  | { kind: "namespace"; id: number; namespace: string | null }
  | { kind: "warn"; warning: Failure };
