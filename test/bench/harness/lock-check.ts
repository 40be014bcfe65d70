import type { MetadataForm } from "../../../src/api/resolve.ts";
import { PLACEHOLDER } from "../../support/registry/snapshot.ts";

interface Lock {
  packages?: Record<string, Record<string, unknown>>;
}

/** The lock's fields that abbreviated packuments lack. */
const UNSAID = ["license", "libc", "workspaces"];

/** Removes the fields that abbreviated metadata lacks. Keeps everything else, including the order. */
function less(text: string): string {
  const lock = JSON.parse(text) as Lock;
  for (const [location, entry] of Object.entries(lock.packages ?? {})) {
    if (!location.includes("node_modules/")) continue;
    for (const field of UNSAID) delete entry[field];
  }
  return JSON.stringify(lock, null, 2);
}

export type LockVerdict = "ok" | "differs" | "unknown";

/** Compares a lock made with the registry at `origin` with npm's lock of the recorded registry. */
export function checkLock(
  given: string | null,
  expected: string | undefined,
  { origin, metadata }: { origin: string; metadata: MetadataForm },
): LockVerdict {
  if (given === null) return "differs";
  if (expected === undefined) return "unknown";
  const text = given.replaceAll(origin, PLACEHOLDER);
  if (text === expected) return "ok";
  return metadata === "abbreviated" && less(text) === less(expected) ? "ok" : "differs";
}
