import { parseIntegrity } from "../tarball/integrity.ts";

/** The hashes that an integrity of a lock comes to, each as SRI: those of its strongest algorithm. */
export function hashesOf(integrity: string | null): string[] {
  if (!integrity) return [];
  return parseIntegrity(integrity).map(
    ({ algorithm, digest }) => `${algorithm.toLowerCase().replace("-", "")}-${digest}`,
  );
}

/** What a pack is known by while it is fetched: what must come of it, or where it comes from. */
export function packKey(integrity: string | null, url: string): string {
  return hashesOf(integrity)[0] ?? url;
}
