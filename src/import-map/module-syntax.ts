import { skipBlanks, skipName, skipRegex, skipString, skipTemplate } from "../modules/lexemes.ts";

/** The imports of a module, and its kind. */
export interface ModuleSyntax {
  /** `module`: it has `import`, `export` or `import.meta`. `commonjs`: otherwise, if it uses `require`, `exports` or `module.exports`. */
  readonly kind: "module" | "commonjs" | "script";
  /** Specifiers of `import` and `export` statements. The module does not load without them. */
  readonly statics: readonly string[];
  /** Specifiers of `import("…")`. */
  readonly dynamics: readonly string[];
}

/** Keywords after which a slash begins a regular expression. */
const BEFORE_VALUE = new Set(
  "return typeof case do else in of instanceof new delete void throw yield await default".split(" "),
);
const BEFORE_HEAD = new Set(["if", "while", "for", "with"]);
/** The characters between two pauses: a few milliseconds of work. */
export const CHARS_AT_ONCE: number = 1 << 18;
/** The characters between `import` and its specifier. The longest real ones list thousands of icons, in a tenth of this. */
const MAX_CLAUSE = 1 << 18;

/**
 * Finds the imports of a module, and its kind, without parsing the rest. Takes time linear in the text. The generator pauses.
 *
 * 1. Read token by token, and skip comments, strings, templates and regular expressions.
 * 2. A slash begins a regular expression if the token before it cannot end a value. After `}`, if one ends on the same line.
 * 3. `import` and `export` statements count outside of brackets only; `import(…)` and `import.meta` count everywhere.
 */
export function* moduleSyntax(text: string): Generator<undefined, ModuleSyntax> {
  return yield* new Scan(text).run();
}

class Scan {
  readonly #text: string;
  #at = 0;
  readonly #statics = new Set<string>();
  readonly #dynamics = new Set<string>();
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
    if (text[0] === "\uFEFF") this.#at = 1;
    if (text.startsWith("#!", this.#at)) this.#at = this.#lineEnd(this.#at);
  }

  *run(): Generator<undefined, ModuleSyntax> {
    let paused = 0;
    while (this.#at < this.#text.length) {
      this.#token();
      if (this.#at - paused < CHARS_AT_ONCE) continue;
      paused = this.#at;
      yield;
    }
    const kind = this.#isModule ? "module" : this.#isCommonJs ? "commonjs" : "script";
    return { kind, statics: [...this.#statics], dynamics: [...this.#dynamics] };
  }

  #token(): void {
    const text = this.#text;
    const at = skipBlanks(text, this.#at);
    this.#at = at;
    const char = text[at];
    if (char === undefined) return;
    const name = skipName(text, at);
    if (name > at) {
      this.#at = name;
      this.#word(text.slice(at, name));
    } else if (char === "/") this.#slash();
    else if (char === "`") this.#template();
    else if (char === '"' || char === "'") {
      this.#at = skipString(text, at);
      this.#is(char, true);
    } else if ((char === "+" || char === "-") && text[at + 1] === char) {
      this.#at += 2;
      this.#is(char + char, true);
    } else {
      this.#at++;
      this.#sign(char);
    }
  }

  #slash(): void {
    const at = this.#at;
    const mayBeRegex = !this.#isValue && at >= this.#noRegexUntil;
    const end = mayBeRegex ? skipRegex(this.#text, at) : -1;
    // If no regular expression ends on this line, do not search the line again.
    if (mayBeRegex && end < 0) this.#noRegexUntil = this.#lineEnd(at);
    this.#at = end < 0 ? at + 1 : end;
    this.#is("/", end >= 0);
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
      else if (word === "module") this.#isCommonJs ||= this.#member(this.#at, "exports");
    }
    this.#is(word, isMember || !(BEFORE_VALUE.has(word) || word === "import" || word === "export"));
  }

  #import(): void {
    const text = this.#text;
    const next = skipBlanks(text, this.#at);
    if (text[next] === "(") {
      const found = this.#quoted(skipBlanks(text, next + 1));
      const end = found && skipBlanks(text, found.end);
      if (!found || (text[end as number] !== "," && text[end as number] !== ")")) return;
      this.#dynamics.add(found.specifier);
      this.#at = end as number;
    } else if (this.#member(next, "meta")) this.#isModule = true;
    else if (this.#open.length === 0) {
      const found = this.#quoted(next) ?? this.#from(next);
      if (!found) return;
      this.#isModule = true;
      this.#statics.add(found.specifier);
      this.#at = found.end;
    }
  }

  #export(): void {
    this.#isModule = true;
    const next = skipBlanks(this.#text, this.#at);
    const found = this.#text[next] === "*" || this.#text[next] === "{" ? this.#from(next) : null;
    if (!found) return;
    this.#statics.add(found.specifier);
    this.#at = found.end;
  }

  /** Moves behind `.name` if it is at a position, and returns whether it is. */
  #member(at: number, name: string): boolean {
    const dot = skipBlanks(this.#text, at);
    if (this.#text[dot] !== ".") return false;
    const start = skipBlanks(this.#text, dot + 1);
    const end = start + name.length;
    if (!this.#text.startsWith(name, start) || skipName(this.#text, start) !== end) return false;
    this.#at = end;
    return true;
  }

  /** Reads a specifier in quotes. Specifiers with escapes are not recognised. */
  #quoted(at: number): { specifier: string; end: number } | null {
    const quote = this.#text[at];
    if (quote !== '"' && quote !== "'") return null;
    const end = skipString(this.#text, at);
    const specifier = this.#text.slice(at + 1, end - 1);
    return end - at > 1 && this.#text[end - 1] === quote && !specifier.includes("\\") ? { specifier, end } : null;
  }

  /** Reads what is between `import` or `export` and the specifier: names, braces, stars, `from`. Ends before the next statement. */
  #from(start: number): { specifier: string; end: number } | null {
    const text = this.#text;
    const last = Math.min(text.length, start + MAX_CLAUSE);
    for (let at = skipBlanks(text, start); at < last; at = skipBlanks(text, at)) {
      const end = skipName(text, at);
      if (end > at) {
        const word = end - at === 4 || end - at === 6 ? text.slice(at, end) : "";
        if (word === "import" || word === "export") return null;
        const found = word === "from" ? this.#quoted(skipBlanks(text, end)) : null;
        if (found) return found;
        at = end;
      } else if (text[at] === '"' || text[at] === "'") at = skipString(text, at);
      else if ("{},*".includes(text[at] as string)) at++;
      else return null;
    }
    return null;
  }

  #sign(sign: string): void {
    let isValue = false;
    if (sign === "(") this.#open.push(BEFORE_HEAD.has(this.#last) ? "if" : "(");
    else if (sign === "{" || sign === "[") this.#open.push(sign);
    else if (sign === ")" || sign === "]" || sign === "}") {
      const opened = this.#open.pop();
      if (opened === "`") {
        this.#at--;
        this.#template();
        return;
      }
      // A regular expression may follow the head of a statement, `if (a) /b/.test(c)`, or a block.
      isValue = opened !== "if" && sign !== "}";
    }
    this.#is(sign, isValue);
  }

  /** Reads a template's text up to its end or to the next expression. */
  #template(): void {
    this.#at = skipTemplate(this.#text, this.#at + 1);
    const stops = this.#text[this.#at - 1] === "{";
    if (stops) this.#open.push("`");
    this.#is("`", !stops);
  }

  #is(token: string, isValue: boolean): void {
    this.#last = token;
    this.#isValue = isValue;
  }
}
