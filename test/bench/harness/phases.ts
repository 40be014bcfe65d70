export const PHASES = ["p0_full_cold", "p1_resolve", "p2_resolve_warm", "p3_cold_install", "p4_warm_link"] as const;
export type Phase = (typeof PHASES)[number];

/** The phases that need the project's tarballs. */
export const INSTALLING: readonly Phase[] = ["p0_full_cold", "p3_cold_install", "p4_warm_link"];
/** The phases that start from a lock. */
export const LOCKED: readonly Phase[] = ["p3_cold_install", "p4_warm_link"];
/** The phases in which a page finds everything in its store. */
export const WARM: readonly Phase[] = ["p2_resolve_warm", "p4_warm_link"];
/** The phases whose time includes creating the installer. In the others it is measured separately. */
export const FROM_NOTHING: readonly Phase[] = ["p0_full_cold", "p1_resolve"];

/** Chains of phases. Each chain begins with an empty profile or folder; its second phase uses the state that the first has left. */
const CHAINS: readonly (readonly Phase[])[] = [
  ["p0_full_cold"],
  ["p1_resolve", "p2_resolve_warm"],
  ["p3_cold_install", "p4_warm_link"],
];

/** Returns the phases of each chain up to the last wanted one. Earlier phases have to run even if they are not wanted. */
export function phaseChains(wanted: readonly Phase[]): Phase[][] {
  const upTo = CHAINS.map((phases) => phases.slice(0, phases.findLastIndex((phase) => wanted.includes(phase)) + 1));
  return upTo.filter(({ length }) => length > 0);
}
