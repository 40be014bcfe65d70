import type { Dist } from "../api/manifest.ts";
import { namesHash, parseIntegrity } from "../base/parse-integrity.ts";

const INTEGRITY_HASH = /^(sha1|sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})(\?[!-~]*)?$/;

/**
 * Returns the integrity that a lock records for a tarball (npm-tree §3.4): `dist.integrity` without unknown hashes, otherwise
 * the older `shasum` (hex) as `sha1-` and base64, otherwise null.
 */
export function integrityOf(dist: Dist | undefined): string | null {
  if (!dist) return null;
  if (typeof dist.integrity === "string" && dist.integrity) {
    const hashes = dist.integrity.trim().split(/\s+/);
    // Keeps an unreadable hash, so that its tarball is refused. A weaker hash must not stand in for it.
    if (namesHash(dist.integrity) && parseIntegrity(dist.integrity).length === 0) return hashes.join(" ");
    const known = hashes.filter((hash) => INTEGRITY_HASH.test(hash));
    if (known.length > 0) return known.join(" ");
  }
  if (typeof dist.shasum !== "string" || !/^(?:[0-9a-f]{2})+$/i.test(dist.shasum)) return null;
  const bytes = dist.shasum.match(/../g) as string[];
  return `sha1-${btoa(String.fromCharCode(...bytes.map((hex) => Number.parseInt(hex, 16))))}`;
}
