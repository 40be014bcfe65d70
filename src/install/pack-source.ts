import { parseIntegrity } from "../tarball/integrity.ts";

/** One sha512, and nothing else. */
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** The hashes that an integrity of a lock comes to, each as SRI: those of its strongest algorithm. */
export function hashesOf(integrity: string | null): string[] {
  if (!integrity) return [];
  // What nearly all entries have needs no taking apart.
  if (SHA512.test(integrity)) return [integrity];
  return parseIntegrity(integrity).map(
    ({ algorithm, digest }) => `${algorithm.toLowerCase().replace("-", "")}-${digest}`,
  );
}

/**
 * What a pack is known by while it is fetched: what must come of it, or where it comes from. All of several hashes: which of them
 * comes is open, and nobody who wants one of them is content with another.
 */
export function packKey(integrity: string | null, url: string): string {
  return hashesOf(integrity).join(" ") || url;
}

/** A lock may know a pack by a weaker hash than its sha512: one hash, which what came was held against. */
export function aliasesOf(integrity: string | null): string[] {
  const hashes = hashesOf(integrity);
  return hashes.length === 1 && !hashes[0]?.startsWith("sha512-") ? hashes : [];
}
