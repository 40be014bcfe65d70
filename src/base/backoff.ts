const FIRST = 500;
const LONGEST = 10_000;

/**
 * Milliseconds before attempt `tried + 1`: exponential with full jitter, so that many clients that failed together do
 * not come back together. `random` is in [0, 1). The third wait (tried = 2) is anywhere from 0 to 2,000 ms.
 */
export function backoff(tried: number, random: number): number {
  return Math.min(LONGEST, FIRST * 2 ** tried) * random;
}

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds, or an HTTP date), counted from `now`
 * (milliseconds since 1970). Undefined where there is none or it says nothing.
 */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (!header) return undefined;
  const wait = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
