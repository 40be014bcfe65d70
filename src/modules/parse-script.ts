import type { DynamicImport, Import, StaticImport } from "es-module-lexer/js";
import { deadLookup, deadRanges } from "./dead-code.ts";
import type { Defines } from "./define.ts";
import { readClause } from "./import-clause.ts";
import type { Compilers } from "./lexers.ts";
import type { ParsedImport, ParsedModule, Reexport } from "./parsed-module.ts";
import { type DecodedMap, editMap, encodeMap } from "./source-map.ts";
import { applyEdits, type TextEdit } from "./text-edits.ts";
import { readTokens, type Tokens } from "./tokens.ts";

/** The facts, besides its text, that decide whether a script is a module or CommonJS. */
export interface ScriptFacts {
  readonly path: string;
  /** `type` of the nearest package.json. */
  readonly type: unknown;
  /** True for the author's own files. A script without `import` and `require` is a module there, and CommonJS in a package. */
  readonly isOwn: boolean;
  /** Leads from the text back to its source; null if they are the same. */
  readonly map: DecodedMap | null;
  /** True for TypeScript. */
  readonly isTyped: boolean;
}

/** Text that is not JavaScript. `at` is a position in `code`, which `map` leads back to its source. */
export class ScriptError extends Error {
  readonly at: number;
  readonly code: string | undefined;
  readonly map: DecodedMap | null | undefined;
  constructor(message: string, at: number, code?: string, map?: DecodedMap | null) {
    super(message);
    this.at = at;
    this.code = code;
    this.map = map;
  }
}

/**
 * Reads a script.
 *
 * 1. Replace constants (`process.env.NODE_ENV`, `import.meta.env`).
 * 2. Decide the format: by extension, by `import` and `export`, by `type` of package.json.
 * 3. A module: its imports and exports, by es-module-lexer.
 * 4. CommonJS: its `require` calls, and its names by cjs-module-lexer. Both without code that the constants made dead.
 *
 * The generator yields the number of characters read since it last paused.
 * @throws ScriptError
 */
