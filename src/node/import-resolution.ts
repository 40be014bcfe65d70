import { failure, InstallError } from "../errors/failure.ts";
import { replacedFile, replacedPackage } from "./browser-field.ts";
import { builtinName } from "./builtins.ts";
import { isModulesFolder, joinPath, type Manifests, type PackageScope, parentOf, type ReadSteps } from "./manifests.ts";
import { nodeError } from "./node-error.ts";
import type { PackageFiles } from "./package-files.ts";
import { packageExports, packageImports, type TargetContext } from "./package-target.ts";

/** The result for a module that a `browser` field maps to `false`: a module without exports (`module.exports = {}`). */
export const EMPTY_MODULE = "webhoist:empty";

export interface ResolveRules {
  readonly conditions: ReadonlySet<string>;
  /** True if `browser` fields that are objects apply. */
  readonly browser: boolean;
  readonly mainFields: readonly string[];
  /** If empty, a path must name its file exactly, as in Node's `import`. */
  readonly extensions: readonly string[];
  /** True if Node's own modules are returned as `node:…`. */
  readonly external: boolean;
}

/** The extensions that Node always tries for a package's `main`. */
const MAIN_EXTENSIONS = [".js", ".json", ".node"];

/**
 * Resolves one import to a file, by Node's documentation: "ECMAScript modules" (ESM_RESOLVE and the algorithms that it calls)
 * if there are no extensions, "CommonJS modules" (`require(X) from module at path Y`) otherwise. Paths are relative to the
 * project.
 *
 * 1. A relative or absolute specifier names a file (`#relative`): LOAD_AS_FILE, and with extensions LOAD_AS_DIRECTORY.
 * 2. Otherwise the importer's `browser` field may replace the specifier (`#replaced`).
 * 3. `#name`: the importer's `imports` (`#imported`): PACKAGE_IMPORTS_RESOLVE.
 * 4. One of Node's own modules: external, or a package of that name, or an error.
 * 5. A package (`#bare`): PACKAGE_RESOLVE.
 *    a. The importer's own name, if it has `exports`: PACKAGE_SELF_RESOLVE.
 *    b. Each `node_modules` from the importer's folder upwards: `exports`, else `main` or the subpath.
 * 6. Links are followed, and the `browser` field of the file's package may replace the file (`#finish`).
 */
export class ImportResolution {
  readonly #manifests: Manifests;
  readonly #files: PackageFiles;
  readonly #rules: ResolveRules;

  constructor(manifests: Manifests, rules: ResolveRules) {
    this.#manifests = manifests;
    this.#files = manifests.files;
    this.#rules = rules;
  }

  /** Resolves a specifier in a file of `folder`. */
  *resolve(specifier: string, folder: string): ReadSteps<string> {
    if (/^(?:\.\.?(?:\/|$)|\/)/.test(specifier)) return yield* this.#finish(yield* this.#relative(specifier, folder));
    const scope = this.#rules.browser ? yield* this.#manifests.scope(folder) : null;
    const replacement = scope && replacedPackage(scope.json["browser"], specifier);
    if (replacement === false) return EMPTY_MODULE;
    if (scope && replacement) return yield* this.#replaced(replacement, scope);
    return yield* this.#finish(yield* this.#named(specifier, folder));
  }

