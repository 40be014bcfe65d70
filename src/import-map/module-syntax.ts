/** The imports of a module, and its kind. */
export interface ModuleSyntax {
  /** `module`: it has `import`, `export` or `import.meta`. `commonjs`: otherwise, if it uses `require`, `exports` or `module.exports`. */
  readonly kind: "module" | "commonjs" | "script";
  /** Specifiers of `import` and `export` statements. The module does not load without them. */
  readonly statics: readonly string[];
  /** Specifiers of `import("…")`. */
  readonly dynamics: readonly string[];
}

// Each text can match these patterns in one way only; otherwise some texts would take exponential time. An unclosed comment or
// string extends to the end.
const NAME = String.raw`[\w$\u0080-\uffff]`;
const COMMENT = String.raw`\/\/[^\n]*(?:\n|$)|\/\*[^*]*(?:\*(?!\/)[^*]*)*(?:\*\/|$)`;
const BLANK = String.raw`(?:\s|${COMMENT})*`;
const STRING = String.raw`"[^"\\\n]*(?:\\[\s\S]?[^"\\\n]*)*(?:"|(?=\n)|$)|'[^'\\\n]*(?:\\[\s\S]?[^'\\\n]*)*(?:'|(?=\n)|$)`;
/** A specifier. Specifiers with escapes are not recognised. */
const QUOTED = String.raw`(?:"([^"\\\n]*)"|'([^'\\\n]*)')`;
/** The text between `import` or `export` and `from`: names, braces, stars. Ends before the next statement. */
const CLAUSE = String.raw`(?:(?!(?:import|export)(?!${NAME}))${NAME}+(?!${NAME})|[\s{},*]|${STRING}|${COMMENT})*?`;

