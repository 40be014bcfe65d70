import type { FileMap } from "../api/common.ts";
import type { InstalledProject, NodeResolveOptions } from "../api/install.ts";
import { isObject } from "../base/json.ts";
import { endSentence, InstallError } from "../errors/failure.ts";
import { failureOf } from "../errors/failure-of.ts";
import { invalidOption, shortValue } from "../errors/invalid-option.ts";
import { NodeResolver, type PackageScope } from "../node/resolve.ts";
import { GlobSet, isMatch } from "../project/glob.ts";
import { BundleFiles } from "./bundle-files.ts";

/**
 * The options of both plugins. `conditions` default to `["module", "browser"]`; the kind of an import adds `import` or
 * `require`. `extensions` default to those of `nodeResolve` in packages; in the user's own files TypeScript's and JSX's come
 * first.
 */
export interface BundlerOptions extends NodeResolveOptions {
  /** The user's own files by path relative to the project, such as `src/main.tsx`. A function is called for each build. */
  files?: FileMap | (() => FileMap);
}

/** @throws InstallError EINVALIDOPTION, also if `files` is a function that throws */
function filesOf({ files = {} }: BundlerOptions): FileMap {
  let given: unknown = files;
  try {
    if (typeof files === "function") given = files();
  } catch (error) {
    throw invalidOption(endSentence(`options.files failed: ${failureOf(error).message}`));
  }
  return checkFiles(given);
}

/** Checks the value of `options.files`. @throws InstallError EINVALIDOPTION */
export function checkFiles(files: unknown): FileMap {
  const isFile = (content: unknown): boolean => typeof content === "string" || content instanceof Uint8Array;
  if (!isObject(files)) throw invalidOption(`options.files must be an object of files, not ${shortValue(files)}.`);
  const wrong = Object.keys(files).find((path) => !isFile(files[path]));
  if (wrong === undefined) return files as FileMap;
  throw invalidOption(`options.files["${wrong}"] must be text or bytes, not ${shortValue(files[wrong])}.`);
}

/** The kind of an import, which decides about conditions and fields. */
export type ImportKind = "import" | "require" | "style";

const OWN_EXTENSIONS = [".tsx", ".ts", ".jsx", ".js", ".mjs", ".cjs", ".css", ".json"];

/** TypeScript sources that an import of a compiled file may mean: `./a.js` may be a.ts. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/**
 * Resolves and reads files for one build. The project must not change during the build.
 *
 * 1. A specifier is resolved by {@link NodeResolver}, with the conditions and fields of its kind.
 * 2. In TypeScript `./a.js` may also mean a.ts or a.tsx.
 * 3. In a style sheet `a.png` first means the file beside it, then a package.
 */
export class BundlerBuild {
  readonly files: BundleFiles;
  readonly #options: BundlerOptions;
  readonly #resolver: NodeResolver;
  /** The compiled `sideEffects` of each package that has a list. */
  readonly #sideEffects = new WeakMap<readonly unknown[], GlobSet>();

  constructor(project: InstalledProject, options: BundlerOptions) {
    this.files = new BundleFiles(project, filesOf(options));
    this.#options = options;
    this.#resolver = new NodeResolver(this.files);
  }

  /** Resolves an import to a path, a URL or the empty module. @throws InstallError as {@link NodeResolver.resolve} */
  async resolve(specifier: string, importer: string, kind: ImportKind): Promise<string> {
    const rules = this.#rules(importer, kind);
    const tried = [{ specifier, rules }];
    const [, stem = "", written = ""] = /^(\.\.?\/.*)(\.[mc]?jsx?)$/.exec(specifier) ?? [];
    if (WRITTEN_AS[written] && /\.[mc]?tsx?$/.test(importer))
      tried.push({ specifier: stem, rules: { ...rules, extensions: WRITTEN_AS[written] } });
    if (kind === "style" && /^[^./]/.test(specifier)) tried.unshift({ specifier: `./${specifier}`, rules });
    return await this.#first(tried, importer);
  }

  /** Resolves a build's entry: the path of a file, or a package. */
  async entryPoint(path: string): Promise<string> {
    const rules = this.#rules("", "import");
    const tried = [{ specifier: `./${path.replace(/^\.?\/+/, "")}`, rules }];
    if (/^[^./]/.test(path)) tried.push({ specifier: path, rules });
    return await this.#first(tried, "the build");
  }

  /** Returns the nearest package.json at or above a file. */
  async scope(path: string): Promise<PackageScope | null> {
    return await this.#resolver.scope(path);
  }

  /** Checks `sideEffects` of a module's package.json: whether the module must stay even if nothing of it is used. */
  async hasSideEffects(path: string): Promise<boolean> {
    const scope = await this.#resolver.scope(path);
    const listed = scope?.json["sideEffects"];
    if (!scope || !Array.isArray(listed)) return listed !== false;
    const inside = scope.folder ? path.slice(scope.folder.length + 1) : path;
    const set = this.#sideEffects.get(listed) ?? sideEffectsOf(listed);
    this.#sideEffects.set(listed, set);
    return isMatch(set.at(inside));
  }

  /** Returns the first result. If none is found, throws the error of the first attempt. */
  async #first(tried: readonly { specifier: string; rules: NodeResolveOptions }[], importer: string): Promise<string> {
    let wrong: unknown;
    for (const { specifier, rules } of tried) {
      try {
        return await this.#resolver.resolve({ specifier, importer }, rules);
      } catch (error) {
        if (!isMissing(error)) throw error;
        wrong ??= error;
      }
    }
    throw wrong;
  }

  #rules(importer: string, kind: ImportKind): NodeResolveOptions {
    const { conditions: given = ["module", "browser"], files: _, ...options } = this.#options;
    const conditions = [...given, kind];
    if (kind === "style") return { ...options, conditions, mainFields: ["style", "main"], extensions: [".css"] };
    const { browser = given.includes("browser"), mainFields, extensions } = options;
    // `main` first: `require` of a module with a default export would return a namespace instead of the exported function.
    const fields = kind === "require" ? ["main", "module"] : ["module", "main"];
    return {
      ...options,
      conditions,
      browser,
      mainFields: mainFields ?? [...(browser ? ["browser"] : []), ...fields],
      ...(!extensions && !isInPackage(importer) && { extensions: OWN_EXTENSIONS }),
    };
  }
}

export function isMissing(error: unknown): error is InstallError {
  return error instanceof InstallError && error.code === "ERR_MODULE_NOT_FOUND";
}

/** Checks for a result that is not a path: `https://cdn.example/a.js`, `node:fs`. */
export function isExternal(resolved: string): boolean {
  return /^(?:https?|blob|data|node):/.test(resolved);
}

export function isInPackage(path: string): boolean {
  return /(?:^|\/)node_modules\//.test(path);
}

/** Compiles `sideEffects` as bundlers do: a pattern without a slash applies to files of any folder. @throws InstallError ELIMIT */
function sideEffectsOf(listed: readonly unknown[]): GlobSet {
  const patterns = listed.filter((pattern) => typeof pattern === "string");
  const plain = patterns.map((pattern) => pattern.replace(/^\.\//, ""));
  return new GlobSet(
    plain.map((pattern) => (pattern.includes("/") ? pattern : `**/${pattern}`)),
    true,
  );
}
