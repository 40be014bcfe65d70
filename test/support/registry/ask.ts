/** A request to a registry. `path` is decoded, relative to the registry's base, without query and leading slash. */
export interface Ask {
  method: string;
  path: string;
  headers: Headers;
}

/** Decodes a path: `/@s%2fa?write=true` is `@s/a`. */
export function pathOf(pathname: string): string {
  return decodeURIComponent(pathname.split("?")[0]?.slice(1) ?? "");
}
