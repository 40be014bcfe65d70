import type { CacheMode } from "../api/resolve.ts";
import type { CacheEntry } from "./cached-packument.ts";

/** `fresh`: use the entry. `stale`: ask the registry whether it is still current. `missing`: fetch it, or fail when offline. */
export type Freshness = "fresh" | "stale" | "missing";

/** Milliseconds: the `max-age` that public registries send. */
const MAX_AGE = 300_000;

/** Decides whether a cached packument may be used. The table is in docs/metadata-cache.md, "How far the cache is trusted". */
export function freshness(entry: CacheEntry | undefined, cache: CacheMode, now: number): Freshness {
  if (!entry || cache === "none") return "missing";
  if (cache === "offline" || cache === "prefer-offline") return "fresh";
  const age = now - entry.fetchedAt;
  // A negative age means that the clock was set back, so the age is unknown.
  return cache === "default" && age >= 0 && age < MAX_AGE ? "fresh" : "stale";
}
