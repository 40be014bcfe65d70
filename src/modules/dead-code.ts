import type { Tokens } from "./tokens.ts";

/** Tokens without effect: from `first` up to, but without, `end`. */
export interface DeadRange {
  readonly first: number;
  readonly end: number;
}

const COMPARISONS = new Set(["===", "!==", "==", "!="]);
/** Tokens before which a comparison of two constants is a whole operand. */
const BEFORE_OPERAND = new Set("( [ { } , ; = : ? ! && || ?? => return else".split(" "));
/** Signs that end an operand of `&&` and `||`. */
const AFTER_OPERAND = new Set([")", "]", "}", ",", ";", ":", "?", "||", "??"]);

/**
 * Finds code that never runs because its condition is constant, once `process.env.NODE_ENV` was replaced by a text, and the
 * constant conditions themselves:
 *
 *     if ("development" === "production") module.exports = require("./min.js");   // dead
 *     else module.exports = require("./dev.js");
 *     module.exports = "development" === "production" ? require("./min.js") : require("./dev.js");
 *     "production" !== "development" && (function () { exports.a = 1; })();
 *
 * 1. An `if` whose condition is constant: its statement or its `else`.
 * 2. A comparison of two constants before `?`, `&&` or `||`: the operand that is not evaluated.
 *
 * Where in doubt, code counts as live. Only names and requires are looked for without dead code; the code itself stays.
 */
export function deadRanges(tokens: Tokens): DeadRange[] {
  const found: DeadRange[] = [];
  const note = (first: number, end: number): void => {
    if (end > first) found.push({ first, end });
  };
  for (let at = 0; at < tokens.length; at++) {
    if (tokens.is(at, "if") && tokens.is(at + 1, "(")) {
      const close = tokens.partner(at + 1);
      const isTrue = close < 0 ? undefined : constantOf(tokens, at + 2, close);
      if (isTrue === undefined) continue;
      const end = statementEnd(tokens, close + 1, 0);
      if (end < 0) continue;
      const hasElse = tokens.is(end, "else");
      // The condition and `else` themselves go as well, so that the live statement stands alone.
      if (isTrue) note(at, close + 1);
      else note(at, hasElse ? end + 1 : end);
      const otherwise = isTrue && hasElse ? statementEnd(tokens, end + 1, 0) : -1;
      if (otherwise >= 0) note(end, otherwise);
    } else if (isConstant(tokens, at) && COMPARISONS.has(tokens.textOf(at + 1)) && isConstant(tokens, at + 2)) {
      operandRange(tokens, at, note);
    }
  }
  return merged(found);
}

/** Joins ranges that overlap. */
function merged(ranges: readonly DeadRange[]): DeadRange[] {
  const out: { first: number; end: number }[] = [];
  for (const { first, end } of [...ranges].sort((a, b) => a.first - b.first)) {
    const last = out.at(-1);
    if (last && first <= last.end) last.end = Math.max(last.end, end);
    else out.push({ first, end });
  }
  return out;
}

/** Returns a lookup that tells whether a token is dead. */
export function deadLookup(ranges: readonly DeadRange[], count: number): (at: number) => boolean {
  if (ranges.length === 0) return () => false;
  const isDead = new Uint8Array(count);
  for (const { first, end } of ranges) isDead.fill(1, first, end);
  return (at) => isDead[at] === 1;
}

/** Finds the operand that is not evaluated after a comparison of two constants. */
function operandRange(tokens: Tokens, at: number, note: (first: number, end: number) => void): void {
  const isFirst = at === 0 || (tokens.isOnNewLine(at) && tokens.endsValue(at - 1));
  if (!isFirst && !BEFORE_OPERAND.has(tokens.textOf(at - 1))) return;
  let isTrue = compare(tokens, at) as boolean;
  let [first, last] = [at - 1, at + 3];
  // Parentheses behind a value are those of a call, or of the head of a statement.
  while (tokens.is(first, "(") && tokens.partner(first) === last && !tokens.endsValue(first - 1)) {
    first--;
    last++;
    if (!tokens.is(first, "!")) continue;
    isTrue = !isTrue;
    first--;
  }
  // `a && false ? b : c` is false, but `a && true ? b : c` is open.
  const joined = tokens.textOf(first);
  if ((joined === "&&" && isTrue) || (joined === "||" && !isTrue) || joined === "??") return;
  const isWhole = joined !== "&&" && joined !== "||";
  const sign = tokens.textOf(last);
  if (sign === "&&" || sign === "||") {
    if ((sign === "&&") === isTrue) note(isWhole ? first + 1 : last, last + 1);
    else note(last + 1, operandEnd(tokens, last + 1));
  }
  if (sign !== "?") return;
  const colon = colonOf(tokens, last + 1);
  if (colon < 0) return;
  if (isTrue) note(colon, operandEnd(tokens, colon + 1));
  note(isWhole ? first + 1 : last, isTrue ? last + 1 : colon + 1);
}

/** Returns the `:` of a conditional whose first branch begins at a token; -1 if there is none. */
function colonOf(tokens: Tokens, from: number): number {
  let level = 0;
  for (let at = from; at < tokens.length; at++) {
    const text = tokens.kind(at) === "sign" ? tokens.textOf(at) : "";
    const partner = tokens.partner(at);
    if (partner > at) at = partner;
    else if (text === ")" || text === "]" || text === "}" || text === ";") return -1;
    else if (text === "?") level++;
    else if (text === ":" && level-- === 0) return at;
  }
  return -1;
}

