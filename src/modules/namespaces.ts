import { runToEnd } from "../base/run-to-end.ts";
import { applyEdits, type TextEdit } from "./text-edits.ts";
import { readTokens, type Tokens } from "./tokens.ts";

/** A namespace that cannot be written as a function. `at` is its position, `what` the part that cannot. */
export interface RefusedNamespace {
  readonly at: number;
  readonly what: string;
}

const VALUES = new Set(["const", "let", "var", "function", "class", "enum", "async", "abstract"]);

/**
 * Writes the namespaces of a TypeScript file as functions, as TypeScript itself does, because sucrase drops them. Lines stay.
 *
 *     export namespace A { export const b = 1; }
 *     export var A; (function (A) { const b = 1; A.b = b; })(A || (A = {}));
 *
 * A namespace of types alone, or behind `declare`, is left to sucrase. Refuses exports that a later assignment could change, or that
 * this does not know (`export let`, `export { … }`, destructuring).
 */
export function writeNamespaces(code: string): string | RefusedNamespace {
  if (!/\b(?:namespace|module)\b/.test(code)) return code;
  const tokens = runToEnd(readTokens(code));
  const file: TypedFile = { tokens, edits: [], declared: declaredNames(tokens) };
  for (let at = 0; at < tokens.length; at++) {
    const found = namespaceAt(tokens, at);
    if (!found) continue;
    const refused = writeOne(file, found, 0);
    if (refused) return refused;
    at = found.end;
  }
  return applyEdits(code, file.edits);
}

/** The levels of namespaces in namespaces. */
const MAX_LEVELS = 100;

/** A file and the edits so far. */
interface TypedFile {
  readonly tokens: Tokens;
  readonly edits: TextEdit[];
  /** The position of the first class, function or enum of each name. */
  readonly declared: ReadonlyMap<string, number>;
}

function declaredNames(tokens: Tokens): Map<string, number> {
  const found = new Map<string, number>();
  for (let at = 1; at < tokens.length; at++) {
    const isDeclared = tokens.kind(at) === "name" && /^(?:class|function|enum)$/.test(tokens.textOf(at - 1));
    if (isDeclared && !found.has(tokens.textOf(at))) found.set(tokens.textOf(at), at);
  }
  return found;
}

interface Namespace {
  readonly at: number;
  readonly names: readonly string[];
  readonly open: number;
  readonly end: number;
}

/** Returns the namespace with values whose keyword is at a token. */
function namespaceAt(tokens: Tokens, at: number, level = 0): Namespace | null {
  if (!tokens.is(at, "namespace") && !tokens.is(at, "module")) return null;
  if (tokens.kind(at + 1) !== "name" || tokens.isOnNewLine(at + 1) || !isStatement(tokens, at)) return null;
  const names = [tokens.textOf(at + 1)];
  let open = at + 2;
  for (; tokens.is(open, "."); open += 2) names.push(tokens.textOf(open + 1));
  const end = tokens.is(open, "{") ? tokens.partner(open) : -1;
  return end > 0 && hasValues(tokens, { open, end, level }) ? { at, names, open, end } : null;
}

/** Checks whether a token begins a statement, with or without `export`, but not with `declare`. */
function isStatement(tokens: Tokens, at: number): boolean {
  const before = tokens.is(at - 1, "export") ? at - 2 : at - 1;
  if (tokens.is(before, "declare") || tokens.is(before, ".")) return false;
  return before < 0 || /^[;{}]$/.test(tokens.textOf(before)) || tokens.isOnNewLine(before + 1);
}

/** Checks whether a namespace has anything but types. One that is nested too deeply counts as if it had: it is refused later. */
function hasValues(tokens: Tokens, { open, end, level }: { open: number; end: number; level: number }): boolean {
  if (level > MAX_LEVELS) return true;
  for (let at = open + 1; at < end; at++) {
    if (namespaceAt(tokens, at, level + 1)) return true;
    if (tokens.is(at, "{") || tokens.is(at, "(") || tokens.is(at, "[")) at = Math.max(at, tokens.partner(at));
    else if (VALUES.has(tokens.textOf(at)) && !tokens.is(at - 1, "declare") && !tokens.is(at - 1, ".")) return true;
  }
  return false;
}

