import type { ModuleProblem, TransformOutput } from "../api/modules.ts";
import { isObject } from "../base/json.ts";
import { InstallError } from "../errors/failure.ts";
import { badSyntax, problemAt, problemOf } from "../errors/modules.ts";
import { extensionOf, isAsset, mediaTypeOf, toBase64 } from "./assets.ts";
import type { BundleFiles } from "./bundle-files.ts";
import { compileScript, type ScriptLang, scriptLang } from "./compile.ts";
import type { GraphBudget } from "./graph-budget.ts";
import type { GraphOptions } from "./graph-options.ts";
import { parseJson } from "./json-module.ts";
import { loadLexers } from "./lexers.ts";
import type { ModuleName } from "./module-id.ts";
import { parseScript, ScriptError } from "./parse-script.ts";
import type { ParsedModule } from "./parsed-module.ts";
import { type DecodedMap, decodeMap, joinMaps, LineStarts, sourcePlace } from "./source-map.ts";
import { parseStyleSheet } from "./style-sheet.ts";
import { NO_CONFIG, type TsConfig } from "./tsconfig.ts";

/** A module that was made from a file, or the reason why there is none. */
export type ReadModule =
  | { readonly ok: true; readonly parsed: ParsedModule }
  | { readonly ok: false; readonly problem: ModuleProblem };

export interface ReadRequest extends ModuleName {
  readonly isOwn: boolean;
  /** `type` of the nearest package.json. */
  readonly type: unknown;
}

/** A file's text on its way to a module. */
interface Draft {
  readonly code: string;
  readonly map: DecodedMap | null;
  readonly lang: ScriptLang | "css" | "json" | null;
}

/** Languages that need a compiler that this package does not have, and the name of one. */
const NEEDS_COMPILER: Readonly<Record<string, string>> = {
  vue: "@vue/compiler-sfc",
  svelte: "svelte/compiler",
  scss: "sass",
  sass: "sass",
  less: "less",
  styl: "stylus",
  mdx: "@mdx-js/mdx",
  astro: "@astrojs/compiler",
};

/**
 * Turns one file into a parsed module.
 *
 * 1. `?raw` gives the text, `?url` the address, whatever the file is.
 * 2. The `transform` hook, for the author's own files, and for files of packages that are neither scripts, styles nor JSON.
 * 3. By language: scripts are compiled if they have types or JSX or are the author's own, and parsed; styles and JSON are parsed.
 * 4. Any other known kind of file is an asset, whose module exports its address.
 */
export class ModuleReader {
  readonly #files: BundleFiles;
  readonly #options: GraphOptions;
  readonly #config: TsConfig;
  readonly #budget: GraphBudget;

  constructor(files: BundleFiles, options: GraphOptions, config: TsConfig, budget: GraphBudget) {
    this.#files = files;
    this.#options = options;
    this.#config = config;
    this.#budget = budget;
  }

  /** @throws InstallError ELIMIT; the error of reading the file */
  async read(request: ReadRequest): Promise<ReadModule> {
    const { path, query } = request;
    const flags = new Set(query.slice(1).split("&"));
    const bytes = await this.#files.bytes(path);
    this.#budget.addModule(path, bytes.length);
    if (flags.has("raw")) return parsed(textModule(decode(bytes)));
    if (flags.has("url")) return parsed(assetOf(path, bytes));
    if (flags.has("worker")) return await this.#parse(request, workerDraft(path), flags);
    const known = this.#draftOf(path, bytes);
    const transformed = this.#usesHook(request, known) ? await this.#transform(request, decode(bytes)) : null;
    if (transformed && "problem" in transformed) return transformed;
    const draft = transformed ?? known;
    if (draft) return await this.#parse(request, draft, flags);
    return isAsset(path) ? parsed(assetOf(path, bytes)) : { ok: false, problem: unknownKind(path) };
  }

