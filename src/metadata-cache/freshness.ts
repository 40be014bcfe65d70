import type { CacheMode } from "../api/resolve.ts";
import type { Entry } from "./ports.ts";

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
