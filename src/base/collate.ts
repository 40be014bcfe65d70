const collator = new Intl.Collator("en");

/**
 * Primary weight of each printable ASCII character, 1 to 94; 0 for anything else. Letters that differ by case share one.
 * Derived from the collator, so it cannot disagree with it.
 */
const RANK: Uint8Array = rankAscii();

function rankAscii(): Uint8Array {
  const ranks = new Uint8Array(128);
  const chars = Array.from({ length: 95 }, (_, i) => String.fromCharCode(i + 32)).sort(collator.compare);
  let rank = 0;
  let last = "";
  for (const char of chars) {
    const folded = char.toLowerCase();
    if (folded !== last) rank++;
    last = folded;
    ranks[char.charCodeAt(0)] = rank;
  }
  return ranks;
}

/**
 * Compares names and paths in npm's order: `Intl.Collator("en")`. Printable ASCII is compared without the collator, with the same
 * result: by the first difference of primary weight, then by length, then lower case before upper case.
 */
export function enOrder(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let tie = 0;
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    // Skips equal printable ASCII, because paths share long prefixes.
    if (x === y && x > 32 && x < 127) continue;
    const rank = RANK[x] ?? 0;
    const other = RANK[y] ?? 0;
    if (rank === 0 || other === 0) return collator.compare(a, b);
    if (rank !== other) return rank - other;
    // "a" before "A", decided by the first such pair when nothing else differs.
    if (x !== y && tie === 0) tie = y - x;
  }
  if (a.length === b.length) return tie;
  // A character without a weight of its own ("a" against "a\0") makes no difference to the collator.
  const rest = (a.length > b.length ? a : b).charCodeAt(length);
  if ((RANK[rest] ?? 0) === 0) return collator.compare(a, b);
  return a.length - b.length;
}
