import { parseIntegrity } from "../tarball/integrity.ts";

/** Where a pack comes from. A pack is a package's tarball, with the index of its files. */
export interface PackSource {
  /**
   * The hashes that the tarball must have. Without integrity in the lock its URL, or name and version without a URL. Equal keys are fetched once. An integrity
   * without a usable hash has a key of its own: no bytes meet it.
   */
  readonly key: string;
  readonly name: string;
  readonly version: string;
  /** An absolute URL, or `file:` and a path relative to the project. */
  readonly url: string;
  /** True if the lock has no address. Then `url` is the usual one, and the packument names the right one. */
  readonly unresolved?: boolean;
  /** As the lock has it: SRI of one or several hashes, or null. */
  readonly integrity: string | null;
}

/**
 * Names the source of a package's tarball. Its key holds all hashes of `integrity`: a tarball that meets only one of several
 * hashes must not stand in for a tarball that has to meet another.
 */
export function packSource({ name, version, url, unresolved, integrity }: Omit<PackSource, "key">): PackSource {
  const address = unresolved ? `${name}@${version}` : url;
  const key = hashesOf(integrity).join(" ") || (integrity ? `? ${integrity}` : address);
  return { key, name, version, url, ...(unresolved && { unresolved }), integrity };
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
