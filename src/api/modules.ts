import type { FileMap } from "./common.ts";
import type { Failure } from "./failure.ts";

/** The kind of a file. Every module of a graph has `code`, so a page runs all kinds alike. */
export type ModuleKind = "js" | "css" | "json" | "asset";

/** How a module asks for another one. `url` is `new URL("…", import.meta.url)`. */
export type ModuleImportForm = "static" | "dynamic" | "require" | "url" | "style";

export interface ModuleImport {
  /** As written in the source: `react`, `./a`. */
  readonly specifier: string;
  /** The key of the imported module, or a URL that the page loads itself; null if it leads nowhere. */
  readonly key: string | null;
  readonly form: ModuleImportForm;
}

/** The package that a module's file comes from. */
export interface ModulePackage {
  readonly name: string;
  readonly version: string;
  /** `node_modules/react`. */
  readonly location: string;
}

/** A module of a graph: plain data, which `postMessage` can send. */
export interface GraphModule {
  /** The text by which other modules import it: a path (`src/main.js`), with `?query` or `#form` where a file has several modules. */
  readonly key: string;
  /** The file, relative to the project; `""` for modules that webhoist adds. */
  readonly path: string;
  readonly kind: ModuleKind;
  /** An ES module. Its specifiers are keys of the graph, or URLs. */
  readonly code: string;
  /** Source map (version 3) as JSON; null if each line is the same line of the file. */
  readonly map: string | null;
  readonly imports: readonly ModuleImport[];
  /** Null for the author's own files. */
  readonly package: ModulePackage | null;
  /** The text of a style sheet, with its imports put in. A page may replace it without running the module again. */
  readonly css?: string;
}

/** A failure in one module, with its place in the file as its author wrote it. */
export interface ModuleProblem extends Failure {
  /** The file, relative to the project. */
  file: string;
  /** From 1. */
  line?: number;
  /** From 1, in UTF-16 units. */
  column?: number;
  /** The lines around the place, with a mark below it. */
  frame?: string;
}

/** The modules that can be reached from the entries: plain data, except for `update`. */
export interface ModuleGraph {
  /** Keys of the entries, in the order in which they were named. */
  readonly entries: readonly string[];
  /** By key. A module comes after the modules that it imports statically, except in cycles. */
  readonly modules: ReadonlyMap<string, GraphModule>;
  /** Reasons why the graph does not run. Empty if it does. */
  readonly errors: readonly ModuleProblem[];
  /** Problems that matter only if their code runs, such as a missing `require` of a package. */
  readonly warnings: readonly ModuleProblem[];
  /** Keys of modules that the earlier graph did not have, or had with other code. All keys, if there was none. */
  readonly changed: readonly string[];
  /** Keys of the earlier graph that this one does not have. */
  readonly removed: readonly string[];
  /** Returns the graph of changed files, and does again only what they change. `files` are all own files, as in the options. */
  update(files: FileMap, options?: { signal?: AbortSignal }): Promise<ModuleGraph>;
}

/** A file for the `transform` hook. */
export interface TransformInput {
  /** Relative to the project. */
  readonly path: string;
  /** `?style=0`, or `""`. A hook may import parts of a file as the file's own path with a query of its own. */
  readonly query: string;
  readonly code: string;
}

export interface TransformOutput {
  readonly code: string;
  /** Source map (version 3), as an object or as JSON. */
  readonly map?: unknown;
  /** What `code` is. Default `js`; the file's own language if the hook does not change its extension. */
  readonly lang?: "js" | "jsx" | "ts" | "tsx" | "css" | "json";
}

/** Compiles a file, for example with the project's own Vue compiler. Returns undefined to leave the file as it is. */
export type Transform = (
  input: TransformInput,
) => TransformOutput | string | undefined | null | Promise<TransformOutput | string | undefined | null>;

/** An asset for the `assets` option. */
export interface ModuleAsset {
  /** Relative to the project. */
  readonly path: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Stores what package files become, between graphs and visits. A key holds the package's integrity, the options and webhoist's version. */
export interface ModuleCache {
  /** Returns what was stored under a key; undefined if there is nothing. */
  get(key: string): Promise<unknown>;
  /** Stores a value that can be cloned. A failure is not reported. */
  set(key: string, value: unknown): Promise<void>;
}

export interface ModuleGraphOptions {
  /** The modules to begin with: paths of files, or packages. */
  entry: string | readonly string[];
  /** The author's own files by path relative to the project. They win over the project's. Default none. */
  files?: FileMap;
  /** Conditions of `exports` besides `import`, `require` and `default`. Default `["module", "browser", "development"]`; `production` if `define` says so. */
  conditions?: readonly string[];
  /** Expressions (`__DEV__`, `process.env.API`) and the JavaScript that replaces them. */
  define?: Readonly<Record<string, string>>;
  /** Texts for `import.meta.env` and `process.env`. */
  env?: Readonly<Record<string, string>>;
  transform?: Transform;
  /** The path of a tsconfig.json, or `false` for none. Default: `tsconfig.json`, else `jsconfig.json`, if it exists. */
  tsconfig?: string | false;
  /** Returns the address of an asset. Default: a `data:` URL. */
  assets?: (asset: ModuleAsset) => string;
  /** Returns the text by which code imports a module, such as its address. Default: the key. */
  specifier?: (key: string) => string;
  /** Where results for package files are kept. Default: in memory, for all graphs of this page or worker. */
  cache?: ModuleCache;
  signal?: AbortSignal;
}

/** The options of `toModule`. */
export type ModuleOptions = Omit<ModuleGraphOptions, "entry">;
