import type { ModulePackage, ModuleProblem } from "../api/modules.ts";
import { InstallError } from "../errors/failure.ts";
import { problemAt, type SourcePlace } from "../errors/modules.ts";
import { builtinName } from "../node/builtins.ts";
import { joinPath, parentOf } from "../node/manifests.ts";
import { EMPTY_MODULE } from "../node/resolve.ts";
import { type BundlerBuild, type ImportKind, isMissing } from "./bundle.ts";
import { EMPTY_ID, idOf, unavailableId } from "./module-id.ts";
import type { ImportTarget } from "./module-source.ts";
import { OriginalPlaces } from "./original-place.ts";
import type { ParsedImport, ParsedModule } from "./parsed-module.ts";
import { configuredPaths, type TsConfig } from "./tsconfig.ts";

/** URLs that a page loads itself. */
const URL_LIKE = /^(?:https?:|data:|blob:|about:|file:|\/\/)/i;
/** The characters of a specifier. A longer one names no file. */
const MAX_SPECIFIER = 4096;

/** The module that contains the imports to resolve. */
export interface Importer {
  readonly path: string;
  readonly isOwn: boolean;
  readonly package: ModulePackage | null;
  readonly parsed: ParsedModule;
  /** Returns the file's text, for the frame of a problem. */
  text(): Promise<string | null>;
}

/**
 * Resolves the imports of modules to files.
 *
 * 1. URLs stay. A query (`?raw`) belongs to the module's name.
 * 2. In the author's files, `paths` and `baseUrl` of tsconfig.json come first.
 * 3. Node's resolution, with the conditions and fields of the kind of import ({@link BundlerBuild}).
 * 4. `/logo.svg` may also be a file in `public`.
 */
export class ImportResolver {
  readonly #build: BundlerBuild;
  readonly #config: TsConfig;
  /** Results by importing folder and specifier: modules of one folder import the same names. */
  readonly #known = new Map<string, Promise<string | InstallError>>();
  readonly #places = new OriginalPlaces();

  constructor(build: BundlerBuild, config: TsConfig) {
    this.#build = build;
    this.#config = config;
  }

  /** Returns the target of one import. @throws errors of reading a package.json that are not Node's */
  async target(one: ParsedImport, importer: Importer): Promise<ImportTarget> {
    const { form, specifier } = one;
    if (URL_LIKE.test(specifier)) return { kind: "external" };
    if (specifier.length > MAX_SPECIFIER) return { kind: "untouched" };
    const found = await this.#find(specifier, importer.path, form);
    if (typeof found === "string") return { kind: "module", id: found };
    if (form === "url" || form === "style-url") return { kind: "untouched" };
    const { parsed, path, text: textOf } = importer;
    const place = await this.#places.placeOf(parsed, one.from, { path, textOf });
    const problem = problemIn(found, one, importer, place);
    const builtin = found.code === "ERR_UNKNOWN_BUILTIN_MODULE" ? builtinName(specifier) : null;
    // A package may import one of Node's own modules without using it in a page.
    if (builtin !== null && form === "static" && importer.package)
      return { kind: "module", id: unavailableId(builtin, importer.package), warning: problem };
    return { kind: "missing", problem };
  }

  /** Returns the id of an entry. @throws InstallError */
  async entry(path: string): Promise<string> {
    const [plain, query] = splitQuery(path);
    const found = await this.#build.entryPoint(plain);
    return found === EMPTY_MODULE ? EMPTY_ID : idOf({ path: found, query });
  }

