import { isObject, type Json } from "../base/json.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { nodeError } from "./node-error.ts";
import type { PackageFiles } from "./package-files.ts";

/**
 * A generator that yields the promise of a file's text, and is resumed with the text. So one implementation serves synchronous
 * and asynchronous callers.
 */
export type ReadSteps<T> = Generator<Promise<string>, T, string>;

/** A folder with a package.json. */
export interface PackageScope {
  /** Path relative to the project; `""` is the project's own folder. */
  readonly folder: string;
  readonly json: Json;
}

/** Reads the package.json files of a project, each once. */
export class Manifests {
  readonly files: PackageFiles;
  readonly #known = new Map<string, Json | null>();

  constructor(files: PackageFiles) {
    this.files = files;
  }

  /** Returns the package.json of a folder; null if there is none. @throws InstallError ERR_INVALID_PACKAGE_CONFIG, ELIMIT */
  *read(folder: string): ReadSteps<Json | null> {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const path = folder === "" ? "package.json" : `${folder}/package.json`;
    let json: Json | null = null;
    if (this.files.kind(path) === "file") {
      const text = this.files.text(path);
      json = parse(typeof text === "string" ? text : yield text, path);
    }
    this.#known.set(folder, json);
    return json;
  }

  /** Returns the nearest package.json at or above a folder, up to the package's own folder (LOOKUP_PACKAGE_SCOPE). */
  *scope(folder: string): ReadSteps<PackageScope | null> {
    for (let at = folder; !isModulesFolder(at); at = parentOf(at)) {
      const json = yield* this.read(at);
      if (json) return { folder: at, json };
      if (at === "") break;
    }
    return null;
  }
}

/** Checks whether a folder is a `node_modules`. Search continues above it. */
export function isModulesFolder(path: string): boolean {
  return path === "node_modules" || path.endsWith("/node_modules");
}

/** The characters of a package.json in a package. */
const MAX_TEXT = 1 << 21;

/** @throws InstallError ERR_INVALID_PACKAGE_CONFIG, ELIMIT */
function parse(text: string, path: string): Json {
  if (text.length > MAX_TEXT && path.includes("node_modules/"))
    throw new InstallError(
      overLimit(`${path} has more than ${MAX_TEXT} characters. Use another version of the package.`),
    );
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return isObject(value) ? value : {};
  } catch (error) {
    throw nodeError("ERR_INVALID_PACKAGE_CONFIG", `${path} is not valid JSON: ${(error as Error).message}.`);
  }
}

/** Joins paths relative to the project. A path out of the project keeps its `..`. No file has such a path. */
export function joinPath(folder: string, path: string): string {
  const out: string[] = [];
  for (const part of `${folder}/${path}`.split("/")) {
    if (part === ".." && out.length > 0 && out.at(-1) !== "..") out.pop();
    else if (part !== "" && part !== ".") out.push(part);
  }
  return out.join("/");
}

/** Returns the folder of a path: `a` for `a/b`, `""` for `a`. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}
