import type { Dist } from "../api/manifest.ts";

const INTEGRITY_HASH = /^sha(?:512|384|256|1)-[A-Za-z0-9+/]+={0,2}(?:\?[!-~]*)?$/;

/**
 * Returns the integrity that a lock records for a tarball (npm-tree §3.4): `dist.integrity` without unknown hashes, otherwise
 * the older `shasum` (hex) as `sha1-` and base64, otherwise null.
 */
export function integrityOf(dist: Dist | undefined): string | null {
  if (!dist) return null;
  if (typeof dist.integrity === "string" && dist.integrity) {
    const hashes = dist.integrity.trim().split(/\s+/);
    const known = hashes.filter((hash) => INTEGRITY_HASH.test(hash));
    // Keeps unreadable hashes unless a sha512 decides, so that their tarball is refused. No weaker hash stands in for them.
    if (
      known.length < hashes.length &&
      !/^sha512/m.test(known.join("\n")) &&
      /\bsha(?:512|384|256|1)-/i.test(dist.integrity)
    )
      return hashes.join(" ");
    if (known.length > 0) return known.join(" ");
  }
  if (typeof dist.shasum !== "string" || !/^(?:[0-9a-f]{2})+$/i.test(dist.shasum)) return null;
  const bytes = dist.shasum.match(/../g) as string[];
  return `sha1-${btoa(String.fromCharCode(...bytes.map((hex) => Number.parseInt(hex, 16))))}`;
}
