import { isObject, type Json } from "../base/json.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { joinPath, parentOf } from "../node/manifests.ts";

/** The options of a tsconfig.json that decide what code becomes. */
export interface TsConfig {
  readonly jsx: "automatic" | "classic";
  readonly jsxImportSource: string | undefined;
  readonly jsxFactory: string | undefined;
  readonly jsxFragmentFactory: string | undefined;
  /** True if unused imports stay: `verbatimModuleSyntax`. */
  readonly keepsImports: boolean;
  /** The folder that plain names are looked up in; null if `baseUrl` is not set. */
  readonly baseUrl: string | null;
  /** Patterns with one star at most, and their targets relative to the project. Exact ones first, then by length. */
  readonly paths: readonly {
    readonly head: string;
    readonly tail: string | null;
    readonly targets: readonly string[];
  }[];
}

export const NO_CONFIG: TsConfig = {
  jsx: "automatic",
  jsxImportSource: undefined,
  jsxFactory: undefined,
  jsxFragmentFactory: undefined,
  keepsImports: false,
  baseUrl: null,
  paths: [],
};

/** The files of `extends` that one config may lead to. */
const MAX_FILES = 100;

/** Access to the files that a config may name. */
export interface ConfigReader {
  exists(path: string): boolean;
  text(path: string): Promise<string>;
  /** Resolves a package's config that `extends` names. */
  resolve(specifier: string, importer: string): Promise<string>;
  /** Returns the error for a file that is not valid. */
  invalid(path: string, text: string, at: number): InstallError;
}

/** Options, and for those that are paths the folder of the file that sets them. */
interface Layer {
  readonly options: Json;
  readonly folder: string;
}

/**
 * Reads a tsconfig.json.
 *
 * 1. Read the file and, depth first, those that its `extends` names. Each option of an extending file wins.
 * 2. If it has only `references`, as in Vite's templates, use the first one that has options for this.
 * 3. `paths` are relative to `baseUrl`, otherwise to the file that has them.
 *
 * @throws InstallError if a file is not JSON (with comments and trailing commas), or does not exist
 */
export async function readTsConfig(path: string, reader: ConfigReader): Promise<TsConfig> {
  const budget = { files: MAX_FILES };
  const { layers, json } = await layersOf(path, reader, budget);
  let found = layers;
  const isEmpty = !layers.some(({ options }) => "paths" in options || "jsx" in options || "baseUrl" in options);
  const references = isEmpty && Array.isArray(json["references"]) ? json["references"] : [];
  for (const reference of references) {
    const to = isObject(reference) && typeof reference["path"] === "string" ? reference["path"] : null;
    if (to === null) continue;
    const file = withJson(joinPath(parentOf(path), to), reader);
    if (file === null) continue;
    const { layers: others } = await layersOf(file, reader, budget);
    if (!others.some(({ options }) => "paths" in options || "jsx" in options)) continue;
    found = others;
    break;
  }
  return configOf(found);
}

/** Returns a file's own options first, then those it extends, nearest first. */
async function layersOf(
  path: string,
  reader: ConfigReader,
  budget: { files: number },
): Promise<{ layers: Layer[]; json: Json }> {
  if (budget.files-- <= 0)
    throw new InstallError(
      overLimit(`"extends" of tsconfig.json leads to more than ${MAX_FILES} files, or in a circle.`),
    );
  const text = await reader.text(path);
  const json = parseJsonc(text, (at) => reader.invalid(path, text, at));
  const options = isObject(json["compilerOptions"]) ? json["compilerOptions"] : {};
  const layers: Layer[] = [{ options, folder: parentOf(path) }];
  const bases = Array.isArray(json["extends"]) ? [...json["extends"]].reverse() : [json["extends"]];
  for (const base of bases) {
    if (typeof base !== "string") continue;
    const file = /^\.\.?(?:\/|$)|^\//.test(base)
      ? withJson(joinPath(base[0] === "/" ? "" : parentOf(path), base), reader)
      : await packageConfig(base, path, reader);
    if (file === null) throw reader.invalid(path, text, Math.max(0, text.indexOf(base)));
    layers.push(...(await layersOf(file, reader, budget)).layers);
  }
  return { layers, json };
}

function withJson(path: string, reader: ConfigReader): string | null {
  return [path, `${path}.json`, `${path}/tsconfig.json`].find((one) => reader.exists(one)) ?? null;
}

