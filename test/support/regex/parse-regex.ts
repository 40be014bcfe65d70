/** A node of a parsed regular expression. Sets are of UTF-16 code units. */
export type RegexNode =
  | { readonly kind: "set"; has(code: number): boolean }
  | { readonly kind: "sequence"; readonly items: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly options: readonly RegexNode[] }
  | {
      readonly kind: "repeat";
      readonly body: RegexNode;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    }
  | { readonly kind: "capture"; readonly body: RegexNode; readonly index: number }
  | { readonly kind: "look"; readonly body: RegexNode; readonly behind: boolean; readonly negated: boolean }
  | { readonly kind: "back"; readonly index: number }
  | { readonly kind: "edge"; readonly at: "start" | "end" | "word" | "inside" };

export interface ParsedRegex {
  readonly root: RegexNode;
  readonly flags: string;
  /** Characters that occur in it, and their neighbours: candidates for texts that it tells apart. */
  readonly chars: ReadonlySet<number>;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const isBlank = (code: number): boolean => /\s/.test(String.fromCharCode(code));

const CLASSES: Readonly<Record<string, (code: number) => boolean>> = {
  d: isDigit,
  w: isWord,
  s: isBlank,
};
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, "0": 0 };

/** Parses the part of JavaScript's regular expressions that the sources use. @throws Error for any other part */
export function parseRegex(source: string, flags: string): ParsedRegex {
  return new RegexParser(source, flags).parse();
}

class RegexParser {
  readonly #source: string;
  readonly #flags: string;
  readonly #chars = new Set<number>();
  #at = 0;
  #captures = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  parse(): ParsedRegex {
    const root = this.#choice();
    if (this.#at < this.#source.length) throw new Error(`Cannot parse /${this.#source}/ at ${this.#at}`);
    return { root, flags: this.#flags, chars: this.#chars };
  }

  #choice(): RegexNode {
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    return options.length === 1 ? (options[0] as RegexNode) : { kind: "choice", options };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    while (this.#at < this.#source.length && !"|)".includes(this.#source[this.#at] as string))
      items.push(this.#quantified());
    return { kind: "sequence", items };
  }

  #quantified(): RegexNode {
    const body = this.#atom();
    const found = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})(\??)/.exec(this.#source.slice(this.#at));
    if (!found) return body;
    this.#at += found[0].length;
    const [, sign, low, comma, high, lazy] = found;
    const min = sign ? (sign === "+" ? 1 : 0) : Number(low);
    const max = sign === "?" ? 1 : sign || (comma && !high) ? Number.POSITIVE_INFINITY : Number(high || low);
    return { kind: "repeat", body, min, max, lazy: lazy === "?" };
  }

  #atom(): RegexNode {
    if (this.#take("^")) return { kind: "edge", at: "start" };
    if (this.#take("$")) return { kind: "edge", at: "end" };
    if (this.#take("(")) return this.#group();
    if (this.#take("[")) return this.#class();
    if (this.#take(".")) return this.#set((code) => this.#flags.includes("s") || (code !== 10 && code !== 13));
    if (this.#take("\\b")) return { kind: "edge", at: "word" };
    if (this.#take("\\B")) return { kind: "edge", at: "inside" };
    const back = /^\\([1-9])/.exec(this.#source.slice(this.#at));
    if (back) {
      this.#at += 2;
      return { kind: "back", index: Number(back[1]) };
    }
    const has = this.#char();
    return this.#set(typeof has === "number" ? (code) => code === has : has);
  }

  #group(): RegexNode {
    const look = /^\?(<?)([=!])/.exec(this.#source.slice(this.#at));
    const isCapture = !look && !this.#take("?:");
    if (look) this.#at += look[0].length;
    const index = isCapture ? ++this.#captures : 0;
    const body = this.#choice();
    if (!this.#take(")")) throw new Error(`Cannot parse the group of /${this.#source}/ at ${this.#at}`);
    if (look) return { kind: "look", body, behind: look[1] === "<", negated: look[2] === "!" };
    return isCapture ? { kind: "capture", body, index } : body;
  }

  #class(): RegexNode {
    const negated = this.#take("^");
    const tests: ((code: number) => boolean)[] = [];
    while (!this.#take("]")) {
      const from = this.#char();
      if (typeof from === "number" && this.#source[this.#at] === "-" && this.#source[this.#at + 1] !== "]") {
        this.#at++;
        const to = this.#char() as number;
        tests.push((code) => code >= from && code <= to);
      } else tests.push(typeof from === "number" ? (code) => code === from : from);
    }
    return this.#set((code) => tests.some((test) => test(code)) !== negated);
  }

  /** Reads one character, or an escape that stands for several. */
  #char(): number | ((code: number) => boolean) {
    const char = this.#source[this.#at++] as string;
    if (char !== "\\") return this.#note(char.charCodeAt(0));
    const letter = this.#source[this.#at++] as string;
    const known = CLASSES[letter.toLowerCase()];
    if (known) return letter === letter.toLowerCase() ? known : (code) => !known(code);
    const digits = letter === "u" ? 4 : letter === "x" ? 2 : 0;
    if (digits > 0) {
      this.#at += digits;
      return this.#note(Number.parseInt(this.#source.slice(this.#at - digits, this.#at), 16));
    }
    if (letter === "p" && this.#source.startsWith("{Surrogate}", this.#at)) {
      this.#at += "{Surrogate}".length;
      return (code) => code >= 0xd800 && code <= 0xdfff;
    }
    if (/[pPkc]/.test(letter)) throw new Error(`Cannot parse \\${letter} in /${this.#source}/`);
    return this.#note(CONTROLS[letter] ?? letter.charCodeAt(0));
  }

  #note(code: number): number {
    for (const near of [code - 1, code, code + 1]) if (near >= 0) this.#chars.add(near);
    return code;
  }

  #set(has: (code: number) => boolean): RegexNode {
    if (!this.#flags.includes("i")) return { kind: "set", has };
    const cases = (code: number): number[] => {
      const char = String.fromCharCode(code);
      return [code, char.toLowerCase().charCodeAt(0), char.toUpperCase().charCodeAt(0)];
    };
    return { kind: "set", has: (code) => cases(code).some(has) };
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}
