/** Checks whether two words differ by one typing error, as `raect` and `react`: a character added, left out or replaced, or two neighbours swapped. */
export function isOneEditAway(a: string, b: string): boolean {
  if (a === b) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const one = a.slice(start);
  const two = b.slice(start);
  const swapped = `${one[1]}${one[0]}${one.slice(2)}`;
  return one.slice(1) === two || one === two.slice(1) || one.slice(1) === two.slice(1) || swapped === two;
}
