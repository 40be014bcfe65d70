import type { Json } from "../base/json.ts";

/** The most characters of a location in a lock: no disk takes a longer path. */
export const MAX_LOCATION = 4096;

/** The flags of a lock entry: how the project reaches the package (npm-tree §15). */
export interface LockFlags {
  readonly inBundle: boolean;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly devOptional: boolean;
  readonly peer: boolean;
  readonly extraneous: boolean;
}

/** Returns the flags of a lock entry. A missing flag is false. */
export function lockFlags(raw: Json): LockFlags {
  return {
    inBundle: Boolean(raw["inBundle"]),
    dev: Boolean(raw["dev"]),
    optional: Boolean(raw["optional"]),
    devOptional: Boolean(raw["devOptional"] || raw["dev"] || raw["optional"]),
    peer: Boolean(raw["peer"]),
    extraneous: Boolean(raw["extraneous"]),
  };
}

/**
 * Checks whether `omit` leaves a package out, by how the project reaches it (npm-tree §15). A package that both dev and optional
 * dependencies need is left out only if both are omitted.
 */
export function isOmitted(
  { peer, dev, optional, devOptional }: Omit<LockFlags, "inBundle" | "extraneous">,
  omit: ReadonlySet<string>,
): boolean {
  return (
    (peer && omit.has("peer")) ||
    (dev && omit.has("dev")) ||
    (optional && omit.has("optional")) ||
    (devOptional && omit.has("optional") && omit.has("dev"))
  );
}
