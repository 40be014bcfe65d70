// Loaded on demand: when a graph has a CSS module.

import { endOfComment, endOfString, skipBlanks } from "./css-lexemes.ts";
import type { ParsedImport, ParsedModule, StyleClass } from "./parsed-module.ts";
import { applyEdits, type TextEdit } from "./text-edits.ts";

/** At-rules whose blocks contain rules with selectors. All others contain declarations, or have no selectors. */
const HOLDS_RULES = /^@(?:media|supports|layer|container|scope|starting-style|document)\b/i;
const NAME = /-?(?:[_a-z\u0080-\uffff]|\\.)(?:[\w-]|[\u0080-\uffff]|\\.)*/iy;

/**
 * Gives the classes and keyframes of a CSS module names of its own: `.title` becomes `.title_1x2y3z`.
 *
 * 1. Split the style sheet at `{`, `}` and `;`, outside of comments, texts and parentheses.
 * 2. What precedes a `{` is a selector, unless it begins with `@`. Its classes get names. `:global(.a)` and what follows a lone
 *    `:global` keep theirs.
 * 3. `composes: a b from "./c.css"` adds classes to the name that the module exports, and leaves the style sheet.
 * 4. `animation` and `animation-name` get the names of the keyframes.
 */
export function cssModule(sheet: ParsedModule, path: string): ParsedModule {
  return new CssModule(sheet, path).run();
}

class CssModule {
  readonly #sheet: ParsedModule;
  readonly #suffix: string;
  readonly #edits: TextEdit[] = [];
  readonly #imports: ParsedImport[];
  readonly #classes = new Map<string, { local: string; composes: (readonly [number, string])[] }>();
  readonly #keyframes = new Set<string>();
  readonly #animations: { start: number; end: number }[] = [];
  /** The classes of the rules around a position, for `composes`. */
  readonly #rules: string[][] = [];

  constructor(sheet: ParsedModule, path: string) {
    this.#sheet = sheet;
    this.#imports = [...sheet.imports];
    this.#suffix = `_${hashOf(path)}`;
  }

