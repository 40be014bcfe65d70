import type { TextEdit } from "./text-edits.ts";
import type { Tokens } from "./tokens.ts";

/** Constants that replace expressions, indexed by the first name of each: `process.env.NODE_ENV` by `process`. */
export class Defines {
  readonly #byRoot = new Map<string, { readonly path: readonly string[]; readonly text: string }[]>();

  constructor(defines: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(defines)) {
      const path = name.split(".");
      const root = path[0] as string;
      const found = this.#byRoot.get(root) ?? [];
      found.push({ path, text: asOperand(text) });
      // The longest path that matches wins.
      this.#byRoot.set(
        root,
        found.sort((a, b) => b.path.length - a.path.length),
      );
    }
  }

  /** Checks whether a text may contain an expression to replace. Quick, because most modules contain none. */
  mayApply(text: string): boolean {
    for (const list of this.#byRoot.values())
      for (const { path } of list) if (path.every((part) => text.includes(part))) return true;
    return false;
  }

  /** Returns the edits that replace all constants. Line breaks within a replaced expression are kept. */
  edits(tokens: Tokens): TextEdit[] {
    const edits: TextEdit[] = [];
    for (let at = 0; at < tokens.length; at++) {
      if (tokens.kind(at) !== "name") continue;
      for (const { path, text } of this.#byRoot.get(tokens.textOf(at)) ?? []) {
        const last = matchPath(tokens, at, path);
        if (last < 0) continue;
        const edit = replacement(tokens, at, last, text);
        if (edit) edits.push(edit);
        at = last;
        break;
      }
    }
    return edits;
  }
}

/** Returns the last token of `a.b.c` that begins at a token; -1 if it is another expression, or a member of one. */
function matchPath(tokens: Tokens, at: number, path: readonly string[]): number {
  if (tokens.is(at - 1, ".") || tokens.is(at - 1, "?.")) return -1;
  let last = at;
  for (const part of path.slice(1)) {
    if (!(tokens.is(last + 1, ".") || tokens.is(last + 1, "?.")) || !tokens.is(last + 2, part)) return -1;
    last += 2;
  }
  return last;
}

/** Returns the edit for one expression; null where it is the target of an assignment, a key, or the name of a declaration. */
function replacement(tokens: Tokens, first: number, last: number, text: string): TextEdit | null {
  const next = tokens.textOf(last + 1);
  const before = tokens.textOf(first - 1);
  if (next === "=" || next === "++" || next === "--" || before === "++" || before === "--") return null;
  const edit = { start: tokens.start(first), end: tokens.end(last) };
  const kept = "\n".repeat(tokens.text.slice(edit.start, edit.end).split("\n").length - 1);
  if (last === first) {
    if (/^(?:var|let|const|function|class|import|as)$/.test(before)) return null;
    const isKey = before === "{" || before === ",";
    if (isKey && (next === ":" || next === "(")) return null;
    if (isKey && (next === "}" || next === ",") && isObjectLiteral(tokens, first))
      return { ...edit, text: `${tokens.textOf(first)}: ${text}` };
  }
  return { ...edit, text: text + kept };
}

/** The tokens before a name in which the brace of its object is looked for. */
const MAX_KEYS = 1000;

/** Checks whether a name between commas is in braces, as in `{ a, NAME }`. */
function isObjectLiteral(tokens: Tokens, at: number): boolean {
  for (let i = at - 1; i >= Math.max(0, at - MAX_KEYS); i--) {
    const text = tokens.textOf(i);
    if (text === "{") return true;
    if (text === "(" || text === "[" || text === ";") return false;
    if (text === ")" || text === "]" || text === "}") i = Math.max(0, tokens.partner(i));
  }
  return false;
}

/** Puts an object, a negative number or an expression into parentheses, so that any operator may follow. */
function asOperand(text: string): string {
  return /^(?:[\w$.]+|"[^"\\\n]*"|'[^'\\\n]*')$/.test(text) && !/^\d/.test(text) ? text : `(${text})`;
}
