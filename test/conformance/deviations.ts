/** Cases whose answer differs from npm's, with the reason. If a listed case passes, its test fails: remove the case here. */
export const DEVIATIONS: ReadonlyMap<string, string> = new Map<string, string>([]);

/** `arborist/bit-global-style`. */
export function isDeviation(found: { suite: string; name: string }): boolean {
  return DEVIATIONS.has(`${found.suite}/${found.name}`);
}
