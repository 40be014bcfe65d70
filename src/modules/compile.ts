import { extensionOf } from "./assets.ts";
import { loadSucrase } from "./lexers.ts";
import { writeNamespaces } from "./namespaces.ts";
import { ScriptError } from "./parse-script.ts";
import { type DecodedMap, decodeMap } from "./source-map.ts";
import type { TsConfig } from "./tsconfig.ts";

/** The languages that become JavaScript. */
export type ScriptLang = "js" | "jsx" | "ts" | "tsx";

/** Returns the language of a script by its extension; null for other files. */
export function scriptLang(path: string): ScriptLang | null {
  const extension = extensionOf(path);
  const found = /^[mc]?(js|ts)$/.exec(extension)?.[1] ?? (/^[jt]sx$/.test(extension) ? extension : null);
  return found as ScriptLang | null;
}

export interface CompileOptions {
  readonly path: string;
  readonly lang: ScriptLang;
  readonly config: TsConfig;
  /** True for React's development JSX, which carries file names and lines. */
  readonly isDevelopment: boolean;
}

/** Directives in comments, which win over tsconfig.json. */
const PRAGMA = /@(jsxImportSource|jsxRuntime|jsxFrag|jsx)[ \t]+([^\s*]+)/g;
/** The characters in which directives are looked for. */
const HEAD = 2000;

/**
 * Compiles a script of the author: removes types, and turns JSX into calls. Everything else stays as it is written. Without JSX and
 * types the code stays the same, but is checked.
 * @throws ScriptError at the place of a mistake
 */
export async function compileScript(
  code: string,
  { path, lang, config, isDevelopment }: CompileOptions,
): Promise<{ code: string; map: DecodedMap | null }> {
  const transform = await loadSucrase();
  const source = lang.startsWith("ts") ? writeNamespaces(code) : code;
  if (typeof source !== "string")
    throw new ScriptError(
      `"${source.what}" in a namespace is not compiled here. Use a module, or compile the file in options.transform`,
      source.at,
    );
  const pragmas = new Map([...code.slice(0, HEAD).matchAll(PRAGMA)].map(([, name, value]) => [name, value as string]));
  const isClassic = (pragmas.get("jsxRuntime") ?? config.jsx) === "classic" || pragmas.has("jsx");
  const factory = pragmas.get("jsx") ?? config.jsxFactory;
  const fragment = pragmas.get("jsxFrag") ?? config.jsxFragmentFactory;
  try {
    const result = transform(source, {
      transforms: [
        ...(lang === "ts" ? [] : (["jsx"] as const)),
        ...(lang.startsWith("ts") ? (["typescript"] as const) : []),
      ],
      jsxRuntime: isClassic ? "classic" : "automatic",
      production: !isDevelopment,
      jsxImportSource: pragmas.get("jsxImportSource") ?? config.jsxImportSource ?? "react",
      ...(factory !== undefined && { jsxPragma: factory }),
      ...(fragment !== undefined && { jsxFragmentPragma: fragment }),
      keepUnusedImports: config.keepsImports,
      preserveDynamicImport: true,
      disableESTransforms: true,
      filePath: path,
      sourceMapOptions: { compiledFilename: path },
    });
    if (result.code === code) return { code, map: null };
    const map = decodeMap(result.sourceMap);
    return { code: result.code, map: map && { ...map, sources: [path], contents: [code] } };
  } catch (error) {
    throw scriptError(error, code);
  }
}

/** Reads the place from the compiler's error. Other errors are faults of the compiler, at the start of the file. */
function scriptError(error: unknown, code: string): ScriptError {
  // The compiler calls itself for each level.
  if (error instanceof RangeError) return new ScriptError("the code is nested too deeply", 0);
  const { message, pos } = error as { message?: string; pos?: unknown };
  const text = String(message ?? error)
    .replace(/^Error transforming [^:]*: /, "")
    .replace(/ \(\d+:\d+\)$/, "");
  const at = typeof pos === "number" ? Math.min(pos, code.length) : 0;
  return new ScriptError(text.charAt(0).toLowerCase() + text.slice(1), at);
}
