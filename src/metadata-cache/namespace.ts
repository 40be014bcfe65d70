import type { MetadataForm } from "../api/resolve.ts";

/** The parts that separate one registry's packuments from another's. */
export interface NamespaceParts {
  /** Base URL, with a trailing slash. */
  registry: string;
  metadata: MetadataForm;
  /** The whole `Authorization` value. */
  token?: string | undefined;
  /** The `storeName` of the installer. */
  name?: string | undefined;
  /** Base URL of the relay, which may have credentials of its own. */
  relay?: string | undefined;
}

/** Computes SHA-256. */
export type Sha256 = (bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>;

/**
 * Returns the name under which a registry's packuments are cached. Spaces divide its parts, and no part contains one. A token
 * contributes half of its SHA-256 (128 bits): two tokens never see each other's data, and the token itself is not stored. Returns
 * null, which means "do not cache", if there is a token and no `digest` (a page without TLS has none).
 */
export async function namespaceOf(parts: NamespaceParts, digest: Sha256 | undefined): Promise<string | null> {
  const { registry, metadata, token, name, relay } = parts;
  const open = `${metadata} ${registry}${relay ? ` via ${relay}` : ""}${name ? ` of ${encodeURIComponent(name)}` : ""}`;
  if (!token) return open;
  try {
    // The registry is hashed too, so that a token has a different digest for each registry.
    const hash = await digest?.(new TextEncoder().encode(`${registry}\n${token}`));
    if (!hash) return null;
    const hex = [...new Uint8Array(hash, 0, 16)].map((byte) => byte.toString(16).padStart(2, "0"));
    return `${open} ${hex.join("")}`;
  } catch {
    return null;
  }
}
