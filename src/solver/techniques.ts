/**
 * Techniques that make the search fast. Each can be switched off, to measure its effect. None of them changes whether there is
 * a solution.
 */
export interface Techniques {
  /** One incompatibility covers all versions of a package that have the same requirement. */
  readonly merge: boolean;
  /** Relations and intersections of sets are cached. */
  readonly remember: boolean;
  /** After a conflict, the search skips decisions that did not cause it when it goes back. */
  readonly backjump: boolean;
  /** Packages with one version left, and those often in conflict, are decided early. */
  readonly priorities: boolean;
  /** An incompatibility is skipped while an assignment contradicts it. */
  readonly contradicted: boolean;
  /** A version is not decided if its own requirements conflict at once. */
  readonly lookahead: boolean;
}

export const ALL_TECHNIQUES: Techniques = {
  merge: true,
  remember: true,
  backjump: true,
  priorities: true,
  contradicted: true,
  lookahead: true,
};
