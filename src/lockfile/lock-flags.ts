import type { Json } from "../base/json.ts";

/** What a lock's entry says of who needs it. */
export interface LockFlags {
  readonly inBundle: boolean;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly devOptional: boolean;
  readonly peer: boolean;
  readonly extraneous: boolean;
}

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
