// Loaded on demand: with the code of credentials, and outside of browsers with the code of redirects.

/**
 * Matches a segment `..` of a path, also one that is escaped: a server may decode it and leave the folder. `URL` has removed the
 * others.
 */
const UPWARDS = /(?:^|\/|%(?:25)*(?:2f|5c))(?:\.|%(?:25)*2e){2}(?=$|[/;]|%(?:25)*(?:2f|5c))/i;

/**
 * Checks whether a URL is below a base URL: it has the same scheme, host and port, and its path begins with all segments of the
 * base's path. npm compares these in the same way for `//host/path/:_authToken`, apart from the scheme.
 */
export function isBelow(url: URL, base: string): boolean {
  const address = `${url.origin}${url.pathname}`;
  return `${address}/`.startsWith(base) && !UPWARDS.test(address.slice(base.length));
}
