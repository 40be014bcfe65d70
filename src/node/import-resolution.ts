import { failure, InstallError } from "../errors/failure.ts";
import { replacedFile, replacedPackage } from "./browser-field.ts";
import { builtinName } from "./builtins.ts";
import { join, type Manifests, type PackageScope, parentOf, type ReadSteps } from "./manifests.ts";
import { nodeError } from "./node-error.ts";
import type { PackageFiles } from "./package-files.ts";
import { packageExports, packageImports } from "./package-target.ts";

/** The answer for what a `browser` field maps to `false`: a module without exports (`module.exports = {}`). */
export const EMPTY_MODULE = "webhoist:empty";

export interface ResolveRules {
  readonly conditions: ReadonlySet<string>;
  /** Whether `browser` fields that are maps count. */
  readonly browser: boolean;
  readonly mainFields: readonly string[];
  /** None: a path names its file exactly, as in Node's `import`. */
  readonly extensions: readonly string[];
  /** Whether Node's own modules are answered as they are. */
  readonly external: boolean;
}

/** What Node tries behind a package's `main` in any case. */
const MAIN_EXTENSIONS = [".js", ".json", ".node"];

/** One import on its way to a file. Folders and answers are relative to the project. */
export class ImportResolution {
  readonly #manifests: Manifests;
  readonly #files: PackageFiles;
  readonly #rules: ResolveRules;

  constructor(manifests: Manifests, rules: ResolveRules) {
    this.#manifests = manifests;
    this.#files = manifests.files;
    this.#rules = rules;
  }

  /** What `specifier` means in a file of `folder`. */
  *resolve(specifier: string, folder: string): ReadSteps<string> {
    if (/^(?:\.\.?(?:\/|$)|\/)/.test(specifier)) return yield* this.#finish(yield* this.#relative(specifier, folder));
    const scope = this.#rules.browser ? yield* this.#manifests.scope(folder) : null;
    const instead = scope && replacedPackage(scope.json["browser"], specifier);
    if (instead === false) return EMPTY_MODULE;
    if (scope && instead) return yield* this.#instead(instead, scope);
    return yield* this.#finish(yield* this.#named(specifier, folder));
  }

  /** What a `browser` field has in another one's place; the field is not asked again. */
  *#instead(specifier: string, { folder }: PackageScope): ReadSteps<string> {
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
    const instead = replacedFile(scope.json["browser"], inside, this.#rules.extensions);
    if (instead === false) return EMPTY_MODULE;
    return instead ? yield* this.#instead(instead, scope) : path;
  }

