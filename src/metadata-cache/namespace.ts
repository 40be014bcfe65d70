import type { MetadataForm } from "../api/resolve.ts";

/** Whose packuments: of which registry, in which form, for which credentials. */
export interface NamespaceParts {
  /** Base URL, with a trailing slash. */
  registry: string;
  metadata: MetadataForm;
  /** The whole `Authorization` value. */
  token?: string | undefined;
}

/** SHA-256. */
export type Digest = (bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>;

/**
 * The name under which a registry's packuments are kept. Of a token it has half a digest, 128 bits: two tokens never
 * see each other's data, and the token is not written anywhere. Null, do not store: there is a token and no `digest` (a page
 * without TLS has none).
 */
export async function namespaceOf(parts: NamespaceParts, digest: Digest | undefined): Promise<string | null> {
  const { registry, metadata, token } = parts;
  const open = `${metadata} ${registry}`;
  if (!token) return open;
  try {
    // The registry is hashed too, so that one token's digest differs from registry to registry.
    const hash = await digest?.(new TextEncoder().encode(`${registry}\n${token}`));
    if (!hash) return null;
    const hex = [...new Uint8Array(hash, 0, 16)].map((byte) => byte.toString(16).padStart(2, "0"));
    return `${open} ${hex.join("")}`;
  } catch {
    return null;
  }
}
