import type { InstalledProject, NodeResolveOptions } from "../api/install.ts";
import { runToEnd } from "../base/run-to-end.ts";
import { InstallError } from "../errors/failure.ts";
import type { Digest } from "../tarball/integrity.ts";
import { type ModuleSyntax, moduleSyntax } from "./module-syntax.ts";

/** Addresses, which a page resolves itself. */
const ADDRESS = /^(?:\/|[a-z][a-z\d+.-]*:\/\/|(?:data|blob):)/i;
/** A specifier of a folder. Its address ends with a slash, and an import map cannot map that to a file. */
const FOLDER = /^\.(?:.*\/)?\.{0,2}$/;

/** An import of a module. `to` is a file relative to the project or {@link EMPTY_MODULE}; null if the import leads nowhere. */
export interface ModuleImport {
  readonly specifier: string;
  readonly to: string | null;
  /** True if the importing module does not load without it. */
  readonly isStatic: boolean;
}

export interface ProjectModule {
  readonly path: string;
  readonly kind: ModuleSyntax["kind"];
  /** Empty for CommonJS. */
  readonly imports: readonly ModuleImport[];
  /** SRI; null if hashes are not wanted. */
  readonly hash: string | null;
}

/** The modules of an installed project that can be reached by imports. */
export class ModuleGraph {
  readonly #project: InstalledProject;
  readonly #options: NodeResolveOptions;
  readonly #digest: Digest | null;
  readonly #modules = new Map<string, ProjectModule>();

  /** @param digest computes hashes; null if hashes are not wanted */
  constructor(project: InstalledProject, conditions: readonly string[], digest: Digest | null) {
    this.#project = project;
    this.#options = { conditions: ["import", ...conditions] };
    this.#digest = digest;
  }

  /** The modules by path, in the order in which they were reached. */
  get modules(): ReadonlyMap<string, ProjectModule> {
    return this.#modules;
  }

  /** Resolves an import, as in `ModuleImport.to`. Node's own modules and URLs give null. */
  async resolve(specifier: string, importer: string): Promise<string | null> {
    try {
      const found = await this.#project.nodeResolve(specifier, importer, this.#options);
      return found.startsWith("node:") ? null : found;
    } catch (error) {
      // This includes packages with a damaged package.json.
      if (error instanceof InstallError && error.code.startsWith("ERR_")) return null;
      throw error;
    }
  }

  /** Adds files and all modules that they import, breadth first. The order does not depend on which file is read first. */
  async addFrom(paths: Iterable<string>): Promise<void> {
    let next = [...paths];
    while (next.length > 0) {
      const fresh = [...new Set(next)].filter((path) => isScript(path) && !this.#modules.has(path));
      const found = await Promise.all(fresh.map((path) => this.#read(path)));
      for (const module of found) this.#modules.set(module.path, module);
      next = found.flatMap(({ imports }) => imports.flatMap(({ to }) => to ?? []));
    }
  }

  async #read(path: string): Promise<ProjectModule> {
    const bytes = await this.#project.readFile(path);
    const syntax = runToEnd(moduleSyntax(new TextDecoder().decode(bytes)));
    const kind = kindOf(path, syntax);
    if (kind === "commonjs") return { path, kind, imports: [], hash: null };
    const specifiers = [
      ...syntax.statics.map((specifier) => ({ specifier, isStatic: true })),
      ...syntax.dynamics.map((specifier) => ({ specifier, isStatic: false })),
    ].filter(({ specifier }) => !ADDRESS.test(specifier));
    const lead = async (specifier: string): Promise<string | null> =>
      FOLDER.test(specifier) ? null : await this.resolve(specifier, path);
    const imports = await Promise.all(specifiers.map(async (one) => ({ ...one, to: await lead(one.specifier) })));
    return { path, kind, imports, hash: this.#digest && (await sri(bytes, this.#digest)) };
  }
}

export function isScript(path: string): boolean {
  return /\.[cm]?js$/.test(path);
}

/** Returns a module's kind. The extensions `.mjs` and `.cjs` take precedence over the text, as in Node. */
function kindOf(path: string, { kind }: ModuleSyntax): ModuleSyntax["kind"] {
  if (path.endsWith(".mjs")) return "module";
  return path.endsWith(".cjs") ? "commonjs" : kind;
}

async function sri(bytes: Uint8Array, digest: Digest): Promise<string> {
  return `sha384-${btoa(String.fromCharCode(...new Uint8Array(await digest("SHA-384", bytes))))}`;
}
