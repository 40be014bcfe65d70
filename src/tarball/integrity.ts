import type { Failure } from "../api/failure.ts";
import type { Outcome } from "../errors/failure.ts";
import { fail, failure, ok } from "../errors/failure.ts";

export type HashName = "SHA-512" | "SHA-384" | "SHA-256" | "SHA-1";

/** The hash of some bytes. See `webDigest`. */
export type Digest = (algorithm: HashName, bytes: Uint8Array) => Promise<ArrayBuffer>;

/** One hash of an integrity string; `digest` is base64. */
export interface Hash {
  algorithm: HashName;
  digest: string;
}

/** What is verified, for the failure's text. */
export interface VerifyOptions {
  name: string;
  url: string;
  digest: Digest;
  integrity?: string | undefined;
}

// Strongest first.
const ALGORITHMS: readonly (readonly [string, HashName])[] = [
  ["sha512", "SHA-512"],
  ["sha384", "SHA-384"],
  ["sha256", "SHA-256"],
  ["sha1", "SHA-1"],
];

/**
 * The digest port over WebCrypto, and over our own hashes where there is none: in a page that came neither over https nor from
 * localhost. WebCrypto refuses views of shared memory, so those bytes are copied first.
 */
export function webDigest(subtle: SubtleCrypto | undefined): Digest {
  return async (algorithm, bytes) => {
    if (!subtle) return (await import("./sha.ts")).sha(algorithm, bytes);
    const own = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
    return subtle.digest(algorithm, own);
  };
}

/**
 * The hashes of the strongest algorithm named in an integrity string (SRI, with sha1 as npm's old entries have it).
 * Unknown algorithms are skipped; `?options` are ignored; empty when nothing usable is named.
 *
 *     sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha512-AAAA==  →  the sha512 alone
 */
export function parseIntegrity(integrity: string): Hash[] {
  for (const [label, algorithm] of ALGORITHMS) {
    const found: Hash[] = [];
    for (const entry of integrity.trim().split(/\s+/)) {
      const [, name, digest] = /^([a-z0-9]+)-([A-Za-z0-9+/]+={0,2})(?:\?.*)?$/.exec(entry) ?? [];
      if (name === label && digest) found.push({ algorithm, digest });
    }
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * Checks bytes against `integrity` (any hash of its strongest algorithm suffices) and gives their own sha512 integrity.
 * Fails with `EINTEGRITY`, also when the string names no hash that can be checked: unchecked bytes never pass as checked.
 */
export async function verifyIntegrity(bytes: Uint8Array, what: VerifyOptions): Promise<Outcome<string>> {
  const sri = async (algorithm: HashName): Promise<string> =>
    `${algorithm.toLowerCase().replace("-", "")}-${base64(new Uint8Array(await what.digest(algorithm, bytes)))}`;
  let actual: string;
  try {
    actual = await sri("SHA-512");
    if (what.integrity === undefined) return ok(actual);
    const wanted = parseIntegrity(what.integrity);
    const algorithm = wanted[0]?.algorithm;
    if (!algorithm) return fail(mismatch(what, actual, "the integrity names no hash that can be checked"));
    const found = algorithm === "SHA-512" ? actual : await sri(algorithm);
    const digest = found.slice(found.indexOf("-") + 1);
    if (wanted.some((hash) => hash.digest === digest)) return ok(actual);
    return fail(mismatch(what, found, "its bytes are not the ones that were published"));
  } catch (error) {
    return fail(mismatch(what, "", `the hash could not be computed: ${(error as Error).message}`));
  }
}

function mismatch(what: VerifyOptions, actual: string, why: string): Failure {
  const { name, url, integrity = "" } = what;
  const found = actual && `, and it is ${actual}`;
  const message = `The tarball of ${name} was refused: ${why}. ${url} should be ${quoted(integrity)}${found}.`;
  return failure("EINTEGRITY", message, {
    package: name,
    ...(actual && { found: actual }),
    details: { expected: integrity, actual, url },
    wayOut: [
      { kind: "other", text: "Try again: a download that was cut or changed on its way gives this too." },
      { kind: "other", text: "If the lock is to blame, delete this package's entry from it and resolve again." },
    ],
  });
}

/** A lock's text, which may be anything. */
function quoted(integrity: string): string {
  return integrity.length > 200 ? `${integrity.slice(0, 200)}…` : integrity || "something that can be checked";
}

/** Of a hash's bytes. Newer platforms have a way of their own. */
export function base64(bytes: Uint8Array & { toBase64?: () => string }): string {
  return bytes.toBase64?.() ?? btoa(String.fromCharCode(...bytes));
}
