import { runToEnd } from "../base/run-to-end.ts";
import type { ImportClause } from "./parsed-module.ts";
import { readTokens, type Tokens } from "./tokens.ts";

/** Reads an `import` or `export … from` statement up to its specifier: `import a, { b as c } from`. */
export function readClause(text: string): ImportClause {
  const tokens = runToEnd(readTokens(text));
  const isExport = tokens.is(0, "export");
  let at = 1;
  let defaultName: string | null = null;
  // `import defer * as a` and `import source a` have a word more.
  if ((tokens.is(at, "defer") || tokens.is(at, "source")) && !/^(?:,|from)?$/.test(tokens.textOf(at + 1))) at++;
  if (!isExport && tokens.kind(at) === "name" && !(tokens.is(at, "from") && at === tokens.length - 1)) {
    defaultName = tokens.textOf(at);
    at += tokens.is(at + 1, ",") ? 2 : 1;
  }
  const clause = { isExport, default: defaultName, namespace: null, isStar: false, named: [] };
  if (tokens.is(at, "{")) return { ...clause, named: namesIn(tokens, at + 1) };
  if (!tokens.is(at, "*")) return clause;
  if (!tokens.is(at + 1, "as")) return { ...clause, isStar: true };
  return { ...clause, namespace: nameAt(tokens, at + 2) };
}

function namesIn(tokens: Tokens, from: number): (readonly [string, string])[] {
  const names: (readonly [string, string])[] = [];
  for (let at = from; at < tokens.length && !tokens.is(at, "}"); at++) {
    if (tokens.is(at, ",")) continue;
    const imported = nameAt(tokens, at);
    const hasAlias = tokens.is(at + 1, "as");
    names.push([imported, hasAlias ? nameAt(tokens, at + 2) : imported]);
    if (hasAlias) at += 2;
  }
  return names;
}

/** Returns a name, which may be in quotes. */
function nameAt(tokens: Tokens, at: number): string {
  const text = tokens.textOf(at);
  if (tokens.kind(at) !== "string") return text;
  const plain = tokens.stringAt(at);
  if (plain !== null) return plain;
  // Escapes as in JSON, in either kind of quotes.
  const inner = text
    .slice(1, -1)
    .replace(/\\'/g, "'")
    .replace(/(?<!\\)"/g, '\\"');
  try {
    return JSON.parse(`"${inner}"`) as string;
  } catch {
    return inner;
  }
}

/** Where the parts of a rewritten clause come from. */
export interface ClauseTargets {
  /** The specifier, in quotes. */
  readonly from: string;
  /** That of the module whose default export is the namespace; null if `from` has a namespace of its own. */
  readonly namespaceFrom: string | null;
  /** Imported names to leave out: types of TypeScript. */
  readonly without: ReadonlySet<string>;
}

/** Writes a clause as statements on one line. */
export function writeClause(clause: ImportClause, { from: key, namespaceFrom, without }: ClauseTargets): string {
  const from = ` from ${key};`;
  const named = clause.named.filter(([imported]) => !without.has(imported));
  const entries = named.map(([imported, local]) => {
    const own = clause.isExport ? word(local) : local;
    return word(imported) === own ? own : `${word(imported)} as ${own}`;
  });
  const list = `{ ${entries.join(", ")} }`;
  const { isExport, default: name, namespace } = clause;
  const parts: string[] = [];
  if (isExport) {
    if (clause.isStar) parts.push(`export *${from}`);
    if (clause.named.length > 0) parts.push(`export ${list}${from}`);
    if (namespace !== null && namespaceFrom === null) parts.push(`export * as ${word(namespace)}${from}`);
    if (namespace !== null && namespaceFrom !== null)
      parts.push(`export { default as ${word(namespace)} } from ${namespaceFrom};`);
    return parts.join(" ") || `import ${key};`;
  }
  if (name !== null || named.length > 0)
    parts.push(`import ${[name, named.length > 0 ? list : null].filter((part) => part !== null).join(", ")}${from}`);
  if (namespace !== null && namespaceFrom === null) parts.push(`import * as ${namespace}${from}`);
  if (namespace !== null && namespaceFrom !== null) parts.push(`import ${namespace} from ${namespaceFrom};`);
  return parts.join(" ") || `import ${key};`;
}

/** Returns a name of a module, in quotes unless it is a plain identifier. */
function word(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
