/** Cases whose answer is not npm's, with the reason. A listed case that starts to pass fails its test: strike it here. */
export const DEVIATIONS: ReadonlyMap<string, string> = new Map<string, string>([]);

/** `arborist/bit-global-style`. */
export function isDeviation(found: { suite: string; name: string }): boolean {
  return DEVIATIONS.has(`${found.suite}/${found.name}`);
}
