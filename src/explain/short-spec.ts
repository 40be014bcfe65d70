/** The number of characters of a spec that are printed. */
const MAX_SPEC = 200;

/** Returns a spec as it is printed: the middle of a very long one is left out. */
export function shortSpec(spec: string): string {
  return spec.length <= MAX_SPEC ? spec : `${spec.slice(0, MAX_SPEC / 2)} … ${spec.slice(-MAX_SPEC / 2)}`;
}
