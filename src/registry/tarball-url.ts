import { parseUrl, type RegistryConfig } from "./registry-config.ts";

/**
 * Returns the URL from which a tarball in a lock is fetched (npm's `replace-registry-host`).
 *
 * 1. `npmjs`, the default: a lock always names the default public registry, even if its author used another one. That host
 *    therefore means "the registry of this run".
 * 2. A host, or `always`: the same for that host, or for every host.
 * 3. A URL: the same for URLs that begin with it. The path of the registry takes the place of its path.
 * 4. `never`, and all other URLs: no change.
 */
export function tarballUrl(config: RegistryConfig, resolved: string): string {
  return tarballUrls(config)(resolved);
}

/** Returns a function that does the work of {@link tarballUrl} for many URLs. */
export function tarballUrls({ home, registry, replaces = "npmjs" }: RegistryConfig): (resolved: string) => string {
  const base = new URL(registry);
  const isDefault = replaces === "npmjs";
  const start = parseUrl(isDefault ? home : replaces);
  const host = start ? start.hostname : isDefault ? "" : replaces;
  const isAny = replaces === "always";
  if (!host || replaces === "never" || (isDefault && host === base.hostname)) return (resolved) => resolved;
  const oldPath = isDefault ? "" : (start?.pathname.replace(/\/$/, "") ?? "");
  const newPath = base.pathname.slice(0, -1);
  return (resolved) => {
    const url = isAny || resolved.includes(host) ? parseUrl(resolved) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || !(isAny || url.hostname === host)) return resolved;
    const { pathname } = url;
    if (!isBelow(pathname, oldPath)) return resolved;
    const path = !oldPath && isBelow(pathname, newPath) ? pathname : newPath + pathname.slice(oldPath.length);
    return base.origin + path + url.search;
  };
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
