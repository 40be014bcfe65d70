/** A request as a registry sees it. `path` is decoded, below the registry's base, without query or leading slash. */
export interface Ask {
  method: string;
  path: string;
  headers: Headers;
}

/** `/@s%2fa?write=true` is `@s/a`. */
export function pathOf(pathname: string): string {
  return decodeURIComponent(pathname.split("?")[0]?.slice(1) ?? "");
}
