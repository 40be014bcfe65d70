import type { Failure } from "../api/failure.ts";
import type { Outcome } from "../errors/failure.ts";
import { fail, failure, ok } from "../errors/failure.ts";

// Subresource Integrity (W3C SRI, §3.3) with sha1, which npm's old entries have. As strict as `ssri`, or stricter.

export type HashName = "SHA-512" | "SHA-384" | "SHA-256" | "SHA-1";

/** One hash of an integrity string; `digest` is base64. */
export interface Hash {
  algorithm: HashName;
  digest: string;
}

/** Strongest first, each with the length of its digest in base64. */
const ALGORITHMS: readonly (readonly [string, number])[] = [
  ["sha512", 88],
  ["sha384", 64],
  ["sha256", 44],
  ["sha1", 28],
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
    const name = entry.split("-", 1)[0]!.toLowerCase();
    if (name === "md5") continue;
    const rank = Math.max(
      ALGORITHMS.findIndex(([label]) => label === name),
      0,
    );
    strongest = Math.min(strongest, rank);
    const [label, length] = ALGORITHMS[rank]!;
    const [, digest] = /^[a-z0-9]+-([A-Za-z0-9+/]+={0,2})(?:\?[!-~]*)?$/.exec(entry) ?? [];
    if (digest?.length === length && name === label)
      found[rank]!.push({ algorithm: label.replace("sha", "SHA-") as HashName, digest });
  }
  return found[strongest] ?? [];
}

/** Checks whether an integrity string names an algorithm that can be checked. Its hash may still be unreadable. */
export function namesHash(integrity: string): boolean {
  return /\bsha(?:512|384|256|1)-/i.test(integrity);
}

/** Computes the hash of bytes. See `webDigest`. */
export type Digest = (algorithm: HashName, bytes: Uint8Array) => Promise<ArrayBuffer>;

/** The source of the bytes, for messages, and the integrity to check them against. */
export interface VerifyOptions {
  name: string;
  url: string;
  digest: Digest;
  integrity?: string | undefined;
}

/**
 * Returns a digest function that uses WebCrypto, or our own hashes if there is none (a page from neither https nor
 * localhost). WebCrypto refuses views of shared memory, so such bytes are copied first.
 */
export function webDigest(subtle: SubtleCrypto | undefined): Digest {
  return async (algorithm, bytes) => {
    if (!subtle) return (await import("./sha.ts")).sha(algorithm, bytes);
    const own = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
    return subtle.digest(algorithm, own);
  };
}

/**
 * Checks bytes against an integrity string, and returns their own sha512 integrity.
 *
 * 1. Without a string, return the sha512.
 * 2. Any hash of the strongest algorithm in the string must match.
 * 3. If the string has no usable hash, fail: unchecked bytes never count as verified.
 *
 * Fails with `EINTEGRITY`.
 */
export async function verifyIntegrity(bytes: Uint8Array, options: VerifyOptions): Promise<Outcome<string>> {
  const sri = async (algorithm: HashName): Promise<string> =>
    `${algorithm.toLowerCase().replace("-", "")}-${base64(new Uint8Array(await options.digest(algorithm, bytes)))}`;
  let actual: string;
  try {
    actual = await sri("SHA-512");
    if (options.integrity === undefined) return ok(actual);
    const wanted = parseIntegrity(options.integrity);
    const algorithm = wanted[0]?.algorithm;
    if (!algorithm) return fail(mismatch(options, actual, "its integrity has no usable hash"));
    const found = algorithm === "SHA-512" ? actual : await sri(algorithm);
    const digest = found.slice(found.indexOf("-") + 1);
    if (wanted.some((hash) => hash.digest === digest)) return ok(actual);
    return fail(mismatch(options, found, "its bytes are not the published ones"));
  } catch (error) {
    return fail(mismatch(options, "", `the hash could not be computed: ${(error as Error).message}`));
  }
}

function mismatch(options: VerifyOptions, actual: string, why: string): Failure {
  const { name, url, integrity = "" } = options;
  const found = actual && ` but has ${actual}`;
  const message = `The tarball of ${name} was refused: ${why}. ${url} should have ${quoted(integrity)}${found}.`;
  return failure("EINTEGRITY", message, {
    package: name,
    ...(actual && { found: actual }),
    details: { expected: integrity, actual, url },
    wayOut: [
      { kind: "other", text: "Try again: an interrupted or altered download has the same effect." },
      { kind: "other", text: "If the lock is wrong, delete this package's entry from it and resolve again." },
    ],
  });
}

/** Shortens the integrity string, which a lock may have made arbitrarily long. */
function quoted(integrity: string): string {
  return integrity.length > 200 ? `${integrity.slice(0, 200)}…` : integrity || "a usable hash";
}

/** Encodes bytes as base64. New platforms have a method for it. */
export function base64(bytes: Uint8Array & { toBase64?: () => string }): string {
  return bytes.toBase64?.() ?? btoa(String.fromCharCode(...bytes));
}
