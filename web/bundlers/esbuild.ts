import type { InstalledProject } from "../../src/api/install.ts";
import { InstallError } from "../../src/errors/failure.ts";
import { BundlerBuild, type BundlerOptions, type ImportKind, isExternal, isMissing } from "../../src/modules/bundle.ts";
import { EMPTY_MODULE } from "../../src/node/resolve.ts";
import { checkPlugin } from "./check-plugin.ts";

export type { BundlerOptions } from "../../src/modules/bundle.ts";

interface ResolveArgs {
  path: string;
  importer: string;
  namespace: string;
  resolveDir: string;
  kind: string;
}

interface Message {
  text: string;
  notes: { text: string }[];
}

interface Resolved {
  path?: string;
  namespace?: string;
  suffix?: string;
  external?: boolean;
  sideEffects?: boolean;
  errors?: Message[];
}

interface Loaded {
  contents?: string | Uint8Array;
  loader?: "js" | "default";
  resolveDir?: string;
  errors?: Message[];
}

/** The part of esbuild's `PluginBuild` that the plugin uses. */
export interface EsbuildBuild {
  onStart(callback: () => void): void;
  onResolve(options: { filter: RegExp }, callback: (args: ResolveArgs) => Promise<Resolved | undefined>): void;
  onLoad(options: { filter: RegExp; namespace: string }, callback: (args: { path: string }) => Promise<Loaded>): void;
}

export interface EsbuildPlugin {
  name: string;
  setup(build: EsbuildBuild): void;
}

const NAME = "webhoist";

/**
 * Returns an esbuild plugin that reads packages from an installed project, and the user's files from `options.files`. Each file
 * gets esbuild's loader for its extension (esbuild's `loader` option).
 * @throws InstallError EINVALIDINPUT, EINVALIDOPTION
 */
export function esbuildPlugin(project: InstalledProject, options: BundlerOptions = {}): EsbuildPlugin {
  checkPlugin(project, options);
  return {
    name: NAME,
    setup(build) {
      let bundle = new BundlerBuild(project, options);
      // The user's files may have changed before a rebuild.
      build.onStart(() => {
        bundle = new BundlerBuild(project, options);
      });
      build.onResolve({ filter: /^/ }, (args) => resolve(bundle, args));
      build.onLoad({ filter: /^/, namespace: NAME }, ({ path }) => load(bundle, path));
    },
  };
}

async function resolve(bundle: BundlerBuild, args: ResolveArgs): Promise<Resolved | undefined> {
  // esbuild handles data URLs itself. `url(#a)` refers to the page.
  if (args.path.startsWith("data:")) return undefined;
  if (args.kind === "url-token" && args.path[0] === "#") return { path: args.path, external: true };
  try {
    const [path, suffix] = await find(bundle, args);
    if (isExternal(path)) return { path, external: true };
    if (path === EMPTY_MODULE) return { path, namespace: NAME, sideEffects: false };
    return { path, namespace: NAME, suffix, sideEffects: await bundle.hasSideEffects(path) };
  } catch (error) {
    // For a `require` or `import()` esbuild decides: inside `try` a missing module is not an error.
    const mayFail = args.kind.startsWith("require") || args.kind === "dynamic-import";
    if (isMissing(error) && (mayFail || args.namespace !== NAME)) return undefined;
    return { errors: [messageOf(error)] };
  }
}

/** Resolves an import to a file and the suffix that a style sheet may add: `font.eot?#iefix`. */
async function find(bundle: BundlerBuild, args: ResolveArgs): Promise<[path: string, suffix: string]> {
  const { path, kind } = args;
  if (kind === "entry-point") return [await bundle.entryPoint(path), ""];
  const from = args.namespace === NAME ? args.importer : `${args.resolveDir}/${args.importer.split("/").pop()}`;
  const how = KINDS[kind] ?? "import";
  try {
    return [await bundle.resolve(path, from, how), ""];
  } catch (error) {
    const mark = path.search(/[?#]/);
    if (how !== "style" || mark < 1) throw error;
    return [await bundle.resolve(path.slice(0, mark), from, how), path.slice(mark)];
  }
}

const KINDS: Readonly<Record<string, ImportKind>> = {
  "require-call": "require",
  "require-resolve": "require",
  "import-rule": "style",
  "composes-from": "style",
  "url-token": "style",
};

async function load(bundle: BundlerBuild, path: string): Promise<Loaded> {
  if (path === EMPTY_MODULE) return { contents: "module.exports = {};", loader: "js" };
  try {
    const contents = await bundle.files.bytes(path);
    return { contents, loader: "default", resolveDir: `/${path.slice(0, Math.max(path.lastIndexOf("/"), 0))}` };
  } catch (error) {
    return { errors: [messageOf(error)] };
  }
}

function messageOf(error: unknown): Message {
  if (!(error instanceof InstallError)) throw error;
  return { text: error.message, notes: error.failure.wayOut.map(({ text }) => ({ text })) };
}