const TOKEN = new RegExp(`${COMMENT}|${STRING}|${NAME}+|\\+\\+|--|[^\\s]`, "g");
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** A template's text up to its end or to the next `${`. */
const TEMPLATE = /[^`\\$]*(?:(?:\\[\s\S]|\$(?!\{))[^`\\$]*)*(?:`|\$\{|$)/y;
const DYNAMIC = new RegExp(`${BLANK}\\(${BLANK}${QUOTED}${BLANK}[,)]`, "y");
const META = new RegExp(`${BLANK}\\.${BLANK}meta\\b`, "y");
const PLAIN = new RegExp(`${BLANK}${QUOTED}`, "y");
const FROM = new RegExp(`${CLAUSE}(?<!${NAME})from${BLANK}${QUOTED}`, "y");
const REEXPORT = new RegExp(`${BLANK}(?=[*{])${FROM.source}`, "y");
const EXPORTS = /\s*\.\s*exports\b/y;

/** Keywords after which a slash begins a regular expression. */
const BEFORE_VALUE = new Set(
  "return typeof case do else in of instanceof new delete void throw yield await default".split(" "),
);
const BEFORE_HEAD = new Set(["if", "while", "for", "with"]);

/**
 * Finds the imports of a module, and its kind, without parsing the rest.
 *
 * 1. Read token by token, and skip comments, strings, templates and regular expressions.
 * 2. A slash begins a regular expression if the token before it cannot end a value. After `}`, if one ends on the same line.
 * 3. `import` and `export` statements count outside of brackets only; `import(…)` and `import.meta` count everywhere.
 */
export function moduleSyntax(text: string): ModuleSyntax {
  return new Scan(text.replace(/^\uFEFF?(?:#![^\n]*)?/, "")).run();
}

class Scan {
  readonly #text: string;
  readonly #statics: string[] = [];
  readonly #dynamics: string[] = [];
  /** Open brackets: `{`, `[`, `(`, `if` for the head of a statement, and a backtick for a template's expression. */
  readonly #open: string[] = [];
  #last = "";
  /** True if the last token ends a value, so that a slash means division. */
  #isValue = false;
  #noRegexUntil = 0;
  #isModule = false;
  #isCommonJs = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): ModuleSyntax {
    TOKEN.lastIndex = 0;
    for (let found = TOKEN.exec(this.#text); found; found = TOKEN.exec(this.#text)) this.#token(found[0]);
    const kind = this.#isModule ? "module" : this.#isCommonJs ? "commonjs" : "script";
    return { kind, statics: [...new Set(this.#statics)], dynamics: [...new Set(this.#dynamics)] };
  }

  #token(token: string): void {
    if (/^\/[/*]/.test(token)) return;
    const first = token[0] as string;
    if (first === "/") this.#slash();
    else if (first === "`") this.#template();
    else if (/["']/.test(first) || token === "++" || token === "--") this.#is(token, true);
    else if (/[\w$\u0080-\uffff]/.test(first)) this.#word(token);
    else this.#sign(token);
  }

  #slash(): void {
    const at = TOKEN.lastIndex - 1;
    const isRegex = !this.#isValue && at >= this.#noRegexUntil && this.#skip(REGEX, at) !== null;
    // If no regular expression ends on this line, do not search the line again.
    if (!isRegex && !this.#isValue && at >= this.#noRegexUntil) this.#noRegexUntil = this.#lineEnd(at);
    this.#is("/", isRegex);
  }

  #lineEnd(at: number): number {
    const end = this.#text.indexOf("\n", at);
    return end < 0 ? this.#text.length : end;
  }

  #word(word: string): void {
    const isMember = this.#last === ".";
    if (!isMember) {
      if (word === "import") this.#import();
      else if (word === "export" && this.#open.length === 0) this.#export();
      else if (word === "require" || word === "exports") this.#isCommonJs = true;
      else if (word === "module") this.#isCommonJs ||= this.#skip(EXPORTS) !== null;
    }
    this.#is(word, isMember || !(BEFORE_VALUE.has(word) || word === "import" || word === "export"));
  }

  #import(): void {
    const dynamic = this.#skip(DYNAMIC);
    if (dynamic) this.#dynamics.push(dynamic);
    else if (this.#skip(META) !== null) this.#isModule = true;
    else if (this.#open.length === 0) {
      const specifier = this.#skip(PLAIN) ?? this.#skip(FROM);
      if (specifier === null) return;
      this.#isModule = true;
      this.#statics.push(specifier);
    }
  }

  #export(): void {
    this.#isModule = true;
    const specifier = this.#skip(REEXPORT);
    if (specifier) this.#statics.push(specifier);
  }

  #sign(sign: string): void {
    let isValue = false;
    if (sign === "(") this.#open.push(BEFORE_HEAD.has(this.#last) ? "if" : "(");
    else if (sign === "{" || sign === "[") this.#open.push(sign);
    else if (sign === ")" || sign === "]" || sign === "}") {
      const opened = this.#open.pop();
      if (opened === "`") {
        this.#template();
        return;
      }
      // A regular expression may follow the head of a statement, `if (a) /b/.test(c)`, or a block.
      isValue = opened !== "if" && sign !== "}";
    }
    this.#is(sign, isValue);
  }

  #template(): void {
    TEMPLATE.lastIndex = TOKEN.lastIndex;
    const part = TEMPLATE.exec(this.#text)?.[0] ?? "";
    TOKEN.lastIndex += part.length;
    const stops = part.endsWith("${");
    if (stops) this.#open.push("`");
    this.#is("`", !stops);
  }

  #is(token: string, isValue: boolean): void {
    this.#last = token;
    this.#isValue = isValue;
  }

  /** Moves behind a pattern if it matches at `at`. Returns its string, or "" if it has none; null if it does not match. */
  #skip(pattern: RegExp, at: number = TOKEN.lastIndex): string | null {
    pattern.lastIndex = at;
    const found = pattern.exec(this.#text);
    if (!found) return null;
    TOKEN.lastIndex = pattern.lastIndex;
    return found[1] ?? found[2] ?? "";
  }
}
