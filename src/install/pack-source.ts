import { parseIntegrity } from "../tarball/integrity.ts";

/** Where a pack comes from. A pack is a package's tarball, with the index of its files. */
export interface PackSource {
  /**
   * The hashes that the tarball must have, or its URL if the lock has no integrity. Equal keys are fetched once. An integrity
   * without a usable hash has a key of its own: no bytes meet it.
   */
  readonly key: string;
  readonly name: string;
  readonly version: string;
  /** An absolute URL, or `file:` and a path relative to the project. */
  readonly url: string;
  /** As the lock has it: SRI of one or several hashes, or null. */
  readonly integrity: string | null;
}

/**
 * Names the source of a package's tarball. Its key holds all hashes of `integrity`: a tarball that meets only one of several
 * hashes must not stand in for a tarball that has to meet another.
 */
export function packSource({ name, version, url, integrity }: Omit<PackSource, "key">): PackSource {
  const key = hashesOf(integrity).join(" ") || (integrity ? `? ${integrity}` : url);
  return { key, name, version, url, integrity };
}

/** Returns the hashes of the strongest algorithm in a lock's `integrity`, each as SRI. */
export function hashesOf(integrity: string | null): string[] {
  if (!integrity) return [];
  return parseIntegrity(integrity).map(
    ({ algorithm, digest }) => `${algorithm.toLowerCase().replace("-", "")}-${digest}`,
  );
}

/** Returns the weaker hash by which a lock knows a pack, if that is its only hash. The pack cache finds the pack by it later. */
export function aliasesOf(integrity: string | null): string[] {
  const hashes = hashesOf(integrity);
  return hashes.length === 1 && !hashes[0]?.startsWith("sha512-") ? hashes : [];
}
