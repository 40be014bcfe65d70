import type { NodeResolveOptions } from "../api/install.ts";
import { fits, type RulesOf } from "../base/option-rules.ts";
import { notLoaded } from "../errors/files.ts";
import { ImportResolution, type ResolveRules } from "./import-resolution.ts";
import { joinPath, Manifests, type PackageScope, parentOf, type ReadSteps } from "./manifests.ts";
import { inImport } from "./node-error.ts";
import type { PackageFiles } from "./package-files.ts";

export { EMPTY_MODULE } from "./import-resolution.ts";
export type { PackageScope } from "./manifests.ts";

export interface ResolveRequest {
  /** The specifier as written: `react`, `./a`, `#internal`. */
  readonly specifier: string;
  /** The file that contains it, relative to the project. */
  readonly importer: string;
}

/**
 * Resolves imports by Node's algorithm and the additions of bundlers. Files must not change: each package.json is read once.
 *
 * The result is one of:
 * - a path relative to the project, with links followed;
 * - the specifier itself, if it is a URL (`https:`, `data:`, `blob:`);
 * - `node:fs` for one of Node's own modules, if these are external;
 * - {@link EMPTY_MODULE}, if a `browser` field has `false`.
 *
 * Without `extensions` a path must name its file exactly, as in Node's `import`. With `extensions` Node's rules for `require`
 * apply: the extensions are tried in turn, a folder stands for its entry, and a package without the file does not end the search.
 */
export class NodeResolver {
  readonly #manifests: Manifests;

  constructor(files: PackageFiles) {
    this.#manifests = new Manifests(files);
  }

  /**
   * Resolves one import.
   * @throws InstallError ERR_MODULE_NOT_FOUND, ERR_PACKAGE_PATH_NOT_EXPORTED, ERR_PACKAGE_IMPORT_NOT_DEFINED,
   * ERR_INVALID_PACKAGE_TARGET, ERR_INVALID_PACKAGE_CONFIG, ERR_INVALID_MODULE_SPECIFIER, ERR_UNSUPPORTED_DIR_IMPORT,
   * ERR_UNKNOWN_BUILTIN_MODULE; ELIMIT; and the error of reading a package.json
   */
  async resolve(request: ResolveRequest, options?: NodeResolveOptions): Promise<string> {
    return await wait(this.#steps(request, options));
  }

  /** As {@link resolve}, but synchronous. @throws InstallError ENOTLOADED if a package.json is not in memory */
  resolveSync(request: ResolveRequest, options?: NodeResolveOptions): string {
    const step = this.#steps(request, options).next();
    if (step.done) return step.value;
    step.value.catch(() => {});
    throw notLoaded(
      `Cannot resolve "${request.specifier}" in ${request.importer} synchronously: a package.json is not in memory.`,
    );
  }

  /** Returns the package that contains a file: its nearest package.json. */
  async scope(path: string): Promise<PackageScope | null> {
    return await wait(this.#manifests.scope(parentOf(joinPath("", path))));
  }

  *#steps({ specifier, importer }: ResolveRequest, given?: NodeResolveOptions): ReadSteps<string> {
    const options = given ?? {};
    try {
      if (/^(?:data|https?|blob):/.test(specifier)) return specifier;
      const { files } = this.#manifests;
      const path = joinPath("", importer);
      const folder = parentOf(files.kind(path) ? files.realpath(path) : path);
      return yield* new ImportResolution(this.#manifests, rulesOf(options)).resolve(specifier, folder);
    } catch (error) {
      throw inImport(error, specifier, importer);
    }
  }
}

/** What each option may be. `nodeResolve` checks it, and so does each bundler plugin. */
export const NODE_RESOLVE_RULES: RulesOf<NodeResolveOptions> = {
  conditions: "list",
  browser: "boolean",
  mainFields: "list",
  extensions: "list",
  builtins: ["external", "error"],
};

const resolvers = new WeakMap<PackageFiles, NodeResolver>();

/** Resolves one import. Each package.json is read once for the same `files`. @throws as {@link NodeResolver.resolve}; EINVALIDOPTION */
export async function nodeResolve(
  files: PackageFiles,
  request: ResolveRequest,
  options?: NodeResolveOptions,
): Promise<string> {
  if (options && !fits(NODE_RESOLVE_RULES, options))
    throw (await import("../base/refuse-option.ts")).refusal(NODE_RESOLVE_RULES, options);
  let resolver = resolvers.get(files);
  if (!resolver) {
    resolver = new NodeResolver(files);
    resolvers.set(files, resolver);
  }
  return await resolver.resolve(request, options);
}

/** Runs the steps to their end, and waits for each text. */
async function wait<T>(steps: ReadSteps<T>): Promise<T> {
  let step = steps.next();
  while (!step.done) step = steps.next(await step.value);
  return step.value;
}

function rulesOf(options: NodeResolveOptions): ResolveRules {
  const conditions = new Set(options.conditions ?? ["import", "module", "browser"]);
  const browser = options.browser ?? conditions.has("browser");
  return {
    conditions,
    browser,
    mainFields: options.mainFields ?? [...(browser ? ["browser"] : []), "module", "main"],
    extensions: options.extensions ?? [".js", ".json", ".mjs", ".cjs"],
    external: (options.builtins ?? (conditions.has("node") ? "external" : "error")) === "external",
  };
}
