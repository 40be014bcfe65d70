import type { InstalledProject } from "../../src/api/install.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { EMPTY_MODULE } from "../../src/node/resolve.ts";
import { Bundle, type BundlerOptions, isOutside } from "./bundle.ts";
import { jsonModule } from "./json-module.ts";

export type { BundlerOptions } from "./bundle.ts";

/** What the plugin uses of what Rollup tells it. */
export interface ResolveDetails {
  custom?: Readonly<Record<string, unknown>>;
}

export interface ResolvedId {
  id: string;
  external?: boolean;
  moduleSideEffects?: boolean;
}

export interface RollupPlugin {
  name: string;
  buildStart(): void;
  resolveId(specifier: string, importer: string | undefined, details: ResolveDetails): Promise<ResolvedId | null>;
  load(id: string): Promise<string | null>;
}

const EMPTY_ID = `\0${EMPTY_MODULE}`;

/**
 * Has Rollup, in a page or elsewhere, read packages from an installed project and own files from `options.files`. A module's id
 * is `/` and its path. JSON is made a module; packages in CommonJS need @rollup/plugin-commonjs beside this one.
 */
export function rollupPlugin(project: InstalledProject, options: BundlerOptions = {}): RollupPlugin {
  let bundle = new Bundle(project, options);
  return {
    name: "webhoist",
    // Own files may be others at a rebuild.
    buildStart() {
      bundle = new Bundle(project, options);
    },
    async resolveId(specifier, importer, { custom }) {
      // Another plugin's own.
      if (specifier[0] === "\0") return null;
      const found = await told(
        importer === undefined
          ? bundle.entryPoint(specifier)
          : bundle.resolve(specifier, pathOf(importer), isRequire(custom) ? "require" : "import"),
      );
      if (isOutside(found)) return { id: found, external: true };
      if (found === EMPTY_MODULE) return { id: EMPTY_ID, moduleSideEffects: false };
      return { id: `/${found}`, moduleSideEffects: await bundle.hasSideEffects(found) };
    },
    async load(id) {
      if (id === EMPTY_ID) return "export default {};";
      const path = id.slice(1);
      if (id[0] !== "/" || bundle.files.kind(path) !== "file") return null;
      const text = await told(bundle.files.text(path));
      return path.endsWith(".json") ? jsonModule(text) : text;
    },
  };
}

/** Of `/src/a.js`, and of what other plugins make of it: `\0/src/a.js?commonjs-proxy`. */
function pathOf(id: string): string {
  return id.replace(/^\0?\//, "").replace(/\?.*$/, "");
}

/** By the word that @rollup/plugin-commonjs has for @rollup/plugin-node-resolve. */
function isRequire(custom: ResolveDetails["custom"]): boolean {
  const told = custom?.["node-resolve"] as { isRequire?: unknown } | undefined;
  return told?.isRequire === true;
}

/** Rollup writes its own code over that of an error, and shows its message alone. */
async function told<T>(work: T | Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    const { code, message, wayOut } = error.failure;
    const text = [message, ...wayOut.map((way) => way.text)].join(" ");
    throw Object.assign(new Error(text, { cause: error }), { code });
  }
}
