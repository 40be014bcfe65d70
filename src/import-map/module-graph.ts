import type { InstalledProject, NodeResolveOptions } from "../api/install.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import type { Digest } from "../tarball/integrity.ts";
import { type MapBudget, owningPackage } from "./map-budget.ts";
import { CHARS_AT_ONCE, type ModuleSyntax, moduleSyntax } from "./module-syntax.ts";

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

export interface GraphOptions {
  readonly conditions: readonly string[];
  /** Computes hashes; null if hashes are not wanted. */
  readonly digest: Digest | null;
  readonly budget: MapBudget;
}

/** The characters of a specifier. A longer one names no file. */
const MAX_SPECIFIER = 4096;
/** The bytes of a module. */
const MAX_MODULE = 1 << 25;
/** The characters that are scanned in one step, and the steps that one resolution takes. */
const CHARS_IN_A_STEP = 16;
const STEPS_OF_A_RESOLUTION = 100;
/** The modules that are read at once, and the imports that are resolved at once. */
const READ_AT_ONCE = 64;

/** The modules of an installed project that can be reached by imports. */
export class ModuleGraph {
  readonly #project: InstalledProject;
  readonly #options: NodeResolveOptions;
  readonly #digest: Digest | null;
  readonly #budget: MapBudget;
  readonly #modules = new Map<string, ProjectModule>();

  constructor(project: InstalledProject, { conditions, digest, budget }: GraphOptions) {
    this.#budget = budget;
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
    if (specifier.length > MAX_SPECIFIER) return null;
    await this.#budget.spend(owningPackage(importer), STEPS_OF_A_RESOLUTION);
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
      next = [];
      for (let at = 0; at < fresh.length; at += READ_AT_ONCE) {
        const found = await Promise.all(fresh.slice(at, at + READ_AT_ONCE).map((path) => this.#read(path)));
        for (const module of found) {
          this.#modules.set(module.path, module);
          for (const { to } of module.imports) if (to !== null) next.push(to);
        }
      }
    }
  }

  async #read(path: string): Promise<ProjectModule> {
    const bytes = await this.#project.readFile(path);
    const syntax = await this.#syntaxOf(path, bytes);
    const kind = kindOf(path, syntax);
    if (kind === "commonjs") return { path, kind, imports: [], hash: null };
    const specifiers = [
      ...syntax.statics.map((specifier) => ({ specifier, isStatic: true })),
      ...syntax.dynamics.map((specifier) => ({ specifier, isStatic: false })),
    ].filter(({ specifier }) => !ADDRESS.test(specifier));
    const lead = async (specifier: string): Promise<string | null> =>
      FOLDER.test(specifier) ? null : await this.resolve(specifier, path);
    const imports: ModuleImport[] = [];
    for (let at = 0; at < specifiers.length; at += READ_AT_ONCE) {
      const some = specifiers.slice(at, at + READ_AT_ONCE);
      imports.push(...(await Promise.all(some.map(async (one) => ({ ...one, to: await lead(one.specifier) })))));
    }
    return { path, kind, imports, hash: this.#digest && (await sri(bytes, this.#digest)) };
  }

  /** @throws InstallError ELIMIT if the module is too large */
  async #syntaxOf(path: string, bytes: Uint8Array): Promise<ModuleSyntax> {
    if (bytes.length > MAX_MODULE)
      throw new InstallError(
        overLimit(
          `${path} has more than ${MAX_MODULE} bytes, too many to look for imports. Use a CDN as the provider.`,
        ),
      );
    const text = new TextDecoder().decode(bytes);
    const steps = moduleSyntax(text);
    for (let read = 0; ; ) {
      const { done, value } = steps.next();
      const end = done ? text.length : read + CHARS_AT_ONCE;
      await this.#budget.spend(owningPackage(path), Math.max(0, end - read) / CHARS_IN_A_STEP);
      if (done) return value;
      read = end;
    }
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