  run(): ParsedModule {
    const { code } = this.#sheet;
    for (let at = 0, start = 0; at < code.length; ) {
      const char = code[at] as string;
      const end = endOfLexeme(code, at);
      if (char === "{") this.#open(start, at);
      else if (char === "}" || char === ";") this.#declaration(start, at);
      if (char === "}") this.#rules.pop();
      if (char === "{" || char === "}" || char === ";") start = end;
      at = end;
    }
    for (const { start, end } of this.#animations) this.#renameAnimation(start, end);
    const classes: StyleClass[] = [...this.#classes].map(([name, one]) => ({ name, ...one }));
    const text = applyEdits(code, this.#edits);
    return { ...this.#sheet, ...relocated(this.#edits, this.#imports), code: text, classes };
  }

  #open(from: number, to: number): void {
    const { code } = this.#sheet;
    const start = Math.min(skipBlanks(code, from), to);
    const prelude = code.slice(start, to);
    const keyframes = /^@(?:-\w+-)?keyframes\s+/i.exec(prelude);
    if (keyframes) {
      this.#nameKeyframes(start + keyframes[0].length, to);
      this.#rules.push([]);
    } else if (prelude[0] === "@") this.#rules.push(HOLDS_RULES.test(prelude) ? (this.#rules.at(-1) ?? []) : []);
    else this.#rules.push(this.#selector(start, to));
  }

  #nameKeyframes(start: number, to: number): void {
    NAME.lastIndex = start;
    const name = NAME.exec(this.#sheet.code)?.[0];
    if (!name || start + name.length > to) return;
    this.#keyframes.add(name);
    this.#edits.push({ start, end: start + name.length, text: name + this.#suffix });
  }

  /** Renames the classes of a selector, and returns them. */
  #selector(from: number, to: number): string[] {
    const { code } = this.#sheet;
    const found: string[] = [];
    let isGlobal = false;
    for (let at = from; at < to; ) {
      const marker = /^:(global|local)(\(?)/.exec(code.slice(at, at + 8));
      if (marker?.[2]) at = this.#marked(at, marker[1] === "global", found);
      else if (marker) {
        isGlobal = marker[1] === "global";
        const end = at + marker[0].length;
        this.#edits.push({ start: at, end: end + (code[end] === " " ? 1 : 0), text: "" });
        at = end + 1;
      } else if (code[at] === ".") at = this.#class(at, isGlobal, found);
      else if (code[at] === ",") {
        isGlobal = false;
        at++;
      } else at = code[at] === "(" ? at + 1 : endOfLexeme(code, at);
    }
    return found;
  }

  /** Handles `:global(…)` and `:local(…)`. */
  #marked(at: number, isGlobal: boolean, found: string[]): number {
    const { code } = this.#sheet;
    const open = code.indexOf("(", at);
    const end = endOfLexeme(code, open);
    this.#edits.push({ start: at, end: open + 1, text: "" }, { start: end - 1, end, text: "" });
    for (let inner = open + 1; inner < end - 1; )
      inner = code[inner] === "." ? this.#class(inner, isGlobal, found) : inner + 1;
    return end;
  }

  #class(at: number, isGlobal: boolean, found: string[]): number {
    NAME.lastIndex = at + 1;
    const name = NAME.exec(this.#sheet.code)?.[0];
    if (!name) return at + 1;
    const end = at + 1 + name.length;
    if (isGlobal) return end;
    found.push(name);
    if (!this.#classes.has(name)) this.#classes.set(name, { local: name + this.#suffix, composes: [] });
    this.#edits.push({ start: end, end, text: this.#suffix });
    return end;
  }

  #declaration(from: number, to: number): void {
    const { code } = this.#sheet;
    const start = Math.min(skipBlanks(code, from), to);
    const property = /^([\w-]+)\s*:/.exec(code.slice(start, Math.min(to, start + 60)));
    if (!property) return;
    const name = (property[1] as string).toLowerCase();
    const value = start + property[0].length;
    if (/^(?:-\w+-)?animation(?:-name)?$/.test(name)) this.#animations.push({ start: value, end: to });
    if (name !== "composes") return;
    this.#compose(value, to);
    this.#edits.push({ start, end: code[to] === ";" ? to + 1 : to, text: "" });
  }

  /** Reads `a b from "./c.css"`, `a from global` or `a b`. */
  #compose(from: number, to: number): void {
    const words = this.#sheet.code.slice(from, to).trim().split(/\s+/);
    const last = words.indexOf("from");
    const names = last < 0 ? words : words.slice(0, last);
    const source = last < 0 ? "" : words.slice(last + 1).join(" ");
    const specifier = /^["']/.test(source) ? source.slice(1, -1) : undefined;
    for (const rule of this.#rules.at(-1) ?? []) {
      const one = this.#classes.get(rule);
      if (!one) continue;
      if (specifier !== undefined) {
        const index = this.#importOf(specifier, from, to);
        one.composes.push(...names.map((name) => [index, name] as const));
      } else if (source === "global") one.local += ` ${names.join(" ")}`;
      else one.local += names.map((name) => ` ${this.#classes.get(name)?.local ?? name + this.#suffix}`).join("");
    }
  }

  #importOf(specifier: string, start: number, end: number): number {
    const known = this.#imports.findIndex((one) => one.form === "composes" && one.specifier === specifier);
    if (known >= 0) return known;
    return this.#imports.push({ form: "composes", specifier, start, end: start, from: start, to: end }) - 1;
  }

  #renameAnimation(start: number, end: number): void {
    const { code } = this.#sheet;
    for (let at = start; at < end; ) {
      NAME.lastIndex = at;
      const name = NAME.exec(code)?.[0];
      if (!name) {
        at = endOfLexeme(code, at);
        continue;
      }
      at += name.length;
      if (this.#keyframes.has(name)) this.#edits.push({ start: at, end: at, text: this.#suffix });
    }
  }
}

/** Returns the imports of a style sheet at their positions after edits. */
function relocated(edits: readonly TextEdit[], imports: readonly ParsedImport[]): { imports: ParsedImport[] } {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const shifts: number[] = [];
  let shift = 0;
  for (const { start, end, text } of sorted) {
    shift += text.length - (end - start);
    shifts.push(shift);
  }
  const moved = (at: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const { start, end } = sorted[middle] as TextEdit;
      if (end <= at && start < at) low = middle + 1;
      else high = middle;
    }
    return at + (shifts[low - 1] ?? 0);
  };
  return {
    imports: imports.map((one) =>
      one.form === "composes"
        ? { ...one, start: 0, end: 0, from: 0, to: 0 }
        : { ...one, start: moved(one.start), end: moved(one.end), from: moved(one.from), to: moved(one.to) },
    ),
  };
}

/** Returns the end of a comment, a text, parentheses, or one character. */
function endOfLexeme(text: string, at: number): number {
  const char = text[at];
  if (char === "\\") return at + 2;
  if (char === "/" && text[at + 1] === "*") return endOfComment(text, at);
  if (char === '"' || char === "'") return endOfString(text, at);
  if (char !== "(") return at + 1;
  let level = 0;
  for (let end = at; end < text.length; end++) {
    if (text[end] === "\\") end++;
    else if (text[end] === "(") level++;
    else if (text[end] === ")" && --level === 0) return end + 1;
  }
  return text.length;
}

/** Returns a short hash of a path (FNV-1a). */
function hashOf(path: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < path.length; at++) hash = Math.imul(hash ^ path.charCodeAt(at), 0x01000193) >>> 0;
  return hash.toString(36);
}