async function packageConfig(name: string, importer: string, reader: ConfigReader): Promise<string | null> {
  for (const specifier of [name, `${name}.json`, `${name}/tsconfig.json`]) {
    try {
      const found = await reader.resolve(specifier, importer);
      if (found.endsWith(".json")) return found;
    } catch (error) {
      if (!(error instanceof InstallError)) throw error;
    }
  }
  return null;
}

function configOf(layers: readonly Layer[]): TsConfig {
  const layerOf = (name: string): Layer | undefined => layers.find(({ options }) => options[name] !== undefined);
  const value = (name: string): unknown => layerOf(name)?.options[name];
  const text = (name: string): string | undefined => {
    const found = value(name);
    return typeof found === "string" && found !== "" ? found : undefined;
  };
  const baseLayer = layerOf("baseUrl");
  const base = text("baseUrl");
  const baseUrl = baseLayer && base !== undefined ? joinPath(baseLayer.folder, base) : null;
  return {
    jsx: text("jsx") === "react" ? "classic" : "automatic",
    jsxImportSource: text("jsxImportSource"),
    jsxFactory: text("jsxFactory"),
    jsxFragmentFactory: text("jsxFragmentFactory"),
    keepsImports: value("verbatimModuleSyntax") === true || value("preserveValueImports") === true,
    baseUrl,
    paths: pathsOf(value("paths"), baseUrl ?? layerOf("paths")?.folder ?? ""),
  };
}

function pathsOf(paths: unknown, folder: string): TsConfig["paths"] {
  if (!isObject(paths)) return [];
  const found = Object.entries(paths).map(([pattern, targets]) => {
    const star = pattern.indexOf("*");
    return {
      head: star < 0 ? pattern : pattern.slice(0, star),
      tail: star < 0 ? null : pattern.slice(star + 1),
      targets: (Array.isArray(targets) ? targets : [])
        .filter((target) => typeof target === "string")
        .map((target) => joinPath(folder, target) + (target.endsWith("/") ? "/" : "")),
    };
  });
  return found.sort((a, b) => Number(a.tail !== null) - Number(b.tail !== null) || b.head.length - a.head.length);
}

/** Returns the paths that `paths` and `baseUrl` give for a specifier, best first. */
export function configuredPaths({ paths, baseUrl }: TsConfig, specifier: string): string[] {
  const found: string[] = [];
  for (const { head, tail, targets } of paths) {
    if (tail === null ? specifier !== head : !specifier.startsWith(head) || !specifier.endsWith(tail)) continue;
    if (specifier.length < head.length + (tail?.length ?? 0)) continue;
    const star = tail === null ? "" : specifier.slice(head.length, specifier.length - tail.length);
    found.push(...targets.map((target) => target.replace("*", () => star)));
    break;
  }
  if (baseUrl !== null && /^[^./#]/.test(specifier)) found.push(joinPath(baseUrl, specifier));
  return found;
}

/** Parses JSON with comments and trailing commas. */
function parseJsonc(text: string, invalid: (at: number) => InstallError): Json {
  let plain = "";
  for (let at = text[0] === "\uFEFF" ? 1 : 0; at < text.length; ) {
    const end = endOfPart(text, at);
    const part = text.slice(at, end);
    // Comments become blanks, so that positions stay.
    if (part.startsWith("//") || part.startsWith("/*")) plain += part.replace(/[^\n]/g, " ");
    else plain += part;
    at = end;
  }
  try {
    const value: unknown = JSON.parse(withoutTrailingCommas(plain));
    return isObject(value) ? value : {};
  } catch (error) {
    throw invalid(Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? 0));
  }
}

/** Returns the end of a text, of a comment, or of one character. */
function endOfPart(text: string, at: number): number {
  if (text[at] === '"') {
    for (let end = at + 1; end < text.length; end++) {
      if (text[end] === "\\") end++;
      else if (text[end] === '"') return end + 1;
    }
    return text.length;
  }
  if (text[at] !== "/") return at + 1;
  const isLine = text[at + 1] === "/";
  if (!isLine && text[at + 1] !== "*") return at + 1;
  const end = isLine ? text.indexOf("\n", at) : text.indexOf("*/", at + 2);
  return end < 0 ? text.length : end + (isLine ? 0 : 2);
}

function withoutTrailingCommas(text: string): string {
  let out = "";
  for (let at = 0; at < text.length; ) {
    const end = endOfPart(text, at);
    const isTrailing = text[at] === "," && /^\s*[\]}]/.test(text.slice(end, end + 1000));
    out += isTrailing ? " " : text.slice(at, end);
    at = end;
  }
  return out;
}
