import type { MetadataForm } from "../../../src/api/resolve.ts";

// The messages between the harness and the registry's process.
export interface RegistrySettings {
  /** A folder with `packuments` and optionally `tarballs`, or a pack of recorded cases. */
  snapshot: string;
  transport: Transport;
  /** The forms to prepare in advance. Others are made when they are requested. */
  forms: readonly MetadataForm[];
  /** The delay before each answer, in milliseconds. */
  latency: number;
  profile: Profile;
  /** For `h2`, as PEM. */
  cert: string;
  key: string;
}

/** HTTP/2 over TLS, as public registries use, or plain HTTP/1.1. */
export const TRANSPORTS = ["h2", "h1"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** `mirror` answers slowly, unevenly, in another order, and some bodies come in pieces. */
export const PROFILES = ["plain", "mirror"] as const;
export type Profile = (typeof PROFILES)[number];

export interface LoggedAsk {
  method: string;
  /** The path as received, escaped. */
  path: string;
  accept: string;
  status: number;
  /** Bytes of the body as sent. */
  bytes: number;
}

export interface RegistryLog {
  asks: LoggedAsk[];
  maxInFlight: number;
}

/** Inflated bodies in one file. */
export interface FeedIndex {
  [path: string]: { at: number; length: number; type: string; etag: string };
}

export type ToRegistry =
  | { kind: "take" }
  /** Reads the tarballs at these paths into memory. */
  | { kind: "load"; paths: readonly string[] }
  /** Writes the bodies of these requests to `file`. */
  | { kind: "feed"; asks: readonly Pick<LoggedAsk, "path" | "accept">[]; file: string };

export type FromRegistry =
  | { kind: "ready"; url: string; packuments: number; milliseconds: number }
  | { kind: "log"; log: RegistryLog }
  | { kind: "loaded" }
  | { kind: "feed"; index: FeedIndex };
