import type { Outcome } from "../errors/failure.ts";

export type RequestKind = "packument" | "manifest" | "tarball";

/** One request to a registry. `url` is absolute; `origin` decides which credentials may be sent. */
export interface RegistryRequest {
  kind: RequestKind;
  /** Package name, for messages. */
  name: string;
  url: string;
  /** `full` documents carry `time`, `license`, `libc`; the abbreviated form does not. */
  metadata: "full" | "abbreviated";
  /** Of the document that is at hand: the same one need not be sent again. */
  etag?: string;
  /** Whoever asks keeps what comes: no other cache needs to. */
  kept?: true;
  /** How soon it is wanted, beside others that wait: lower is sooner, -1 before all. Default 0. */
  rank?: number;
  signal?: AbortSignal;
}

export interface RegistryResponse {
  bytes: Uint8Array;
  /** Bytes over the wire when known (content-length), else the length of the body. */
  transferred: number;
  etag?: string;
  /** The document at hand still holds: `bytes` are empty. */
  notModified?: true;
}

/** What the core is handed to reach a registry. Never throws: an outcome is data. */
export interface Transport {
  get(request: RegistryRequest): Promise<Outcome<RegistryResponse>>;
  /** This URL, if it has not been asked for yet, has at most this rank from here on. */
  hurry?(url: string, rank: number): void;
  dispose(): void;
}