/** Returns the token behind an operand. */
function operandEnd(tokens: Tokens, from: number): number {
  for (let at = from; at < tokens.length; at++) {
    const partner = tokens.partner(at);
    if (partner > at) at = partner;
    else if (tokens.kind(at) === "sign" && AFTER_OPERAND.has(tokens.textOf(at))) return at;
    else if (at > from && endsStatement(tokens, at)) return at;
  }
  return tokens.length;
}

/** Checks whether a statement ends before a token without a semicolon, because the token begins a line and continues nothing. */
function endsStatement(tokens: Tokens, at: number): boolean {
  if (!tokens.isOnNewLine(at) || !tokens.endsValue(at - 1)) return false;
  if (tokens.kind(at) === "name") return !/^(?:in|instanceof)$/.test(tokens.textOf(at));
  return tokens.kind(at) === "string" || tokens.kind(at) === "number";
}

/** The statements in statements that are followed, such as `if (a) if (b) …`. */
const MAX_LEVELS = 50;

/** Returns the token behind a statement; -1 in doubt. */
function statementEnd(tokens: Tokens, at: number, level: number): number {
  if (level > MAX_LEVELS) return -1;
  const after = (from: number): number => (from < 0 ? -1 : statementEnd(tokens, from, level + 1));
  const behind = (open: number): number => (tokens.partner(open) < 0 ? -1 : tokens.partner(open) + 1);
  if (tokens.is(at, "{")) return behind(at);
  if (tokens.is(at, "if") && tokens.is(at + 1, "(")) {
    const end = after(behind(at + 1));
    return end >= 0 && tokens.is(end, "else") ? after(end + 1) : end;
  }
  if ((tokens.is(at, "for") || tokens.is(at, "while") || tokens.is(at, "with")) && tokens.is(at + 1, "("))
    return after(behind(at + 1));
  if (/^(?:do|try|switch|function|class|async|for|let|const)$/.test(tokens.textOf(at))) return -1;
  return expressionEnd(tokens, at);
}

/** Returns the token behind an expression statement, and behind its semicolon. */
function expressionEnd(tokens: Tokens, from: number): number {
  for (let at = from; at < tokens.length; at++) {
    const partner = tokens.partner(at);
    if (partner > at) at = partner;
    else if (tokens.is(at, ";")) return at + 1;
    else if (tokens.is(at, "}") || tokens.is(at, "else")) return at;
    else if (at > from && endsStatement(tokens, at)) return at;
  }
  return tokens.length;
}

/** Returns the value of a condition from one token to another; undefined if it is not constant. */
function constantOf(tokens: Tokens, from: number, to: number): boolean | undefined {
  const [value, at] = orValue(tokens, from, 0);
  return at === to ? value : undefined;
}

type Value = readonly [value: boolean | undefined, at: number];

function orValue(tokens: Tokens, from: number, level: number): Value {
  let [value, at] = andValue(tokens, from, level);
  while (tokens.is(at, "||")) {
    const [right, end] = andValue(tokens, at + 1, level);
    value = value === true || right === true ? true : value === false && right === false ? false : undefined;
    at = end;
  }
  return [value, at];
}

function andValue(tokens: Tokens, from: number, level: number): Value {
  let [value, at] = notValue(tokens, from, level);
  while (tokens.is(at, "&&")) {
    const [right, end] = notValue(tokens, at + 1, level);
    value = value === false || right === false ? false : value === true && right === true ? true : undefined;
    at = end;
  }
  return [value, at];
}

function notValue(tokens: Tokens, from: number, level: number): Value {
  let at = from;
  while (tokens.is(at, "!")) at++;
  const isNegated = (at - from) % 2 === 1;
  const [value, end] = plainValue(tokens, at, level);
  return [value === undefined ? undefined : value !== isNegated, end];
}

/** Returns the value of a comparison, a literal, or a condition in parentheses. Skips any other operand, whose value is unknown. */
function plainValue(tokens: Tokens, at: number, level: number): Value {
  if (isConstant(tokens, at) && COMPARISONS.has(tokens.textOf(at + 1)) && isConstant(tokens, at + 2))
    return [compare(tokens, at), at + 3];
  const close = tokens.is(at, "(") ? tokens.partner(at) : -1;
  if (close > 0 && level < MAX_LEVELS && /^(?:\)|&&|\|\||)$/.test(tokens.textOf(close + 1))) {
    const [value, end] = orValue(tokens, at + 1, level + 1);
    return [end === close ? value : undefined, close + 1];
  }
  if (/^(?:\)|&&|\|\|)$/.test(tokens.textOf(at + 1))) {
    if (tokens.is(at, "true")) return [true, at + 1];
    if (tokens.is(at, "false")) return [false, at + 1];
  }
  let end = at;
  for (; end < tokens.length; end++) {
    const partner = tokens.partner(end);
    if (partner > end) end = partner;
    else if (tokens.kind(end) === "sign" && /^(?:\)|&&|\|\|)$/.test(tokens.textOf(end))) break;
    // An assignment, a conditional or a sequence is not followed.
    else if (tokens.is(end, "=") || tokens.is(end, "?") || tokens.is(end, ",") || tokens.is(end, "??"))
      return [undefined, -1];
  }
  return [undefined, end];
}

function isConstant(tokens: Tokens, at: number): boolean {
  return tokens.stringAt(at) !== null;
}

function compare(tokens: Tokens, at: number): boolean {
  const isEqual = tokens.stringAt(at) === tokens.stringAt(at + 2);
  return tokens.textOf(at + 1)[0] === "!" ? !isEqual : isEqual;
}