  async #find(specifier: string, importer: string, form: ParsedImport["form"]): Promise<string | InstallError> {
    const kind = KINDS[form];
    const folder = parentOf(importer);
    const key = `${kind}\0${folder}\0${/\.[mc]?tsx?$/.test(importer) ? "t" : ""}\0${specifier}`;
    let found = this.#known.get(key);
    if (!found) {
      found = this.#search(specifier, importer, { kind, form });
      this.#known.set(key, found);
    }
    return await found;
  }

  async #search(
    specifier: string,
    importer: string,
    { kind, form }: { kind: ImportKind; form: ParsedImport["form"] },
  ): Promise<string | InstallError> {
    const isUrl = form === "url" || form === "style-url";
    // The fragment of an address is not part of the file: `icons.svg#arrow`, `font.eot?#iefix`.
    const [plain, query] = splitQuery(isUrl ? (specifier.split("#", 1)[0] as string) : specifier);
    const tried = this.#candidates(isUrl && form === "url" && /^[^./]/.test(plain) ? `./${plain}` : plain, importer);
    let wrong: unknown;
    for (const candidate of tried) {
      try {
        const path = await this.#build.resolve(candidate.specifier, candidate.importer, kind);
        if (path === EMPTY_MODULE) return EMPTY_ID;
        return idOf({ path, query: isUrl && !/\.[mc]?[jt]sx?$/.test(path) ? "?url" : query });
      } catch (error) {
        if (!(error instanceof InstallError) || !error.code.startsWith("ERR_")) throw error;
        if (wrong === undefined || isMissing(wrong)) wrong ??= error;
        if (!isMissing(error)) wrong = error;
      }
    }
    return wrong as InstallError;
  }

  #candidates(specifier: string, importer: string): { specifier: string; importer: string }[] {
    const own = { specifier, importer };
    if (/(?:^|\/)node_modules\//.test(importer)) return [own];
    if (specifier[0] === "/") return [own, { specifier: `/public${specifier}`, importer }];
    if (/^\.\.?(?:\/|$)/.test(specifier)) return [own];
    const configured = configuredPaths(this.#config, specifier);
    return [...configured.map((path) => ({ specifier: `./${path}`, importer: rootImporter(importer) })), own];
  }
}

const KINDS: Readonly<Record<ParsedImport["form"], ImportKind>> = {
  static: "import",
  dynamic: "import",
  url: "import",
  require: "require",
  style: "style",
  "style-url": "style",
  composes: "style",
};

/** Returns a file in the project's folder with the language of the importer. */
function rootImporter(importer: string): string {
  return joinPath("", importer.slice(importer.lastIndexOf("/") + 1));
}

function splitQuery(specifier: string): [plain: string, query: string] {
  const at = specifier.indexOf("?");
  if (at < 1) return [specifier, ""];
  const query = specifier.slice(at);
  return [specifier.slice(0, at), query === "?" ? "" : query];
}

/** Places Node's error at the import. For a package that is not installed, says how to add it. */
function problemIn(error: InstallError, one: ParsedImport, importer: Importer, place: SourcePlace): ModuleProblem {
  const { failure } = error;
  const { path } = importer;
  const by = importer.package ? `${importer.package.name}@${importer.package.version} ` : "";
  const name = error.code === "ERR_MODULE_NOT_FOUND" ? failure.package : undefined;
  const builtin = builtinName(one.specifier);
  const why = failure.message.replace(/^.*? imports "[^"]*": /, "");
  const isPackage = name !== undefined && builtin === null;
  const message = isPackage
    ? `${by}imports "${one.specifier}", but ${name} is not installed. Add ${name} to the dependencies in package.json.`
    : `${by}imports "${one.specifier}": ${why}`;
  return problemAt(error.code, by === "" ? `I${message.slice(1)}` : message, place, {
    ...(name !== undefined && { package: name }),
    ...(name === undefined && importer.package && { package: importer.package.name }),
    spec: one.specifier,
    wayOut: isPackage
      ? [{ kind: "spec", text: `Add ${name} to the dependencies in package.json.`, package: name, spec: "latest" }]
      : failure.wayOut,
    details: {
      specifier: one.specifier,
      importer: path,
      ...(isPackage && { missing: name }),
      ...(builtin !== null && { builtin }),
      ...(importer.package && { requiredBy: `${importer.package.name}@${importer.package.version}` }),
    },
  });
}
