import { parseUrl, type RegistryConfig } from "./registry-config.ts";

/**
 * Returns the URL from which a tarball in a lock is fetched. A lock always names the default public registry, even if its
 * author used another one. That host therefore means "the registry of this run" (npm's `replace-registry-host`, default value). Other URLs
 * do not change.
 */
export function tarballUrl(config: RegistryConfig, resolved: string): string {
  return tarballUrls(config)(resolved);
}

/** Returns a function that does the work of {@link tarballUrl} for many URLs. */
export function tarballUrls(config: RegistryConfig): (resolved: string) => string {
  const home = parseUrl(config.home)?.hostname;
  const base = new URL(config.registry);
  if (home === undefined || home === base.hostname) return (resolved) => resolved;
  return (resolved) => {
    const url = resolved.includes(home) ? parseUrl(resolved) : undefined;
    if (url?.hostname !== home) return resolved;
    const path = url.pathname.startsWith(base.pathname) ? url.pathname : base.pathname.slice(0, -1) + url.pathname;
    return base.origin + path + url.search;
  };
}
