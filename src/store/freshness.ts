import type { Entry } from "./kept.ts";

/**
 * How far what is stored is trusted: `default`, as long as registries say (five minutes), then asked about; `revalidate`, asked
 * about always; `prefer-offline`, always; `offline`, always, and nothing else is asked for; `none`, there is no store.
 */
export type CacheMode = "default" | "revalidate" | "prefer-offline" | "offline" | "none";

/** `fresh`: use it. `stale`: ask whether it still holds. `missing`: fetch it, or say so when offline. */
export type Freshness = "fresh" | "stale" | "missing";

/** What public registries declare as `max-age`, in milliseconds. */
const MAX_AGE = 300_000;

export function freshness(entry: Entry | undefined, cache: CacheMode, now: number): Freshness {
  if (!entry || cache === "none") return "missing";
  if (cache === "offline" || cache === "prefer-offline") return "fresh";
  const age = now - entry.fetchedAt;
  // An age below zero: the clock was put back, and tells nothing.
  return cache === "default" && age >= 0 && age < MAX_AGE ? "fresh" : "stale";
}
