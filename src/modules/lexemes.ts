// Finds the ends of JavaScript's lexemes, in time linear in their length. Without regular expressions: their backtracking takes
// quadratic time, or overflows, on hostile texts. An unclosed comment, string or template extends to the end.

function isBlank(code: number): boolean {
  return code === 32 || (code > 8 && code < 14) || (code > 127 && /\s/.test(String.fromCharCode(code)));
}

function isNamePart(code: number): boolean {
  if (code > 127) return !isBlank(code);
  // Letters, digits, `_` and `$`.
  return (
    (code > 96 && code < 123) || (code > 64 && code < 91) || (code > 47 && code < 58) || code === 95 || code === 36
  );
}

/** Returns the position behind blanks and comments. */
export function skipBlanks(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (isBlank(text.charCodeAt(at))) at++;
    const end = skipComment(text, at);
    if (end === at) return at;
    at = end;
  }
}

/** Returns the position behind a comment; `at` if none begins there. */
export function skipComment(text: string, at: number): number {
  if (text[at] !== "/") return at;
  const next = text[at + 1];
  if (next !== "/" && next !== "*") return at;
  const end = next === "/" ? text.indexOf("\n", at) : text.indexOf("*/", at + 2);
  if (end < 0) return text.length;
  return next === "/" ? end : end + 2;
}

/** Returns the position behind a name; `at` if none begins there. */
export function skipName(text: string, at: number): number {
  let end = at;
  while (isNamePart(text.charCodeAt(end))) end++;
  return end;
}

/** Returns the position behind a string that begins at `at`. It ends at the end of the line at the latest. */
export function skipString(text: string, at: number): number {
  const quote = text[at];
  for (let end = at + 1; end < text.length; end++) {
    const char = text[end];
    if (char === quote) return end + 1;
    if (char === "\n") return end;
    if (char === "\\") end++;
  }
  return text.length;
}

/** Returns the position behind a template's text that begins at `at`: behind its backtick, or behind the next `${`. */
export function skipTemplate(text: string, at: number): number {
  for (let end = at; end < text.length; end++) {
    const char = text[end];
    if (char === "`") return end + 1;
    if (char === "$" && text[end + 1] === "{") return end + 2;
    if (char === "\\") end++;
  }
  return text.length;
}

/** Returns the position behind a regular expression that begins at `at`; -1 if none ends on the line. */
export function skipRegex(text: string, at: number): number {
  let isClass = false;
  for (let end = at + 1; end < text.length; end++) {
    const char = text[end];
    if (char === "\\") end++;
    if (char === "\n" || text[end] === "\n") return -1;
    if (char === "[") isClass = true;
    else if (char === "]") isClass = false;
    else if (char === "/" && !isClass) return skipName(text, end + 1);
  }
  return -1;
}
