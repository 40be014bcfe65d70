import fc from "fast-check";
import { expect, test } from "vitest";
import { isOneEditAway } from "../../src/base/one-edit.ts";

/** Returns all texts over a small alphabet that are one edit away from `text`. */
function edits(text: string): Set<string> {
  const found = new Set<string>();
  for (let at = 0; at <= text.length; at++) {
    const [before, after] = [text.slice(0, at), text.slice(at)];
    if (after) found.add(before + after.slice(1));
    if (after.length > 1) found.add(`${before}${after[1]}${after[0]}${after.slice(2)}`);
    for (const letter of "ab-") {
      found.add(before + letter + after);
      if (after) found.add(before + letter + after.slice(1));
    }
  }
  found.delete(text);
  return found;
}

test("law: isOneEditAway finds exactly the texts that one edit gives", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "-"), maxLength: 5 });
  const agree = fc.property(word, word, (a, b) => {
    expect(isOneEditAway(a, b)).toBe(edits(a).has(b));
  });
  fc.assert(agree, { numRuns: 2000 });
});
