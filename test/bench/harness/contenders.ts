import type { Phase } from "./phases.ts";
import type { RegistryLog } from "./registry-protocol.ts";
import type { Label, Sample } from "./rows.ts";
import type { ThreadProfile } from "./thread-profile.ts";

export type Samples = ReadonlyMap<Phase, Sample>;

/** A contender. One of its rounds runs every phase once. */
export interface Contender {
  readonly label: Omit<Label, "phase">;
  /** @param observed whether its memory is read, which takes 5 ms of a core for 300 MB */
  round(observed: boolean): Promise<Samples>;
  /** Returns the page's longest task in each phase, in milliseconds. Used if no run had a task that the browser reports as long. */
  trace?(): Promise<ReadonlyMap<Phase, number | undefined>>;
  /** Profiles each thread of a page, in a run of its own. */
  profile?(dist: string): Promise<ReadonlyMap<Phase, readonly ThreadProfile[]>>;
}

export interface Traffic {
  requests: number;
  bytes: number;
  tarballs: number;
  maxInFlight: number;
}

export function trafficOf({ asks, maxInFlight }: RegistryLog): Traffic {
  return {
    requests: asks.length,
    bytes: asks.reduce((sum, { bytes }) => sum + bytes, 0),
    tarballs: asks.filter(({ path }) => path.includes("/-/")).length,
    maxInFlight,
  };
}