  *#relative(specifier: string, folder: string): ReadSteps<string> {
    const path = specifier[0] === "/" ? join("", specifier) : join(folder, specifier);
    const found = yield* this.#load(path, /(?:^|\/)\.{0,2}$/.test(specifier));
    if (found !== null) return found;
    throw this.#noFile(path);
  }

  *#named(specifier: string, folder: string): ReadSteps<string> {
    if (specifier[0] === "#") return yield* this.#imported(specifier, folder);
    const builtin = builtinName(specifier);
    if (builtin === null) return yield* this.#bare(specifier, folder);
    if (this.#rules.external) return `node:${builtin}`;
    try {
      // Stand-ins for a page are packages of the same name: `buffer`, `events`.
      if (builtin === specifier) return yield* this.#bare(specifier, folder);
    } catch (error) {
      if (!(error instanceof InstallError) || error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    }
    throw nodeError(
      "ERR_UNKNOWN_BUILTIN_MODULE",
      `"${builtin}" is a module of Node's own, which a page does not have.`,
      `Install a package that stands in for it, map it in package.json ("browser": { "${builtin}": false }), or leave it to the page: builtins: "external".`,
    );
  }

  *#imported(name: string, folder: string): ReadSteps<string> {
    const scope = yield* this.#manifests.scope(folder);
    const context = this.#context(scope?.folder ?? folder);
    const target = packageImports(scope?.json["imports"], name, context);
    const base = scope?.folder ?? "";
    if ("path" in target) return this.#exact(base, target.path);
    // Exactly as it is written, also where `require` would try extensions.
    return yield* new ImportResolution(this.#manifests, { ...this.#rules, extensions: [] }).#named(target.bare, base);
  }

  /** A package, by its name or a path in it. */
  *#bare(specifier: string, folder: string): ReadSteps<string> {
    const { name, subpath } = parseName(specifier);
    const scope = yield* this.#manifests.scope(folder);
    if (scope?.json["name"] === name && hasExports(scope)) return this.#exported(scope, subpath);
    for (let at = folder; ; at = parentOf(at)) {
      if (!/(?:^|\/)node_modules$/.test(at)) {
        const found = yield* this.#within(join(at, "node_modules"), name, subpath);
        if (found !== null) return found;
      }
      if (at === "") break;
    }
    throw new InstallError(
      failure("ERR_MODULE_NOT_FOUND", `there is no package "${name}" to be seen from ${folder || "the project"}.`, {
        package: name,
        wayOut: [{ kind: "other", text: `Add ${name} to the dependencies and install again.` }],
      }),
    );
  }

  /** Of one `node_modules`. Null: look further up. */
  *#within(modules: string, name: string, subpath: string): ReadSteps<string | null> {
    const folder = `${modules}/${name}`;
    const isPackage = this.#files.kind(folder) === "directory";
    const json = isPackage ? yield* this.#manifests.read(folder) : null;
    if (json && hasExports({ folder, json })) return this.#exported({ folder, json }, subpath);
    const path = join(folder, subpath);
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

  /** What `exports` and `imports` name is a file as it is written. */
  #exact(folder: string, path: string): string {
    const file = join(folder, path);
    if (this.#isFile(file)) return file;
    throw this.#files.kind(file) === "directory" && this.#rules.extensions.length === 0
      ? folderImport(file)
      : this.#noFile(file);
  }

  /** A file, with an extension if need be, or a folder's entry. Null: neither. */
  *#load(path: string, onlyFolder: boolean): ReadSteps<string | null> {
    const file = onlyFolder ? null : this.#withExtension(path, ["", ...this.#rules.extensions]);
    if (file !== null || this.#files.kind(path) !== "directory") return file;
    if (this.#rules.extensions.length > 0) return this.#entry(path, yield* this.#manifests.read(path));
    throw folderImport(path);
  }

  /** LOAD_AS_DIRECTORY: by the fields of its package.json, else its index. */
  #entry(folder: string, json: PackageScope["json"] | null): string | null {
    const { extensions, mainFields } = this.#rules;
    const tried = extensions.length > 0 ? extensions : MAIN_EXTENSIONS;
    for (const field of mainFields) {
      const main = json?.[field];
      if (typeof main !== "string" || main === "") continue;
      const path = join(folder, main);
      const found = this.#withExtension(path, ["", ...tried]) ?? this.#withExtension(join(path, "index"), tried);
      if (found !== null) return found;
    }
    return this.#withExtension(join(folder, "index"), tried);
  }

  #withExtension(path: string, extensions: readonly string[]): string | null {
    for (const extension of extensions) if (this.#isFile(path + extension)) return path + extension;
    return null;
  }

  #isFile(path: string): boolean {
    return this.#files.kind(path) === "file";
  }

  #context(folder: string): { conditions: ReadonlySet<string>; manifest: string } {
    return { conditions: this.#rules.conditions, manifest: join(folder, "package.json") };
  }

  #noFile(path: string): InstallError {
    const { extensions } = this.#rules;
    const tip =
      extensions.length > 0 ? `Tried with ${extensions.join(", ")} too.` : "Name the file with its extension.";
    return nodeError("ERR_MODULE_NOT_FOUND", `there is no ${path}.`, tip);
  }
}

function folderImport(path: string): InstallError {
  return nodeError("ERR_UNSUPPORTED_DIR_IMPORT", `${path || "the project"} is a folder.`, "Name a file in it.");
}

function hasExports({ json }: PackageScope): boolean {
  return json["exports"] !== undefined && json["exports"] !== null;
}

/** `@s/a/lib/b` to `@s/a` and `./lib/b`; `a` to `a` and `.`. */
function parseName(specifier: string): { name: string; subpath: string } {
  const found = /^(?:@[^/]*\/)?[^/]*/.exec(specifier)?.[0] ?? "";
  const isScoped = specifier[0] === "@";
  if (found === "" || /^\.|[%\\]/.test(found) || (isScoped && !found.includes("/")))
    throw nodeError("ERR_INVALID_MODULE_SPECIFIER", `"${specifier}" names no package.`);
  return { name: found, subpath: `.${specifier.slice(found.length)}` };
}
