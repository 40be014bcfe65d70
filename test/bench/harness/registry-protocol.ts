import type { MetadataForm } from "../../../src/api/resolve.ts";

/** What the harness and the registry's process say to each other. */
export interface RegistrySettings {
  /** A folder with `packuments` and perhaps `tarballs`; or a pack of recorded cases, whose packuments and tarballs it serves. */
  snapshot: string;
  transport: Transport;
  /** Forms to have ready before listening; others are made when they are asked for. */
  forms: readonly MetadataForm[];
  /** Milliseconds before each answer. */
  latency: number;
  profile: Profile;
  /** PEM, for `h2`. */
  cert: string;
  key: string;
}

/** HTTP/2 over TLS, as public registries speak it, or plain HTTP/1.1. */
export const TRANSPORTS = ["h2", "h1"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** `mirror` answers slowly, unevenly, in another order, and some bodies come in pieces. */
export const PROFILES = ["plain", "mirror"] as const;
export type Profile = (typeof PROFILES)[number];

export interface LoggedAsk {
  method: string;
  /** As it came, escaped. */
  path: string;
  accept: string;
  status: number;
  /** Of the body as sent. */
  bytes: number;
}

export interface RegistryLog {
  asks: LoggedAsk[];
  maxInFlight: number;
}

/** Bodies in one piece, as they are after inflating. */
export interface FeedIndex {
  [path: string]: { at: number; length: number; type: string; etag: string };
}

export type ToRegistry =
  | { kind: "take" }
  /** Reads the tarballs at these paths into memory. */
  | { kind: "load"; paths: readonly string[] }
  /** Writes the bodies of these asks to `file`. */
  | { kind: "feed"; asks: readonly Pick<LoggedAsk, "path" | "accept">[]; file: string };

export type FromRegistry =
  | { kind: "ready"; url: string; packuments: number; milliseconds: number }
  | { kind: "log"; log: RegistryLog }
  | { kind: "loaded" }
  | { kind: "feed"; index: FeedIndex };
