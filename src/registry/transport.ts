import type { Outcome } from "../errors/failure.ts";

export type RequestKind = "packument" | "manifest" | "tarball";

/** One request to a registry. `url` is absolute. It decides which credentials are sent. */
export interface RegistryRequest {
  kind: RequestKind;
  /** The package's name, for messages. */
  name: string;
  url: string;
  /** `full` documents have `time`, `license` and `libc`. The abbreviated form does not. */
  metadata: "full" | "abbreviated";
  /** The ETag of a stored document. The registry does not send the same document again. */
  etag?: string;
  /** The caller stores the response, so the browser's HTTP cache need not. */
  kept?: true;
  /** The caller shares the answer with other runs, so the transport need not. */
  shared?: true;
  /** The priority among waiting requests: lower is sooner, -1 is first. Default 0. */
  rank?: number;
  /** Bytes of the body at most. Default: 128 MiB, or `packumentLimit`; for tarballs 256 MiB. */
  limit?: number;
  signal?: AbortSignal;
}

export interface RegistryResponse {
  bytes: Uint8Array;
  /** Transferred bytes if known (content-length), otherwise the length of the body. */
  transferred: number;
  etag?: string;
  /** The stored document is still current, and `bytes` is empty. */
  notModified?: true;
  /** The packument must not be stored: the store is divided by credentials, and this request had others than its registry. */
  unstorable?: true;
}

/** The core's access to a registry. Never throws: a failure is part of the outcome. */
export interface Transport {
  get(request: RegistryRequest): Promise<Outcome<RegistryResponse>>;
  /** Lowers the rank of a URL to at most `rank`, if its request has not been sent yet. */
  hurry?(url: string, rank: number): void;
  dispose(): void;
}
