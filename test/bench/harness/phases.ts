export const PHASES = ["p0_full_cold", "p1_resolve", "p2_resolve_warm", "p3_cold_install", "p4_warm_link"] as const;
export type Phase = (typeof PHASES)[number];

/** Those that need the project's tarballs. */
export const INSTALLING: readonly Phase[] = ["p0_full_cold", "p3_cold_install", "p4_warm_link"];
/** Those that start from a lock. */
export const LOCKED: readonly Phase[] = ["p3_cold_install", "p4_warm_link"];
/** Those in which a page finds all it needs in its store. */
export const WARM: readonly Phase[] = ["p2_resolve_warm", "p4_warm_link"];
/** Those in which a page has no installer yet. In the others it has one, and its making is told apart. */
export const FROM_NOTHING: readonly Phase[] = ["p0_full_cold", "p1_resolve"];

/** Each begins with an empty profile or folder, and its second phase finds there what the first has left. */
const JOURNEYS: readonly (readonly Phase[])[] = [
  ["p0_full_cold"],
  ["p1_resolve", "p2_resolve_warm"],
  ["p3_cold_install", "p4_warm_link"],
];

/** The phases of each journey up to the last one that is wanted: what comes before it has to run, wanted or not. */
export function fetchRuns(wanted: readonly Phase[]): Phase[][] {
  const upTo = JOURNEYS.map((phases) => phases.slice(0, phases.findLastIndex((phase) => wanted.includes(phase)) + 1));
  return upTo.filter(({ length }) => length > 0);
}
