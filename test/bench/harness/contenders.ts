import type { Phase } from "./phases.ts";
import type { RegistryLog } from "./registry-protocol.ts";
import type { Label, Sample } from "./rows.ts";
import type { ThreadProfile } from "./thread-profile.ts";

export type Samples = ReadonlyMap<Phase, Sample>;

/** Who takes part: one round of it is every phase once. */
export interface Contender {
  readonly label: Omit<Label, "phase">;
  /** @param observed its memory is looked at, which takes time: 5 ms of a core for 300 MB */
  round(observed: boolean): Promise<Samples>;
  /** Milliseconds of the page's longest task in each phase, where no run had one that a browser calls long. */
  trace?(): Promise<ReadonlyMap<Phase, number | undefined>>;
  /** Where the time of each thread of a page goes, in a run of its own. */
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
