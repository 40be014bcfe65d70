import { skipBlanks, skipName, skipRegex, skipString, skipTemplate } from "./lexemes.ts";

/** The kind of a token. A template with expressions is a head, middles and a tail around the expressions' tokens. */
export type TokenKind = "name" | "number" | "string" | "template" | "head" | "middle" | "tail" | "regex" | "sign";

const KINDS: readonly TokenKind[] = ["name", "number", "string", "template", "head", "middle", "tail", "regex", "sign"];
const CODES = Object.fromEntries(KINDS.map((kind, code) => [kind, code])) as Record<TokenKind, number>;

/** Keywords after which a slash begins a regular expression. */
const BEFORE_VALUE = new Set(
  "return typeof case do else in of instanceof new delete void throw yield await default".split(" "),
);
const BEFORE_HEAD = new Set(["if", "while", "for", "with"]);
/** Signs of several characters, longest first. All others are read one character at a time. */
const LONG_SIGNS = ["===", "!==", "...", "==", "!=", "=>", "&&", "||", "??", "?.", "++", "--"];
/** The characters between two pauses: a few milliseconds of work. */
const CHARS_AT_ONCE = 1 << 18;

/** The tokens of a script, without blanks and comments. Positions are in UTF-16 units. */
export class Tokens {
  readonly text: string;
  readonly #kinds: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** For each bracket the position of its partner among the tokens; -1 for other tokens. */
  readonly #partners: number[] = [];

  constructor(text: string) {
    this.text = text;
  }

  get length(): number {
    return this.#kinds.length;
  }

  add(kind: TokenKind, start: number, end: number): void {
    this.#kinds.push(CODES[kind]);
    this.#starts.push(start);
    this.#ends.push(end);
    this.#partners.push(-1);
  }

  pair(open: number, close: number): void {
    this.#partners[open] = close;
    this.#partners[close] = open;
  }

