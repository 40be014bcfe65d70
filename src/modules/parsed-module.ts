/** The local and imported names of one `import` or `export … from` statement. */
export interface ImportClause {
  readonly isExport: boolean;
  /** Local name of the default import. */
  readonly default: string | null;
  /** Local name of `* as name`, or the exported one. */
  readonly namespace: string | null;
  /** True for `export * from`. */
  readonly isStar: boolean;
  /** Pairs of the name in the imported module and the local (or exported) name. */
  readonly named: readonly (readonly [imported: string, local: string])[];
}

/**
 * How a module asks for another one:
 *
 * - `static`: an `import` or `export … from` statement; `dynamic`: `import("…")`; `require`: `require("…")`
 * - `url`: `new URL("…", import.meta.url)`
 * - `style`: `@import` of a style sheet; `style-url`: its `url(…)`; `composes`: of a CSS module
 */
export type ImportForm = "static" | "dynamic" | "require" | "url" | "style" | "style-url" | "composes";

/** An import, as found in a module's code before any specifier was resolved. */
export interface ParsedImport {
  readonly form: ImportForm;
  readonly specifier: string;
  /** The whole statement or expression. */
  readonly start: number;
  readonly end: number;
  /** The specifier, with its quotes. */
  readonly from: number;
  readonly to: number;
  /** For `static`. */
  readonly clause?: ImportClause;
  /** True if a failure is caught: a `require` or `import()` in `try`. */
  readonly isOptional?: boolean;
  /** What follows the address in `@import`: `layer(a) screen`. */
  readonly qualifier?: string;
}

/** A name that a module exports from another one. `name` is null for a namespace. */
export interface Reexport {
  readonly exported: string;
  readonly name: string | null;
  /** Position among the imports. */
  readonly from: number;
}

/** A class of a CSS module: the name in its source, and the names in the page that stand for it. */
export interface StyleClass {
  readonly name: string;
  /** Names in the page, joined by spaces. */
  readonly local: string;
  /** Classes of other CSS modules that it is composed of: position among the imports, and name. */
  readonly composes: readonly (readonly [from: number, name: string])[];
}

export type ModuleFormat = "module" | "commonjs" | "json" | "css" | "asset";

/** A module before its imports were resolved: plain data that depends only on its file and the options, so it can be stored. */
export interface ParsedModule {
  readonly format: ModuleFormat;
  /** The code or style sheet, compiled, with constants replaced. Empty for assets. */
  readonly code: string;
  /** Source map of `code`; null if lines and columns are those of the file. */
  readonly map: string | null;
  readonly imports: readonly ParsedImport[];
  /** The names of a module's own exports, or those found in CommonJS. */
  readonly exports: readonly string[];
  readonly reexports: readonly Reexport[];
  /** Positions of `export *` among the imports; for CommonJS, of the modules whose names it exports. */
  readonly stars: readonly number[];
  /** True if names that the imported module does not have may be types, which TypeScript leaves in `export { … }`. */
  readonly isTyped?: boolean;
  /** For CSS modules. */
  readonly classes?: readonly StyleClass[];
  /** For assets: the content as base64, and its media type. */
  readonly base64?: string;
  readonly mediaType?: string;
}
