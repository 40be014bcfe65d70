import type { ModuleAsset, ModuleCache, ModuleOptions, Transform } from "../api/modules.ts";
import { Defines } from "./define.ts";

/** The options of a graph, with defaults. */
export interface GraphOptions {
  readonly conditions: readonly string[];
  readonly defines: Defines;
  /** Everything that decides what a package's file becomes. */
  readonly cacheKey: string;
  readonly isDevelopment: boolean;
  readonly transform: Transform | undefined;
  readonly tsconfig: string | false | undefined;
  readonly assets: ((asset: ModuleAsset) => string) | undefined;
  /** Returns the text by which code imports a key. */
  specifier(key: string): string;
  readonly cache: ModuleCache | undefined;
}

const NODE_ENV = "process.env.NODE_ENV";
/** Changes with every change to what a package's file becomes. */
const ENGINE = "1";

export function graphOptions(options: ModuleOptions): GraphOptions {
  const { define = {}, env = {} } = options;
  const isDevelopment = define[NODE_ENV] === undefined || !/^["'`]production["'`]$/.test(define[NODE_ENV].trim());
  const mode = isDevelopment ? "development" : "production";
  const defines = {
    [NODE_ENV]: JSON.stringify(mode),
    "process.env": JSON.stringify({ NODE_ENV: mode, ...env }),
    "import.meta.env": JSON.stringify({
      BASE_URL: "/",
      MODE: mode,
      DEV: isDevelopment,
      PROD: !isDevelopment,
      SSR: false,
      ...env,
    }),
    ...define,
  };
  return {
    conditions: options.conditions ?? ["module", "browser", mode],
    defines: new Defines(defines),
    cacheKey: JSON.stringify([ENGINE, Object.entries(defines).sort(([a], [b]) => (a < b ? -1 : 1))]),
    isDevelopment,
    transform: options.transform,
    tsconfig: options.tsconfig,
    assets: options.assets,
    specifier: options.specifier ?? ((key) => key),
    cache: options.cache,
  };
}
