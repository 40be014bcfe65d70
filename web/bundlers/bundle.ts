import type { FileMap } from "../../src/api/common.ts";
import type { InstalledProject, NodeResolveOptions } from "../../src/api/install.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { NodeResolver } from "../../src/node/resolve.ts";
import { glob } from "../../src/project/glob.ts";
import { BundleFiles } from "./bundle-files.ts";

/**
 * How a plugin resolves. `conditions` come beside `import` or `require`, which the kind of an import adds; default
 * `["module", "browser"]`. `extensions` default to those of packages in packages, and to TypeScript's and JSX too in own files.
 */
export interface BundlerOptions extends NodeResolveOptions {
  /** The user's own files by path relative to the project, `src/main.tsx`: the entry is one of them. Asked for again at each build. */
  files?: FileMap | (() => FileMap);
}

/** What imports: it decides about conditions and fields. */
export type ImportKind = "import" | "require" | "style";

const OWN_EXTENSIONS = [".tsx", ".ts", ".jsx", ".js", ".mjs", ".cjs", ".css", ".json"];

/** TypeScript has its files named as they will be: `./a.js` may be a.ts. */
const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/** One build over a project that does not change meanwhile. */
export class Bundle {
  readonly files: BundleFiles;
  readonly #options: BundlerOptions;
  readonly #resolver: NodeResolver;

  constructor(project: InstalledProject, options: BundlerOptions) {
    const { files = {} } = options;
    this.files = new BundleFiles(project, typeof files === "function" ? files() : files);
    this.#options = options;
    this.#resolver = new NodeResolver(this.files);
  }

  /** A path, a URL or the empty module, as `NodeResolver` answers. @throws InstallError as it does */
  async resolve(specifier: string, importer: string, kind: ImportKind): Promise<string> {
    const rules = this.#rules(importer, kind);
    const tried = [{ specifier, rules }];
    const [, stem = "", written = ""] = /^(\.\.?\/.*)(\.[mc]?jsx?)$/.exec(specifier) ?? [];
    if (WRITTEN_AS[written] && /\.[mc]?tsx?$/.test(importer))
      tried.push({ specifier: stem, rules: { ...rules, extensions: WRITTEN_AS[written] } });
    // In style sheets `a.png` is the file beside them, before it is a package.
    if (kind === "style" && /^[^./]/.test(specifier)) tried.unshift({ specifier: `./${specifier}`, rules });
    return await this.#first(tried, importer);
  }

  /** A build's entry: a file's path, else a package. */
  async entryPoint(path: string): Promise<string> {
    const rules = this.#rules("", "import");
    const tried = [{ specifier: `./${path.replace(/^\.?\/+/, "")}`, rules }];
    if (/^[^./]/.test(path)) tried.push({ specifier: path, rules });
    return await this.#first(tried, "the build");
  }

  /** Whether a module is to be kept for what it does, though nothing of it is used: by `sideEffects` of its package.json. */
  async hasSideEffects(path: string): Promise<boolean> {
    const scope = await this.#resolver.scope(path);
    const listed = scope?.json["sideEffects"];
    if (!scope || !Array.isArray(listed)) return listed !== false;
    const inside = scope.folder ? path.slice(scope.folder.length + 1) : path;
    return listed.some((pattern) => typeof pattern === "string" && fits(pattern, inside));
  }

  /** What the first of these gives; where none is found, what is wrong with the one that was written. */
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
    // `require` of a module that only has an `export default` would give a namespace where a function was meant.
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

/** `https://cdn.example/a.js`, `node:fs`: not a path. */
export function isOutside(resolved: string): boolean {
  return /^(?:https?|blob|data|node):/.test(resolved);
}

function isInPackage(path: string): boolean {
  return /(?:^|\/)node_modules\//.test(path);
}

/** As bundlers read `sideEffects`: a pattern without a slash is about files of any folder. */
function fits(pattern: string, path: string): boolean {
  const plain = pattern.replace(/^\.\//, "");
  return glob(plain.includes("/") ? plain : `**/${plain}`, true).matches(path);
}
