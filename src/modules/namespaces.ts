import { runToEnd } from "../base/run-to-end.ts";
import { readTokens, type Tokens } from "./tokens.ts";

const VALUES = new Set(["const", "let", "var", "function", "class", "enum", "async", "abstract"]);

/**
 * Finds the first `namespace` of a TypeScript file that has values. sucrase drops all namespaces, and says nothing. Returns its position;
 * -1 if there is none. A namespace of types alone, or behind `declare`, has no values.
 */
export function valueNamespace(code: string): number {
  if (!/\b(?:namespace|module)\b/.test(code)) return -1;
  const tokens = runToEnd(readTokens(code));
  for (let at = 0; at < tokens.length; at++) {
    if (!tokens.is(at, "namespace") && !tokens.is(at, "module")) continue;
    if (tokens.kind(at + 1) !== "name" || tokens.isOnNewLine(at + 1) || !isStatement(tokens, at)) continue;
    let open = at + 2;
    while (tokens.is(open, ".")) open += 2;
    const end = tokens.is(open, "{") ? tokens.partner(open) : -1;
    if (end > 0 && hasValues(tokens, open, end)) return tokens.start(at);
  }
  return -1;
}

/** Checks whether a token begins a statement, with or without `export`, but not with `declare`. */
function isStatement(tokens: Tokens, at: number): boolean {
  const before = tokens.is(at - 1, "export") ? at - 2 : at - 1;
  if (tokens.is(before, "declare") || tokens.is(before, ".")) return false;
  return before < 0 || /^[;{}]$/.test(tokens.textOf(before)) || tokens.isOnNewLine(before + 1);
}

function hasValues(tokens: Tokens, open: number, end: number): boolean {
  for (let at = open + 1; at < end; at++) {
    if (tokens.is(at, "{") || tokens.is(at, "(") || tokens.is(at, "[")) at = Math.max(at, tokens.partner(at));
    else if (VALUES.has(tokens.textOf(at)) && !tokens.is(at - 1, "declare") && !tokens.is(at - 1, ".")) return true;
  }
  return false;
}
