import type { Random } from "./random.ts";

/** Characters that parsers treat in a special way, or forget. */
// biome-ignore format: a table
const CHARACTERS = [
  "\0", "\n", "\r\n", "\t", " ", "\u00a0", "\u2028", "\ufeff", "\ud800", "\udc00", "😀", "é", "e\u0301", "\u202e", "ﬁ",
  '"', "'", "`", "\\", "/", "//", ".", "..", "../", "./", "@", ":", "::", ",", ";", "#", "?", "%", "%2e", "%2f", "%00", "%zz", "=",
  "$", "$&", "${", "${HOME}", "}", "{", "{{", "[", "]", "[]", "(", ")", "*", "**", "!", "^", "~", "<", ">", ">=", "|", "||", "-", " - ", "+", "&",
  "0", "1", "-1", "00", "1e999", "9007199254740993", "x", "X", "null", "true", "undefined", "NaN",
  "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "node_modules", "node_modules/", "package.json",
  "npm:", "file:", "git+ssh://", "https://", "http://registry.local/", "workspace:", "link:", "github:", "<<<<<<<", "=======", ">>>>>>>",
];

/** Changes a text at a few places. `words` are tokens of its language. */
export function mutateText(text: string, random: Random, words: readonly string[] = CHARACTERS): string {
  let changed = text;
  for (let left = random.few(5); left > 0; left--) changed = mutateOnce(changed, random, words);
  return changed;
}

function mutateOnce(text: string, random: Random, words: readonly string[]): string {
  const start = random.below(text.length + 1);
  const length = random.once(4) ? random.below(text.length - start + 1) : random.below(8);
  const [before, range, after] = [text.slice(0, start), text.slice(start, start + length), text.slice(start + length)];
  const word = random.once(2) ? random.pick(CHARACTERS) : random.pick(words);
  switch (random.below(11)) {
    case 0:
      return before + after;
    case 1:
      return before + word + range + after;
    case 2:
      return before + word + after;
    case 3:
      return before + range + range + after;
    case 4: {
      const other = random.below(text.length + 1);
      return before + text.slice(other, other + random.below(60)) + after;
    }
    case 5:
      return before + [...range].reverse().join("") + after;
    case 6:
      return before;
    case 7:
      return before + range.toUpperCase() + after;
    case 8:
      return before + word.repeat(random.once(60) ? 3000 : random.below(20)) + after;
    case 9: {
      // A line moves, which breaks nesting by indentation.
      const lines = text.split("\n");
      const [line = ""] = lines.splice(random.below(lines.length), 1);
      lines.splice(random.below(lines.length + 1), 0, random.once(2) ? line.trimStart() : line);
      return lines.join("\n");
    }
    default:
      return before + String.fromCharCode(random.below(random.once(4) ? 0x10000 : 128)) + range.slice(1) + after;
  }
}
