// Subresource Integrity (W3C SRI, §3.3) with sha1, which npm's old entries have. As strict as `ssri`, or stricter.

export type HashName = "SHA-512" | "SHA-384" | "SHA-256" | "SHA-1";

/** One hash of an integrity string; `digest` is base64. */
export interface Hash {
  algorithm: HashName;
  digest: string;
}

/** Strongest first, each with the length of its digest in base64. */
const ALGORITHMS: readonly (readonly [string, HashName, number])[] = [
  ["sha512", "SHA-512", 88],
  ["sha384", "SHA-384", 64],
  ["sha256", "SHA-256", 44],
  ["sha1", "SHA-1", 28],
];

/**
 * Returns the hashes of the strongest algorithm in an integrity string, without their `?options`. Returns an empty list if there
 * is no usable hash.
 *
 * 1. md5 is weaker than all others, and skipped.
 * 2. An entry that cannot be read is as strong as the algorithm that it names, in any case. Other names count as sha512.
 * 3. If an unreadable entry is stronger than every readable hash, no hash is usable: a weaker hash must not stand in for it.
 *
 *     sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha512-z4PhNX…==  →  the sha512 alone
 *     sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha512-z4Ph*      →  none
 */
export function parseIntegrity(integrity: string): Hash[] {
  const found: Hash[][] = ALGORITHMS.map(() => []);
  let strongest = ALGORITHMS.length;
  for (const entry of integrity.trim().split(/\s+/)) {
    const name = /^[^-]*/.exec(entry)![0].toLowerCase();
    if (name === "md5") continue;
    const rank = Math.max(
      ALGORITHMS.findIndex(([label]) => label === name),
      0,
    );
    strongest = Math.min(strongest, rank);
    const [label, algorithm, length] = ALGORITHMS[rank]!;
    const [, digest] = /^[a-z0-9]+-([A-Za-z0-9+/]+={0,2})(?:\?[!-~]*)?$/.exec(entry) ?? [];
    if (digest?.length === length && name === label) found[rank]!.push({ algorithm, digest });
  }
  return found[strongest] ?? [];
}

/** Checks whether an integrity string names an algorithm that can be checked. Its hash may still be unreadable. */
export function namesHash(integrity: string): boolean {
  return /(?:^|\s)sha(?:512|384|256|1)-/i.test(integrity);
}
