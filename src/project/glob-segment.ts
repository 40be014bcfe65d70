/** Checks one character, or null for a star. */
type CharTest = ((char: string) => boolean) | null;

export interface SegmentTest {
  fits(name: string): boolean;
  /** True if it begins with a wildcard, which matches a leading dot only if that is asked for. */
  readonly opens: boolean;
  /** The most steps for each character of a name. */
  readonly cost: number;
}

/**
 * Compiles one segment of a glob: `*`, `?`, `[a-z]`, `[!x]`. Matching takes at most the length of the segment times that of the
 * name: after a difference it goes back to the last star only.
 */
export function segmentTest(segment: string): SegmentTest {
  const opens = /^[*?[]/.test(segment);
  // a shortcut for the most common form, `*.js`
  const star = segment.indexOf("*");
  if (star === segment.lastIndexOf("*") && star >= 0 && !/[?[]/.test(segment)) {
    const before = segment.slice(0, star);
    const after = segment.slice(star + 1);
    const least = segment.length - 1;
    return {
      opens,
      cost: 1,
      fits: (name) => name.length >= least && name.startsWith(before) && name.endsWith(after),
    };
  }
  const tests = charTests(segment);
  return { opens, cost: segment.length, fits: (name) => fits(tests, [...name]) };
}

function fits(tests: readonly CharTest[], chars: readonly string[]): boolean {
  let test = 0;
  let char = 0;
  let star = -1;
  let mark = 0;
  while (char < chars.length) {
    const current = tests[test];
    if (current === null) {
      star = test++;
      mark = char;
    } else if (current?.(chars[char] as string)) {
      test++;
      char++;
    } else if (star >= 0) {
      test = star + 1;
      char = ++mark;
    } else return false;
  }
  while (tests[test] === null) test++;
  return test === tests.length;
}

function charTests(segment: string): CharTest[] {
  const tests: CharTest[] = [];
  const chars = [...segment];
  const lastEnd = chars.lastIndexOf("]");
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] as string;
    if (char === "*") {
      if (tests.at(-1) !== null) tests.push(null);
    } else if (char === "?") tests.push(() => true);
    else {
      const end = char === "[" ? classEnd(chars, at, lastEnd) : -1;
      tests.push(end < 0 ? (other) => other === char : classTest(chars.slice(at + 1, end)));
      if (end >= 0) at = end;
    }
  }
  return tests;
}

/** Returns the position of the bracket that closes a class; -1 if there is none. The first character of a class may be `]`. */
function classEnd(chars: readonly string[], at: number, lastEnd: number): number {
  const first = at + (isNegated(chars[at + 1]) ? 2 : 1);
  return lastEnd > first ? chars.indexOf("]", first + 1) : -1;
}

function isNegated(first: string | undefined): boolean {
  return first === "!" || first === "^";
}

/** Parses a class of characters: `a-c_`, `!a`. */
function classTest(body: readonly string[]): (char: string) => boolean {
  const negated = isNegated(body[0]);
  const ranges: [from: string, to: string][] = [];
  for (let at = negated ? 1 : 0; at < body.length; at++) {
    const from = body[at] as string;
    const isRange = body[at + 1] === "-" && at + 2 < body.length;
    ranges.push([from, isRange ? (body[at + 2] as string) : from]);
    if (isRange) at += 2;
  }
  return (char) => ranges.some(([from, to]) => from <= char && char <= to) !== negated;
}
