/** What makes the search quick, each of which can be left out to measure what it is worth. None changes whether there is an answer. */
export interface Techniques {
  /** One incompatibility for all versions of a package that ask the same. */
  readonly merge: boolean;
  /** Relations and intersections of sets are remembered. */
  readonly remember: boolean;
  /** What was learned of a conflict leads back past decisions that had no part in it. */
  readonly backjump: boolean;
  /** Packages with one version left, and those in conflict often, are decided early. */
  readonly priorities: boolean;
  /** An incompatibility that a standing assignment contradicts is not looked at. */
  readonly refuted: boolean;
  /** A version whose requirements conflict at once is not decided. */
  readonly lookahead: boolean;
}

export const ALL_TECHNIQUES: Techniques = {
  merge: true,
  remember: true,
  backjump: true,
  priorities: true,
  refuted: true,
  lookahead: true,
};
