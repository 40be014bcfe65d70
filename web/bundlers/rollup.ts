import type { InstalledProject } from "../../src/api/install.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { BundlerBuild, type BundlerOptions, isExternal } from "../../src/modules/bundle.ts";
import { jsonModule } from "../../src/modules/json-module.ts";
import { EMPTY_MODULE } from "../../src/node/resolve.ts";
import { checkPlugin } from "./check-plugin.ts";

export type { BundlerOptions } from "../../src/modules/bundle.ts";

/** The part of Rollup's resolve options that the plugin uses. */
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
 * Returns a Rollup plugin that reads packages from an installed project, and the user's files from `options.files`. The id of a
 * module is its path after a slash. JSON files become modules. CommonJS packages need @rollup/plugin-commonjs as well.
 * @throws InstallError EINVALIDINPUT, EINVALIDOPTION
 */
export function rollupPlugin(project: InstalledProject, options: BundlerOptions = {}): RollupPlugin {
  checkPlugin(project, options);
  let bundle = new BundlerBuild(project, options);
  return {
    name: "webhoist",
    // The user's files may have changed before a rebuild.
    buildStart() {
      bundle = new BundlerBuild(project, options);
    },
    async resolveId(specifier, importer, { custom }) {
      // The id belongs to another plugin.
      if (specifier[0] === "\0") return null;
      const found = await withWaysOutInMessage(
        importer === undefined
          ? bundle.entryPoint(specifier)
          : bundle.resolve(specifier, pathOf(importer), isRequire(custom) ? "require" : "import"),
      );
      if (isExternal(found)) return { id: found, external: true };
      if (found === EMPTY_MODULE) return { id: EMPTY_ID, moduleSideEffects: false };
      return { id: `/${found}`, moduleSideEffects: await bundle.hasSideEffects(found) };
    },
    async load(id) {
      if (id === EMPTY_ID) return "export default {};";
      const path = id.slice(1);
      if (id[0] !== "/" || bundle.files.kind(path) !== "file") return null;
      const text = await withWaysOutInMessage(bundle.files.text(path));
      return path.endsWith(".json") ? jsonModule(text) : text;
    },
  };
}

/** Returns the path of `/src/a.js`, or of an id that another plugin derived from it: `\0/src/a.js?commonjs-proxy`. */
function pathOf(id: string): string {
  return id.split("?", 1)[0]!.replace(/^\0?\//, "");
}

/** Checks the flag with which @rollup/plugin-commonjs marks a `require` for @rollup/plugin-node-resolve. */
function isRequire(custom: ResolveDetails["custom"]): boolean {
  const flags = custom?.["node-resolve"] as { isRequire?: unknown } | undefined;
  return flags?.isRequire === true;
}

/** Puts the ways out into an error's message: Rollup shows only the message, and replaces the error's code. */
async function withWaysOutInMessage<T>(work: T | Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    const { code, message, wayOut } = error.failure;
    const text = [message, ...wayOut.map((way) => way.text)].join(" ");
    throw Object.assign(new Error(text, { cause: error }), { code });
  }
}
