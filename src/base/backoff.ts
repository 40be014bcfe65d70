const FIRST = 500;
const LONGEST = 10_000;

/**
 * Returns the milliseconds to wait before attempt `tried + 1`: exponential with full jitter, so that clients that failed together
 * do not retry together. `random` is in [0, 1). The third wait (tried = 2) is between 0 and 2,000 ms.
 */
export function backoff(tried: number, random: number): number {
  return Math.min(LONGEST, FIRST * 2 ** tried) * random;
}

/**
 * Returns the milliseconds that a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds, or an HTTP date), counted from `now`
 * (milliseconds since 1970). Returns undefined if the header is missing or cannot be read.
 */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (!header) return undefined;
  const wait = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
