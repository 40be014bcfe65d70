// Finds the ends of lexemes in a style sheet. An unclosed comment or text extends to the end, or to that of its line.

/** Returns the position behind blanks and comments. */
export function skipBlanks(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < text.length && /\s/.test(text[at] as string)) at++;
    if (text[at] !== "/" || text[at + 1] !== "*") return at;
    at = endOfComment(text, at);
  }
}

/** Returns the position behind a comment that begins at `at`. */
export function endOfComment(text: string, at: number): number {
  const end = text.indexOf("*/", at + 2);
  return end < 0 ? text.length : end + 2;
}

/** Returns the position behind a text that begins at `at`. It ends at the end of the line at the latest. */
export function endOfString(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end++) {
    if (text[end] === "\\") end++;
    else if (text[end] === text[at]) return end + 1;
    else if (text[end] === "\n") return end;
  }
  return text.length;
}
