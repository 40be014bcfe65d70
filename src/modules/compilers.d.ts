// The parts of the compilers that are used. Type checks need nothing else of these packages.

declare module "es-module-lexer/js" {
  interface Place {
    readonly start: number;
    readonly end: number;
    readonly importStart: number;
    readonly importEnd: number;
  }

  export interface StaticImport extends Place {
    readonly type: "static" | "reexport-star";
    readonly specifier: string;
  }

  export interface DynamicImport extends Place {
    readonly type: "dynamic";
    /** Undefined if it is computed. */
    readonly specifier: string | undefined;
    /** True if the specifier is a template whose expressions became stars. */
    readonly glob: boolean;
  }

  export interface ImportMeta extends Place {
    readonly type: "import-meta";
  }

  export type Import = StaticImport | DynamicImport | ImportMeta;

  export type Export =
    | { readonly type: "direct"; readonly name: string; readonly exportStart: number }
    | {
        readonly type: "reexport";
        readonly name: string;
        readonly importName: string | null;
        readonly importIndex: number;
      }
    | { readonly type: "reexport-all"; readonly importIndex: number };

  export function parse(
    source: string,
  ): readonly [imports: readonly Import[], exports: readonly Export[], isFacade: boolean, hasModuleSyntax: boolean];
}

declare module "cjs-module-lexer" {
  export function parse(source: string): { readonly exports: string[]; readonly reexports: string[] };
}

declare module "sucrase" {
  interface Options {
    transforms: ("jsx" | "typescript" | "imports")[];
    jsxRuntime?: "classic" | "automatic";
    production?: boolean;
    jsxImportSource?: string;
    jsxPragma?: string;
    jsxFragmentPragma?: string;
    keepUnusedImports?: boolean;
    preserveDynamicImport: boolean;
    disableESTransforms: boolean;
    filePath: string;
    sourceMapOptions?: { compiledFilename: string };
  }

  export function transform(code: string, options: Options): { readonly code: string; readonly sourceMap?: unknown };
}
