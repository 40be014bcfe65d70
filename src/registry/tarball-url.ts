import { parseUrl, type RegistryConfig } from "./registry-config.ts";

/**
 * Where a recorded tarball is fetched from. A lock names the default public registry whatever registry its author used,
 * so that host stands for "the registry of this run" (npm's `replace-registry-host`, default value); others stay.
 */
export function tarballUrl(config: RegistryConfig, resolved: string): string {
  return tarballUrls(config)(resolved);
}

/** {@link tarballUrl} for many. */
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