  #draftOf(path: string, bytes: Uint8Array): Draft | null {
    const extension = extensionOf(path);
    const lang = scriptLang(path) ?? (extension === "css" || extension === "json" ? extension : null);
    return lang && { code: decode(bytes), map: null, lang };
  }

  #usesHook({ path, isOwn }: ReadRequest, known: Draft | null): boolean {
    if (!this.#options.transform) return false;
    return isOwn || (known === null && !isAsset(path)) || /\.svelte\.[jt]s$/.test(path);
  }

  /** Returns null if the hook leaves the file as it is. */
  async #transform(
    { path, query }: ReadRequest,
    code: string,
  ): Promise<Draft | { ok: false; problem: ModuleProblem } | null> {
    let output: TransformOutput | string | undefined | null;
    try {
      output = await this.#options.transform?.({ path, query, code });
    } catch (error) {
      return { ok: false, problem: hookProblem(error, path, code) };
    }
    if (output === undefined || output === null) return null;
    const { code: compiled, map, lang } = typeof output === "string" ? { code: output } : output;
    if (typeof compiled !== "string")
      return {
        ok: false,
        problem: problemOf("ETRANSFORM", "options.transform must return text, or an object with `code`.", path),
      };
    const decoded = decodeMap(map);
    return {
      code: compiled,
      map: decoded && { ...decoded, sources: [path], contents: [code] },
      lang: lang ?? scriptLang(path) ?? (extensionOf(path) === "css" ? "css" : "js"),
    };
  }

  async #parse(request: ReadRequest, draft: Draft, flags: ReadonlySet<string>): Promise<ReadModule> {
    const { path } = request;
    const { code, lang } = draft;
    if (lang === "json") return this.#json(path, code);
    if (lang === "css") {
      const sheet = parseStyleSheet(code);
      await this.#budget.spend(code.length / 8);
      if (!/\.module\.[^./]+$/.test(path) || flags.has("inline")) return parsed(sheet);
      const { cssModule } = await import("./css-module.ts");
      return parsed(cssModule(sheet, path));
    }
    try {
      return parsed(await this.#script(request, { ...draft, lang: lang ?? "js" }));
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      return { ok: false, problem: this.#scriptProblem(error, request, draft) };
    }
  }

  #json(path: string, code: string): ReadModule {
    try {
      parseJson(code);
    } catch (error) {
      const at = Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? 0);
      const place = { file: path, ...new LineStarts(code).place(at), text: code };
      return { ok: false, problem: badSyntax("This is not valid JSON.", place) };
    }
    return parsed({ format: "json", code, map: null, imports: [], exports: [], reexports: [], stars: [] });
  }

  async #script({ path, isOwn, type }: ReadRequest, draft: Draft & { lang: ScriptLang }): Promise<ParsedModule> {
    const { lang } = draft;
    let { code, map } = draft;
    // A package's JavaScript is not compiled. An author's may have mistakes, and JSX in `.js` files.
    if (isOwn || lang !== "js") {
      const options = { path, config: isOwn ? this.#config : NO_CONFIG, isDevelopment: this.#options.isDevelopment };
      const compiled = await compileScript(code, { ...options, lang: lang === "js" ? "jsx" : lang });
      code = compiled.code;
      map = compiled.map ? (map ? joinMaps(compiled.map, map) : compiled.map) : map;
      await this.#budget.spend(code.length);
    }
    const facts = { path, isOwn, type, map, isTyped: lang.startsWith("ts") };
    return await this.#budget.run(parseScript(code, facts, this.#options.defines, await loadLexers()));
  }

  #scriptProblem(error: ScriptError, { path }: ReadRequest, { code, map }: Draft): ModuleProblem {
    const place = new LineStarts(error.code ?? code).place(error.at);
    const decoded = error.map ?? map;
    const source = decoded ? (sourcePlace(decoded, place) ?? place) : place;
    const text = decoded?.contents[0] ?? code;
    return badSyntax(`${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`, {
      file: path,
      ...source,
      text,
    });
  }
}

function parsed(module: ParsedModule): ReadModule {
  return { ok: true, parsed: module };
}

function decode(bytes: Uint8Array): string {
  // Decodes a copy, because some browsers refuse to decode shared memory.
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.slice());
}

function textModule(text: string): ParsedModule {
  const code = `export default ${JSON.stringify(text)};\n`;
  return { format: "module", code, map: null, imports: [], exports: ["default"], reexports: [], stars: [] };
}

function assetOf(path: string, bytes: Uint8Array): ParsedModule {
  const asset = { base64: toBase64(bytes), mediaType: mediaTypeOf(path) };
  return {
    format: "asset",
    code: "",
    map: null,
    imports: [],
    exports: ["default"],
    reexports: [],
    stars: [],
    ...asset,
  };
}

/** Returns the module of `./a.js?worker`: a function that starts the worker, with or without `new`. */
function workerDraft(path: string): Draft {
  const file = JSON.stringify(`./${path.slice(path.lastIndexOf("/") + 1)}`);
  const code = `export default function (options) {\n  return new Worker(new URL(${file}, import.meta.url), { type: "module", ...options });\n}\n`;
  return { code, map: null, lang: "js" };
}

function unknownKind(path: string): ModuleProblem {
  const extension = extensionOf(path);
  const compiler = NEEDS_COMPILER[extension];
  const kind = extension ? `.${extension}` : "without an extension";
  return compiler
    ? problemOf(
        "EMODULEKIND",
        `Files ${kind} need a compiler. Pass options.transform, and compile them with ${compiler}.`,
        path,
      )
    : problemOf(
        "EMODULEKIND",
        `Files ${kind} are not modules. Import the text with ?raw or the address with ?url, or pass options.transform.`,
        path,
      );
}

/** Reads the place from a compiler's error: `loc` or `start` of Vue, Svelte and Babel, or `line` and `column`. */
function hookProblem(error: unknown, path: string, code: string): ModuleProblem {
  const value = isObject(error) ? error : {};
  const loc = [value["loc"], value["start"], value].find((one) => isObject(one) && typeof one["line"] === "number");
  const start = isObject(value["loc"]) && isObject(value["loc"]["start"]) ? value["loc"]["start"] : loc;
  const message = `options.transform failed: ${error instanceof Error || error instanceof InstallError ? error.message : String(error)}`;
  if (!isObject(start)) return problemOf("ETRANSFORM", message, path);
  const column = typeof start["column"] === "number" ? Math.max(0, start["column"]) : 0;
  return problemAt("ETRANSFORM", message, {
    file: path,
    line: Math.max(0, Number(start["line"]) - 1),
    column,
    text: code,
  });
}
