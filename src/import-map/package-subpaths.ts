import type { InstalledProject } from "../api/install.ts";
import { isObject, type Json } from "../base/json.ts";

/** The subpaths of a package that may be importable: `.`, `./lib/a.js`. */
export interface PackageSubpaths {
  readonly subpaths: readonly string[];
  /** True if all files of the package can be imported. */
  readonly isFolder: boolean;
}

/** Files that a page can import: scripts, and JSON and styles with a type attribute. */
const IMPORTABLE = /\.(?:[cm]?js|json|css|wasm)$/;

/**
 * Returns the subpaths that a package exports.
 *
 * 1. Without `exports`: its entry, and its whole folder if it has modules.
 * 2. With `exports` for one entry: that entry.
 * 3. With a map of subpaths: its keys, and for each pattern the subpaths of all files that its targets match.
 *
 * @param folder the package's folder, relative to the project
 */
export async function packageSubpaths(project: InstalledProject, folder: string): Promise<PackageSubpaths> {
  const { exports } = await manifestOf(project, folder);
  if (exports === undefined || exports === null)
    return { subpaths: ["."], isFolder: filesBelow(project, folder).some((path) => /\.m?js$/.test(path)) };
  const isMap = isObject(exports) && Object.keys(exports).some((key) => key[0] === ".");
  if (!isMap) return { subpaths: ["."], isFolder: false };
  const files = Object.keys(exports).some((key) => key.includes("*")) ? filesBelow(project, folder) : [];
  const subpaths = Object.entries(exports).flatMap(([key, target]) => {
    const at = key.indexOf("*");
    if (at < 0) return key.endsWith("/") ? [] : [key];
    const stars = patternsIn(target).flatMap((pattern) => starsOf(pattern, files));
    return stars.map((star) => key.slice(0, at) + star + key.slice(at + 1));
  });
  return { subpaths: [...new Set(subpaths)], isFolder: false };
}

/** Reads a package's package.json. Returns an empty object if it is missing or not valid JSON. */
export async function manifestOf(project: InstalledProject, folder: string): Promise<Json> {
  const path = `${folder}/package.json`;
  if (!project.exists(path)) return {};
  try {
    const text = new TextDecoder().decode(await project.readFile(path));
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return isObject(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Returns all targets with a star, under any condition. The resolution of each subpath later selects the right one. */
function patternsIn(target: unknown): string[] {
  if (typeof target === "string") return target.startsWith("./") && target.includes("*") ? [target.slice(2)] : [];
  return isObject(target) ? Object.values(target).flatMap(patternsIn) : [];
}

/** Returns the texts that a target's star stands for: `a/b` for `lib/*.js` and the file `lib/a/b.js`. */
function starsOf(pattern: string, files: readonly string[]): string[] {
  const head = pattern.slice(0, pattern.indexOf("*"));
  const tail = pattern.slice(head.length + 1).split("*")[0] as string;
  return files.flatMap((file) => {
    if (!file.startsWith(head) || !IMPORTABLE.test(file)) return [];
    // Several stars stand for the same text.
    const rest = (file.length - pattern.replaceAll("*", "").length) / (pattern.split("*").length - 1);
    const star = file.slice(head.length, head.length + rest);
    const fits = rest > 0 && file.startsWith(tail, head.length + rest) && pattern.replaceAll("*", () => star) === file;
    return fits ? [star] : [];
  });
}

/** Lists the files of a package by path relative to it, without its `node_modules`. */
function filesBelow(project: InstalledProject, folder: string, below = ""): string[] {
  return project.readdir(folder + below).flatMap((name) => {
    const path = `${below}/${name}`;
    if (name === "node_modules") return [];
    const { kind } = project.lstat(folder + path);
    if (kind === "directory") return filesBelow(project, folder, path);
    return kind === "file" ? [path.slice(1)] : [];
  });
}
