/** The most levels of arrays and objects inside each other, in a JSON file of a project and in a manifest. */
export const MAX_JSON_DEPTH = 500;

const QUOTE = 34;
const BACKSLASH = 92;
/** The codes of `{` and `[`, and those of `}` and `]`, are the same with this bit set. */
const BRACKET_BIT = 32;
const OPEN = 123;
const CLOSE = 125;

/** Returns the position after a string of JSON, whose opening quote is at `at`, or the end of the text. */
export function endOfString(json: string, at: number): number {
  for (let end = json.indexOf('"', at + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let before = end - 1;
    while (json.charCodeAt(before) === BACKSLASH) before--;
    if ((end - before) % 2 === 1) return end + 1;
  }
  return json.length;
}

/** A scan of one value of JSON. */
export interface JsonScan {
  /** The position to go on from. */
  at: number;
  /** Open brackets at that position. */
  depth: number;
}

/**
 * Goes on with a scan until its brackets are closed, they nest deeper than `levels`, or `at` reaches `end`. Looks only at brackets
 * and strings.
 */
export function scanJson(json: string, scan: JsonScan, levels: number, end: number = json.length): void {
  let { at, depth } = scan;
  while (at < end) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else {
      at++;
      const bracket = code | BRACKET_BIT;
      if (bracket === OPEN && ++depth > levels) break;
      if (bracket === CLOSE && --depth <= 0) break;
    }
  }
  scan.at = at;
  scan.depth = depth;
}

/** Checks whether the arrays and objects of a JSON text nest deeper than `levels`. */
export function isDeeperThan(json: string, levels: number): boolean {
  // Each level takes two characters.
  if (json.length <= 2 * levels) return false;
  const scan = { at: 0, depth: 0 };
  scanJson(json, scan, levels);
  return scan.depth > levels;
}