  /** Resolves a replacement from a `browser` field. The field is not applied again. */
  *#replaced(specifier: string, { folder }: PackageScope): ReadSteps<string> {
    const found = yield* specifier[0] === "." ? this.#relative(specifier, folder) : this.#named(specifier, folder);
    return this.#isFile(found) ? this.#files.realpath(found) : found;
  }

  /** Follows links, and lets the package's `browser` field replace the file. */
  *#finish(found: string): ReadSteps<string> {
    if (!this.#isFile(found)) return found;
    const path = this.#files.realpath(found);
    const scope = this.#rules.browser ? yield* this.#manifests.scope(parentOf(path)) : null;
    if (!scope) return path;
    const inside = scope.folder ? path.slice(scope.folder.length + 1) : path;
    const replacement = replacedFile(scope.json["browser"], inside, this.#rules.extensions);
    if (replacement === false) return EMPTY_MODULE;
    return replacement ? yield* this.#replaced(replacement, scope) : path;
  }

  *#relative(specifier: string, folder: string): ReadSteps<string> {
    const path = specifier[0] === "/" ? joinPath("", specifier) : joinPath(folder, specifier);
    const found = yield* this.#load(path, /(?:^|\/)\.{0,2}$/.test(specifier));
    if (found !== null) return found;
    throw this.#noFile(path);
  }

  *#named(specifier: string, folder: string): ReadSteps<string> {
    if (specifier[0] === "#") return yield* this.#imported(specifier, folder);
    return yield* this.#packaged(specifier, folder);
  }

  *#packaged(specifier: string, folder: string): ReadSteps<string> {
    const builtin = builtinName(specifier);
    if (builtin === null) return yield* this.#bare(specifier, folder);
    if (this.#rules.external) return `node:${builtin}`;
    try {
      // Replacements for pages are packages of the same name, such as `buffer` and `events`.
      if (builtin === specifier) return yield* this.#bare(specifier, folder);
    } catch (error) {
      if (!(error instanceof InstallError) || error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    }
    throw nodeError(
      "ERR_UNKNOWN_BUILTIN_MODULE",
      `"${builtin}" is one of Node's own modules, and a page does not have it.`,
      `Install a package that replaces it, map it in package.json ("browser": { "${builtin}": false }), or set builtins: "external" to leave it to the page.`,
    );
  }

  *#imported(name: string, folder: string): ReadSteps<string> {
    const scope = yield* this.#manifests.scope(folder);
    const context = this.#context(scope?.folder ?? folder);
    const target = packageImports(scope?.json["imports"], name, context);
    const base = scope?.folder ?? "";
    if ("path" in target) return this.#exact(base, target.path);
    // Node tries no extensions here, not even for `require`. A target that starts with `#` is a package's name to it.
    return yield* new ImportResolution(this.#manifests, { ...this.#rules, extensions: [] }).#packaged(
      target.bare,
      base,
    );
  }

  /** Resolves a package's name, or a path in a package. */
  *#bare(specifier: string, folder: string): ReadSteps<string> {
    const { name, subpath } = parseName(specifier);
    const scope = yield* this.#manifests.scope(folder);
    if (scope?.json["name"] === name && hasExports(scope)) return this.#exported(scope, subpath);
    for (let at = folder; ; at = parentOf(at)) {
      const modules = at === "" ? "node_modules" : `${at}/node_modules`;
      if (!isModulesFolder(at) && this.#files.kind(modules) === "directory") {
        const found = yield* this.#within(modules, name, subpath);
        if (found !== null) return found;
      }
      if (at === "") break;
    }
    throw new InstallError(
      failure("ERR_MODULE_NOT_FOUND", `no package "${name}" is installed for ${folder || "the project"}.`, {
        package: name,
        wayOut: [{ kind: "other", text: `Add ${name} to the dependencies and install again.` }],
      }),
    );
  }

  /** Looks for a package in one `node_modules`. Returns null if the search continues further up. */
  *#within(modules: string, name: string, subpath: string): ReadSteps<string | null> {
    const folder = `${modules}/${name}`;
    const isPackage = this.#files.kind(folder) === "directory";
    const json = isPackage ? yield* this.#manifests.read(folder) : null;
    if (json && hasExports({ folder, json })) return this.#exported({ folder, json }, subpath);
    const path = joinPath(folder, subpath);
    if (this.#rules.extensions.length > 0) return yield* this.#load(path, subpath.endsWith("/"));
    if (!isPackage) return null;
    const found = subpath === "." ? this.#entry(folder, json) : yield* this.#load(path, false);
    if (found === null) throw this.#noFile(path);
    return found;
  }

  #exported(scope: PackageScope, subpath: string): string {
    const context = this.#context(scope.folder);
    return this.#exact(scope.folder, packageExports(scope.json["exports"], subpath, context));
  }

  /** Returns the file that `exports` or `imports` names. No extensions are tried. */
  #exact(folder: string, path: string): string {
    const file = joinPath(folder, path);
    if (this.#isFile(file)) return file;
    throw this.#files.kind(file) === "directory" && this.#rules.extensions.length === 0
      ? folderImport(file)
      : this.#noFile(file);
  }

  /** Returns a file, with an extension if necessary, or a folder's entry: LOAD_AS_FILE, LOAD_AS_DIRECTORY. Null if there is neither. */
  *#load(path: string, onlyFolder: boolean): ReadSteps<string | null> {
    const file = onlyFolder ? null : this.#withExtension(path, ["", ...this.#rules.extensions]);
    if (file !== null || this.#files.kind(path) !== "directory") return file;
    if (this.#rules.extensions.length > 0) return this.#entry(path, yield* this.#manifests.read(path));
    throw folderImport(path);
  }

  /** Returns a folder's entry: by the fields of its package.json, else its index (LOAD_AS_DIRECTORY, LOAD_INDEX). */
  #entry(folder: string, json: PackageScope["json"] | null): string | null {
    const { extensions, mainFields } = this.#rules;
    const tried = extensions.length > 0 ? extensions : MAIN_EXTENSIONS;
    for (const field of mainFields) {
      const main = json?.[field];
      if (typeof main !== "string" || main === "") continue;
      const path = joinPath(folder, main);
      const found = this.#withExtension(path, ["", ...tried]) ?? this.#withExtension(joinPath(path, "index"), tried);
      if (found !== null) return found;
    }
    return this.#withExtension(joinPath(folder, "index"), tried);
  }

  #withExtension(path: string, extensions: readonly string[]): string | null {
    for (const extension of extensions) if (this.#isFile(path + extension)) return path + extension;
    return null;
  }

  #isFile(path: string): boolean {
    return this.#files.kind(path) === "file";
  }

  #context(folder: string): TargetContext {
    const { nodeVersion } = this.#files;
    return { conditions: this.#rules.conditions, manifest: joinPath(folder, "package.json"), nodeVersion };
  }

  #noFile(path: string): InstallError {
    const { extensions } = this.#rules;
    const tip =
      extensions.length > 0
        ? `The extensions ${extensions.join(", ")} were tried too.`
        : "Write the file name with its extension.";
    return nodeError("ERR_MODULE_NOT_FOUND", `${path} does not exist.`, tip);
  }
}

function folderImport(path: string): InstallError {
  return nodeError("ERR_UNSUPPORTED_DIR_IMPORT", `${path || "the project"} is a folder.`, "Import a file in it.");
}

function hasExports({ json }: PackageScope): boolean {
  return json["exports"] !== undefined && json["exports"] !== null;
}

/** Splits a specifier: `@s/a/lib/b` into `@s/a` and `./lib/b`, `a` into `a` and `.`. */
function parseName(specifier: string): { name: string; subpath: string } {
  const found = /^(?:@[^/]*\/)?[^/]*/.exec(specifier)?.[0] ?? "";
  const isScoped = specifier[0] === "@";
  if (found === "" || /^\.|[%\\]/.test(found) || (isScoped && !found.includes("/")))
    throw nodeError("ERR_INVALID_MODULE_SPECIFIER", `"${specifier}" is not a valid package name.`);
  return { name: found, subpath: `.${specifier.slice(found.length)}` };
}