function writeOne(file: TypedFile, { at, names, open, end }: Namespace, level: number): RefusedNamespace | null {
  const { tokens, edits } = file;
  if (level > MAX_LEVELS) return { at: tokens.start(at), what: `more than ${MAX_LEVELS} levels` };
  const own = names.at(-1) as string;
  const [first = ""] = names;
  const isExported = tokens.is(at - 1, "export");
  // A class, function or enum of the same name is the object that the namespace adds to.
  const isMerged = (file.declared.get(first) ?? at) < at;
  const heads = names.map((name, i) => `${i === 0 && isMerged ? "" : `var ${name}; `}(function (${name}) {`);
  const tails = names.map((name, i) => {
    const inner = i === 0 ? `${name} = {}` : `${name} = ${names[i - 1]}.${name} || (${names[i - 1]}.${name} = {})`;
    return ` })(${name} || (${inner}));`;
  });
  const start = tokens.start(isExported && isMerged ? at - 1 : at);
  const kept = "\n".repeat(tokens.text.slice(start, tokens.end(open)).split("\n").length - 1);
  const hoisted: string[] = [];
  for (let i = open + 1; i < end; i++) {
    const inner = namespaceAt(tokens, i);
    if (inner) {
      const refused = writeInner(file, { own, inner, level: level + 1 });
      if (refused) return refused;
      i = inner.end;
    } else if (tokens.is(i, "export") && !namespaceAt(tokens, i + 1)) {
      const refused = writeExport(tokens, { at: i, own, hoisted }, edits);
      if (refused) return refused;
    } else if (tokens.partner(i) > i) i = tokens.partner(i);
  }
  const assigned = hoisted.map((name) => ` ${own}.${name} = ${name};`).join("");
  edits.push({ start, end: tokens.end(open), text: heads.join(" ") + assigned + kept });
  edits.push({ start: tokens.start(end), end: tokens.end(end), text: tails.reverse().join("") });
  return null;
}

/** Writes a namespace in a namespace. */
function writeInner(
  file: TypedFile,
  { own, inner, level }: { own: string; inner: Namespace; level: number },
): RefusedNamespace | null {
  const { tokens, edits } = file;
  const isExported = tokens.is(inner.at - 1, "export");
  if (isExported) edits.push({ start: tokens.start(inner.at - 1), end: tokens.start(inner.at), text: "" });
  const before = edits.length;
  const refused = writeOne(file, inner, level);
  const [name = ""] = inner.names;
  const last = edits[edits.length - 1];
  if (refused || !isExported || !last || edits.length === before) return refused;
  edits[edits.length - 1] = { ...last, text: `${last.text} ${own}.${name} = ${name};` };
  return null;
}

/** Takes away one `export` in a namespace, and assigns its name to the namespace. */
function writeExport(
  tokens: Tokens,
  { at, own, hoisted }: { at: number; own: string; hoisted: string[] },
  edits: TextEdit[],
): RefusedNamespace | null {
  const keyword = ["async", "abstract"].includes(tokens.textOf(at + 1)) ? at + 2 : at + 1;
  const word = tokens.textOf(keyword);
  const isConstEnum = word === "const" && tokens.is(keyword + 1, "enum");
  const nameAt = isConstEnum || tokens.is(keyword + 1, "*") ? keyword + 2 : keyword + 1;
  const name = tokens.textOf(nameAt);
  edits.push({ start: tokens.start(at), end: tokens.start(at + 1), text: "" });
  if (/^(?:interface|type|declare)$/.test(word)) return null;
  if (tokens.kind(nameAt) !== "name") return { at: tokens.start(at), what: `export ${word}` };
  if (word === "function") {
    if (!hoisted.includes(name)) hoisted.push(name);
    return null;
  }
  let end = nameAt;
  if (word === "class" || word === "enum" || isConstEnum) {
    while (end < tokens.length && !tokens.is(end, "{")) end = Math.max(end, tokens.partner(end)) + 1;
    end = tokens.partner(end);
  } else if (word === "const") {
    while (end + 1 < tokens.length && !tokens.is(end, ";") && !isLineEnd(tokens, end + 1)) {
      end = Math.max(end, tokens.partner(end)) + 1;
      if (tokens.is(end, ",") && tokens.is(end + 2, "="))
        return { at: tokens.start(at), what: "several names in one export" };
    }
  } else return { at: tokens.start(at), what: `export ${word}` };
  if (end < 0) return { at: tokens.start(at), what: `export ${word}` };
  const position = tokens.end(end);
  edits.push({
    start: position,
    end: position,
    text: `${tokens.is(end, ";") || word !== "const" ? "" : ";"} ${own}.${name} = ${name};`,
  });
  return null;
}

/** Checks whether a statement ends before a token: at a bracket, or at a line that begins a new statement. */
function isLineEnd(tokens: Tokens, at: number): boolean {
  if (tokens.is(at, "}")) return true;
  return tokens.isOnNewLine(at) && tokens.endsValue(at - 1) && tokens.kind(at) === "name";
}
