/**
 * Returns the word closest to `word`, for "did you mean". Ignores case, dashes and underscores. Returns undefined if more than three
 * letters, or more than half of them, would have to change.
 */
export function closestWord(word: string, words: readonly string[]): string | undefined {
  const wanted = plainLetters(word.slice(0, 80));
  let best: string | undefined;
  let least = Math.min(3, Math.floor(wanted.length / 2)) + 1;
  for (const other of words) {
    const steps = editDistance(wanted, plainLetters(other));
    if (steps < least) {
      least = steps;
      best = other;
    }
  }
  return best;
}

function plainLetters(word: string): string {
  return word.replace(/[-_]/g, "").toLowerCase();
}

/** Returns the Levenshtein distance: the letters to add, remove or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