export function* parseScript(
  source: string,
  facts: ScriptFacts,
  defines: Defines,
  compilers: Compilers,
): Generator<number, ParsedModule> {
  const text = withoutMap(withoutHashbang(source));
  const edits = defines.mayApply(text) ? defines.edits(yield* readTokens(text)) : [];
  const defined = applyEdits(text, edits);
  const map = facts.map && editMap(facts.map, text, edits);
  yield defined.length;
  const lexed = lex(defined, compilers);
  const code = facts.isTyped ? withMergedExports(defined, lexed.exports) : defined;
  const format = formatOf(code, facts, lexed.isModule);
  if (lexed.wrong !== null && (format === "module" || facts.isOwn))
    throw new ScriptError("this is not valid JavaScript", lexed.wrong, code, map);
  const needsTokens = format === "commonjs" || /import\.meta|import\s*\(|@/.test(code);
  const tokens = needsTokens ? yield* readTokens(code) : null;
  const decorator = tokens && (facts.isOwn || facts.isTyped) ? decoratorIn(tokens) : -1;
  if (decorator >= 0)
    throw new ScriptError(
      "decorators are not compiled here: no browser runs them. Compile the file in options.transform",
      decorator,
      code,
      map,
    );
  const module =
    tokens && format === "commonjs" ? commonJsOf(code, tokens, lexed, compilers) : moduleOf(code, tokens, lexed);
  return { ...module, map: map && encodeMap(map), ...(facts.isTyped && { isTyped: true }) };
}

/** Leaves out the second `export` of a name, which the parts of a merged enum have. Positions stay. */
function withMergedExports(code: string, exports: Lexed[1]): string {
  const names = new Set<string>();
  const edits = exports.flatMap((one): TextEdit[] => {
    if (one.type !== "direct") return [];
    const isFirst = !names.has(one.name);
    names.add(one.name);
    const { exportStart: start } = one;
    return isFirst || !code.startsWith("export ", start) ? [] : [{ start, end: start + 7, text: " ".repeat(7) }];
  });
  return applyEdits(code, edits);
}

/** Returns the position of the first decorator; -1 if there is none. */
function decoratorIn(tokens: Tokens): number {
  if (!tokens.text.includes("@")) return -1;
  for (let at = 0; at < tokens.length; at++) if (tokens.is(at, "@")) return tokens.start(at);
  return -1;
}

type Lexed = ReturnType<Compilers["parseModule"]>;

interface LexResult {
  readonly imports: Lexed[0];
  readonly exports: Lexed[1];
  readonly isModule: boolean;
  /** The position of a mistake; null if there is none. */
  readonly wrong: number | null;
}

function lex(code: string, { parseModule }: Compilers): LexResult {
  try {
    const [imports, exports, , isModule] = parseModule(code);
    return { imports, exports, isModule, wrong: null };
  } catch (error) {
    return { imports: [], exports: [], isModule: false, wrong: (error as { idx?: number }).idx ?? 0 };
  }
}

function formatOf(code: string, { path, type, isOwn }: ScriptFacts, isModule: boolean): "module" | "commonjs" {
  if (/\.m[jt]s$/.test(path)) return "module";
  if (/\.c[jt]s$/.test(path)) return "commonjs";
  if (isModule || type === "module") return "module";
  if (!isOwn) return "commonjs";
  return /\b(?:require\s*\(|module\s*\.\s*exports|exports\s*[.[])/.test(code) ? "commonjs" : "module";
}

function moduleOf(code: string, tokens: Tokens | null, { imports, exports }: LexResult): ParsedModule {
  const urls = tokens ? urlsIn(tokens) : [];
  const isInTry = tokens ? tryLookup(tokens) : () => false;
  const found: ParsedImport[] = [];
  /** The position among `found` of each import of the lexer. */
  const positions = imports.map((one) => {
    const parsed = importOf(code, one, isInTry);
    return parsed ? found.push(parsed) - 1 : -1;
  });
  const names: string[] = [];
  const reexports: Reexport[] = [];
  const stars: number[] = [];
  for (const one of exports) {
    if (one.type === "reexport-all") stars.push(positions[one.importIndex] as number);
    else if (one.type === "reexport")
      reexports.push({ exported: one.name, name: one.importName, from: positions[one.importIndex] as number });
    else names.push(one.name);
  }
  return {
    format: "module",
    code,
    map: null,
    imports: [...found, ...urls],
    exports: names,
    reexports,
    stars,
  };
}

function importOf(code: string, one: Import, isInTry: (at: number) => boolean): ParsedImport | null {
  if (one.type === "import-meta") return null;
  return one.type === "dynamic" ? dynamicOf(code, one, isInTry) : staticOf(code, one);
}

function staticOf(code: string, one: StaticImport): ParsedImport {
  return {
    form: "static",
    specifier: one.specifier,
    start: one.importStart,
    end: one.importEnd,
    from: one.start - 1,
    to: one.end + 1,
    clause: readClause(code.slice(one.importStart, one.start - 1)),
  };
}

/** Returns null for a computed specifier. */
function dynamicOf(code: string, one: DynamicImport, isInTry: (at: number) => boolean): ParsedImport | null {
  if (one.specifier === undefined || one.glob) return null;
  const isCaught = isInTry(one.importStart) || /^\s*\.\s*catch\b/.test(code.slice(one.importEnd, one.importEnd + 100));
  return {
    form: "dynamic",
    specifier: one.specifier,
    start: one.importStart,
    end: one.importEnd,
    from: one.start,
    to: one.end,
    ...(isCaught && { isOptional: true }),
  };
}

/** Returns a lookup that tells whether a position is in a `try` block. */
function tryLookup(tokens: Tokens): (at: number) => boolean {
  const blocks: { start: number; end: number }[] = [];
  for (let at = 0; at < tokens.length; at++) {
    if (!tokens.is(at, "try") || !tokens.is(at + 1, "{") || tokens.start(at) < (blocks.at(-1)?.end ?? 0)) continue;
    blocks.push({ start: tokens.start(at), end: tokens.start(tokens.partner(at + 1)) });
  }
  return (at) => {
    let [low, high] = [0, blocks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((blocks[middle]?.start as number) < at) low = middle + 1;
      else high = middle;
    }
    return at < (blocks[low - 1]?.end ?? 0);
  };
}

/** Finds `new URL("…", import.meta.url)`. */
function urlsIn(tokens: Tokens): ParsedImport[] {
  const found: ParsedImport[] = [];
  const tail = [",", "import", ".", "meta", ".", "url"];
  for (let at = 0; at < tokens.length; at++) {
    if (!tokens.is(at, "new") || !tokens.is(at + 1, "URL") || !tokens.is(at + 2, "(")) continue;
    const specifier = tokens.stringAt(at + 3);
    if (specifier === null || !tail.every((text, i) => tokens.is(at + 4 + i, text))) continue;
    const close = tokens.is(at + 10, ",") ? at + 11 : at + 10;
    if (!tokens.is(close, ")")) continue;
    found.push({
      form: "url",
      specifier,
      start: tokens.start(at),
      end: tokens.end(close),
      from: tokens.start(at + 3),
      to: tokens.end(at + 3),
    });
  }
  return found;
}

function commonJsOf(code: string, tokens: Tokens, { imports }: LexResult, compilers: Compilers): ParsedModule {
  const isInTry = tryLookup(tokens);
  const dead = deadRanges(tokens);
  const isDead = deadLookup(dead, tokens.length);
  const requires = requiresIn(tokens, isDead);
  const dynamics = imports.flatMap((one) => (one.type === "dynamic" ? (dynamicOf(code, one, isInTry) ?? []) : []));
  const found = [...requires, ...dynamics];
  const live = applyEdits(
    code,
    dead.map(({ first, end }) => {
      const [from, to] = [tokens.start(first), tokens.end(end - 1)];
      return { start: from, end: to, text: " ".repeat(to - from) };
    }),
  );
  const { exports, reexports } = namesIn(live, compilers);
  const stars = reexports.flatMap((specifier) => {
    const position = requires.findIndex((one) => one.specifier === specifier);
    return position < 0 ? [] : [position];
  });
  return {
    format: "commonjs",
    code,
    map: null,
    imports: found,
    exports: exports.filter((name) => name !== "default"),
    reexports: [],
    stars,
  };
}

function namesIn(code: string, { parseCommonJs }: Compilers): ReturnType<Compilers["parseCommonJs"]> {
  try {
    return parseCommonJs(code);
  } catch {
    // The names are then those that importers ask for.
    return { exports: [], reexports: [] };
  }
}

/** Finds calls of `require` with one text. In a `try` block, a missing module is not an error. */
function requiresIn(tokens: Tokens, isDead: (at: number) => boolean): ParsedImport[] {
  const found: ParsedImport[] = [];
  let tryUntil = -1;
  for (let at = 0; at < tokens.length; at++) {
    if (at > tryUntil && tokens.is(at, "try") && tokens.is(at + 1, "{")) tryUntil = tokens.partner(at + 1);
    if (!tokens.is(at, "require") || !tokens.is(at + 1, "(") || isDead(at)) continue;
    if (tokens.is(at - 1, ".") || tokens.is(at - 1, "function")) continue;
    const specifier = tokens.stringAt(at + 2);
    if (specifier === null || !tokens.is(at + 3, ")")) continue;
    found.push({
      form: "require",
      specifier,
      start: tokens.start(at),
      end: tokens.end(at + 3),
      from: tokens.start(at + 2),
      to: tokens.end(at + 2),
      ...(at < tryUntil && { isOptional: true }),
    });
  }
  return found;
}

/** Turns a `#!` line, which only a script's first line may be, into a comment. */
function withoutHashbang(text: string): string {
  const plain = text[0] === "\uFEFF" ? text.slice(1) : text;
  return plain.startsWith("#!") ? `//${plain.slice(2)}` : plain;
}

const MAP_ADDRESS = "sourceMappingURL=";
/** The characters of a map's address, which may be a data URL. */
const MAX_ADDRESS = 1 << 24;

/** Removes the address of a source map at the end: it would be looked for beside the page. */
function withoutMap(text: string): string {
  const at = text.lastIndexOf(MAP_ADDRESS);
  if (at < 0 || text.length - at > MAX_ADDRESS || !/^\/\/[#@] $/.test(text.slice(Math.max(0, at - 4), at))) return text;
  const end = text.indexOf("\n", at);
  const isLast = end < 0 || text.slice(end).trim() === "";
  return isLast ? text.slice(0, at - 4) + text.slice(end < 0 ? text.length : end) : text;
}
