/** Names of fewer characters than this are alike only if they are one edit away: two edits make any short name of any other. */
const SHORT = 6;

/** Checks whether two names differ by one or two typing errors, or in case only. */
export function areAlike(a: string, b: string): boolean {
  if (a === b) return false;
  const most = Math.min(a.length, b.length) < SHORT ? 1 : 2;
  return edits(a.toLowerCase(), b.toLowerCase(), most) <= most;
}

/** Counts the characters to add, leave out, replace or swap with a neighbour. Stops above `most`. */
export function edits(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(
        (last[j - 1] as number) + (same ? 0 : 1),
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] as number) + 1);
      row.push(best);
    }
    if (Math.min(...row) > most) return most + 1;
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}
