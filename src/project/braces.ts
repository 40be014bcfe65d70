/** The most texts that the braces of one pattern expand to. */
export const MAX_CHOICES = 1000;

/**
 * Expands `a{b,c{d,e}}` to `ab`, `acd`, `ace`. A brace without a comma or without an end is literal text. Returns null if there are
 * more than {@link MAX_CHOICES} texts.
 */
export function expandBraces(pattern: string): string[] | null {
  const marks = findBraces(pattern);
  // For each open brace, outermost first: the texts of its choices so far, and the texts of the choice that is being read.
  const outer: { choices: string[]; texts: string[] }[] = [];
  let choices: string[] = [];
  let texts = [""];
  let from = 0;
  const append = (more: readonly string[]): void => {
    texts = texts.length * more.length > MAX_CHOICES ? [] : texts.flatMap((text) => more.map((part) => text + part));
  };
  for (const at of marks) {
    append([pattern.slice(from, at)]);
    from = at + 1;
    if (pattern[at] === "{") {
      outer.push({ choices, texts });
      choices = [];
    } else {
      for (const text of texts) choices.push(text);
      if (choices.length > MAX_CHOICES || texts.length === 0) return null;
    }
    texts = [""];
    const around = pattern[at] === "}" ? outer.pop() : undefined;
    if (!around) continue;
    const inner = choices;
    ({ choices, texts } = around);
    append(inner);
  }
  append([pattern.slice(from)]);
  return texts.length === 0 ? null : texts;
}

/** Returns the positions of the braces that have an end and a comma, and of their commas, in ascending order. */
function findBraces(pattern: string): number[] {
  const found: number[] = [];
  const open: number[][] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === "{") open.push([at]);
    else if (char === ",") open.at(-1)?.push(at);
    else if (char === "}") {
      const marks = open.pop();
      if (marks && marks.length > 1) for (const mark of [...marks, at]) found.push(mark);
    }
  }
  return found.sort((a, b) => a - b);
}
