/** Cases whose answer differs from npm's, with the reason. If a listed case passes, its test fails: remove the case here. */
export const DEVIATIONS: ReadonlyMap<string, string> = new Map<string, string>([]);

/** `arborist/bit-global-style`. */
export function isDeviation({ suite, name }: { suite: string; name: string }, npm?: string): boolean {
  return DEVIATIONS.has(suite === "features" ? `${suite}/${name} (npm ${npm})` : `${suite}/${name}`);
}