  kind(at: number): TokenKind | undefined {
    return KINDS[this.#kinds[at] as number];
  }

  start(at: number): number {
    return this.#starts[at] ?? this.text.length;
  }

  end(at: number): number {
    return this.#ends[at] ?? this.text.length;
  }

  /** Returns the position of a bracket's partner; -1 if it has none. */
  partner(at: number): number {
    return this.#partners[at] ?? -1;
  }

  /** Returns a token's text; `""` outside of the script. */
  textOf(at: number): string {
    return at < 0 || at >= this.length ? "" : this.text.slice(this.start(at), this.end(at));
  }

  /** Checks for a name or a sign. Text in quotes is never equal. */
  is(at: number, text: string): boolean {
    const start = this.#starts[at];
    if (start === undefined || this.end(at) - start !== text.length) return false;
    const kind = this.#kinds[at];
    return (kind === CODES.name || kind === CODES.sign) && this.text.startsWith(text, start);
  }

  /** Checks whether a line break is between a token and the one before it. */
  isOnNewLine(at: number): boolean {
    const from = this.end(at - 1);
    const to = this.start(at);
    for (let i = from; i < to; i++) {
      const code = this.text.charCodeAt(i);
      if (code === 10 || code === 13 || code === 0x2028 || code === 0x2029) return true;
    }
    return false;
  }

  /** Checks whether a token ends a value, so that an operator or the end of a statement may follow. */
  endsValue(at: number): boolean {
    switch (this.kind(at)) {
      case undefined:
      case "head":
      case "middle":
        return false;
      case "name":
        return !BEFORE_VALUE.has(this.textOf(at));
      case "sign":
        return [")", "]", "}", "++", "--"].includes(this.textOf(at));
      default:
        return true;
    }
  }

  /** Returns the value of a string without escapes; null for anything else. */
  stringAt(at: number): string | null {
    const kind = this.kind(at);
    if (kind !== "string" && kind !== "template") return null;
    const text = this.text.slice(this.start(at) + 1, this.end(at) - 1);
    return text.includes("\\") ? null : text;
  }
}

/** Reads the tokens of a script, in time linear in its length. The generator yields the number of characters read since it last paused. */
export function* readTokens(text: string): Generator<number, Tokens> {
  return yield* new TokenReader(text).run();
}

/**
 * Splits a script into tokens.
 *
 * A slash begins a regular expression if the token before it cannot end a value. After `}`, and after the head of a statement such
 * as `if (a)`, it does if one ends on the same line.
 */
class TokenReader {
  readonly #text: string;
  readonly #tokens: Tokens;
  readonly #open: number[] = [];
  #at = 0;
  #noRegexUntil = 0;
  #isValue = false;
  #wasMember = false;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = new Tokens(text);
    if (text[0] === "\uFEFF") this.#at = 1;
    if (text.startsWith("#!", this.#at)) this.#at = this.#lineEnd(this.#at);
  }

  *run(): Generator<number, Tokens> {
    let paused = 0;
    for (;;) {
      this.#at = skipBlanks(this.#text, this.#at);
      if (this.#at >= this.#text.length) break;
      this.#token(this.#text[this.#at] as string);
      if (this.#at - paused < CHARS_AT_ONCE) continue;
      yield this.#at - paused;
      paused = this.#at;
    }
    return this.#tokens;
  }

  #token(char: string): void {
    const at = this.#at;
    const name = skipName(this.#text, at);
    if (name > at) this.#word(char, name);
    else if (char === '"' || char === "'") this.#add("string", skipString(this.#text, at), true);
    else if (char === "`") this.#template(true);
    else if (char === "/") this.#slash();
    else if (char === "." && this.#isDigit(at + 1)) this.#add("number", skipName(this.#text, at + 1), true);
    else this.#sign(char);
  }

  #word(char: string, end: number): void {
    if (char >= "0" && char <= "9") {
      const fraction = this.#text[end] === "." ? skipName(this.#text, end + 1) : end;
      this.#add("number", fraction, true);
      return;
    }
    const isValue = this.#wasMember || !BEFORE_VALUE.has(this.#text.slice(this.#at, end));
    this.#add("name", end, isValue);
  }

  #isDigit(at: number): boolean {
    const char = this.#text[at] as string;
    return char >= "0" && char <= "9";
  }

  #slash(): void {
    const at = this.#at;
    const end = !this.#isValue && at >= this.#noRegexUntil ? skipRegex(this.#text, at) : -1;
    // If no regular expression ends on this line, do not search the line again.
    if (!this.#isValue && end < 0) this.#noRegexUntil = this.#lineEnd(at);
    if (end < 0) this.#add("sign", at + 1, false);
    else this.#add("regex", end, true);
  }

  #lineEnd(at: number): number {
    const end = this.#text.indexOf("\n", at);
    return end < 0 ? this.#text.length : end;
  }

  /** Reads a template's text up to its end or to its next expression. */
  #template(isStart: boolean): void {
    const end = skipTemplate(this.#text, this.#at + 1);
    const hasMore = this.#text[end - 1] === "{" && this.#text[end - 2] === "$";
    const opens = this.#tokens.length;
    if (!isStart) {
      const open = this.#open.pop() as number;
      this.#tokens.pair(open, opens);
    }
    this.#add(isStart ? (hasMore ? "head" : "template") : hasMore ? "middle" : "tail", end, !hasMore);
    if (hasMore) this.#open.push(opens);
  }

  #sign(char: string): void {
    const at = this.#at;
    const sign = LONG_SIGNS.find((long) => long[0] === char && this.#text.startsWith(long, at)) ?? char;
    const index = this.#tokens.length;
    if (sign === "}" && this.#isTemplate(this.#open.at(-1))) {
      this.#template(false);
      return;
    }
    let isValue = sign === "++" || sign === "--";
    if (sign === "(" || sign === "{" || sign === "[") this.#open.push(index);
    else if (sign === ")" || sign === "}" || sign === "]") {
      const open = this.#open.pop();
      if (open !== undefined) this.#tokens.pair(open, index);
      // A regular expression may follow the head of a statement, `if (a) /b/.test(c)`, or a block.
      isValue = sign !== "}" && !(sign === ")" && open !== undefined && BEFORE_HEAD.has(this.#tokens.textOf(open - 1)));
    }
    this.#add("sign", at + sign.length, isValue);
    this.#wasMember = sign === "." || sign === "?.";
  }

  #isTemplate(open: number | undefined): boolean {
    const kind = open === undefined ? undefined : this.#tokens.kind(open);
    return kind === "head" || kind === "middle";
  }

  #add(kind: TokenKind, end: number, isValue: boolean): void {
    this.#tokens.add(kind, this.#at, end);
    this.#at = end;
    this.#isValue = isValue;
    this.#wasMember = false;
  }
}
