import { endOfComment, endOfString, skipBlanks } from "./css-lexemes.ts";
import type { ParsedImport, ParsedModule } from "./parsed-module.ts";

/** Positions of lexemes in a style sheet that imports can be in. */
const ADDRESS = /[^"'()\s]/;

/**
 * Finds the `@import` rules and `url(…)` of a style sheet, in time linear in its length. Skips comments and texts. `@import` counts
 * only outside of blocks. The text after its address (`layer(a) screen`) is kept as the qualifier.
 */
export function parseStyleSheet(text: string): ParsedModule {
  const code = text[0] === "\uFEFF" ? text.slice(1) : text;
  return { format: "css", code, map: null, imports: new StyleScan(code).run(), exports: [], reexports: [], stars: [] };
}

class StyleScan {
  readonly #text: string;
  readonly #found: ParsedImport[] = [];
  #level = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): ParsedImport[] {
    const text = this.#text;
    for (let at = 0; at < text.length; ) at = this.#step(at, text[at] as string);
    return this.#found;
  }

  #step(at: number, char: string): number {
    const text = this.#text;
    if (char === "/" && text[at + 1] === "*") return endOfComment(text, at);
    if (char === '"' || char === "'") return endOfString(text, at);
    if (char === "\\") return at + 2;
    if (char === "{") this.#level++;
    else if (char === "}") this.#level--;
    else if (char === "@" && this.#level === 0 && isWord(text, at + 1, "import")) return this.#import(at);
    else if (isWord(text, at, "url") && text[at + 3] === "(" && !isNamePart(text[at - 1])) return this.#url(at);
    return at + 1;
  }

  #import(at: number): number {
    const text = this.#text;
    const from = skipBlanks(text, at + 7);
    const address = this.#address(from);
    if (!address) return at + 7;
    let end = address.end;
    while (end < text.length && text[end] !== ";" && text[end] !== "}")
      end = text[end] === '"' || text[end] === "'" ? endOfString(text, end) : end + 1;
    const qualifier = text.slice(address.end, end).trim();
    if (text[end] === ";") end++;
    this.#found.push({
      form: "style",
      specifier: address.specifier,
      start: at,
      end,
      from,
      to: address.end,
      ...(qualifier && { qualifier }),
    });
    return end;
  }

  #url(at: number): number {
    const address = this.#address(at);
    if (!address) return at + 4;
    const { specifier, end } = address;
    if (specifier !== "" && specifier[0] !== "#")
      this.#found.push({ form: "style-url", specifier, start: at, end, from: at, to: end });
    return end;
  }

  /** Reads `"a"`, `url(a)` or `url("a")`. */
  #address(at: number): { specifier: string; end: number } | null {
    const text = this.#text;
    if (text[at] === '"' || text[at] === "'") {
      const end = endOfString(text, at);
      return { specifier: unescaped(text.slice(at + 1, end - 1)), end };
    }
    if (!isWord(text, at, "url") || text[at + 3] !== "(") return null;
    const start = skipBlanks(text, at + 4);
    if (text[start] === '"' || text[start] === "'") {
      const end = endOfString(text, start);
      const close = skipBlanks(text, end);
      return text[close] === ")" ? { specifier: unescaped(text.slice(start + 1, end - 1)), end: close + 1 } : null;
    }
    let end = start;
    while (end < text.length && ADDRESS.test(text[end] as string)) end += text[end] === "\\" ? 2 : 1;
    const close = skipBlanks(text, end);
    return text[close] === ")" ? { specifier: unescaped(text.slice(start, end)), end: close + 1 } : null;
  }
}

function isWord(text: string, at: number, word: string): boolean {
  return text.slice(at, at + word.length).toLowerCase() === word;
}

function isNamePart(char: string | undefined): boolean {
  return char !== undefined && /[\w-]/.test(char);
}

function unescaped(text: string): string {
  return text.replace(/\\(?:([\da-f]{1,6})\s?|(.))/gi, (_, hex: string | undefined, char: string) =>
    hex === undefined ? char : String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff)),
  );
}
