import { parseUrl, type RegistryConfig } from "./registry-config.ts";

/**
 * Where a recorded tarball is fetched from. A lock names the default public registry whatever registry its author used,
 * so that host stands for "the registry of this run" (npm's `replace-registry-host`, default value); others stay.
 */
export function tarballUrl(config: RegistryConfig, resolved: string): string {
  const url = parseUrl(resolved);
  const home = parseUrl(config.home);
  const base = new URL(config.registry);
  if (!url || url.hostname !== home?.hostname || url.hostname === base.hostname) return resolved;
  const path = url.pathname.startsWith(base.pathname) ? url.pathname : base.pathname.slice(0, -1) + url.pathname;
  return base.origin + path + url.search;
}
