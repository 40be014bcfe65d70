/** Items that are sorted in one go. */
const RUN = 1_000;

/**
 * Sorts a list like `Array.prototype.sort`, and pauses after every 1,000 items. Sorts a short list in place; returns a new list
 * otherwise.
 */
export function* sortPausing<T>(list: T[], order: (a: T, b: T) => number): Generator<undefined, T[]> {
  if (list.length <= RUN) return list.length > 1 ? list.sort(order) : list;
  let runs: T[][] = [];
  for (let at = 0; at < list.length; at += RUN) {
    runs.push(list.slice(at, at + RUN).sort(order));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      const [left, right] = [runs[at] as T[], runs[at + 1]];
      merged.push(right ? yield* merge(left, right, order) : left);
    }
    runs = merged;
  }
  return runs[0] as T[];
}

/** Merges two sorted lists. Of equal items, those of the left list come first. */
function* merge<T>(left: readonly T[], right: readonly T[], order: (a: T, b: T) => number): Generator<undefined, T[]> {
  const all: T[] = [];
  let [one, two] = [0, 0];
  while (one < left.length && two < right.length) {
    all.push((order(left[one] as T, right[two] as T) <= 0 ? left[one++] : right[two++]) as T);
    if (all.length % RUN === 0) yield;
  }
  while (one < left.length) all.push(left[one++] as T);
  while (two < right.length) all.push(right[two++] as T);
  return all;
}
