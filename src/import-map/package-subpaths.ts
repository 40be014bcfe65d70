import type { InstalledProject } from "../api/install.ts";
import { isObject, type Json } from "../base/json.ts";

/** What may be importable of a package: `.`, `./lib/a.js`; `folder` where all of its files are. */
export interface PackageSubpaths {
  readonly subpaths: readonly string[];
  readonly isFolder: boolean;
}

/** Files that a page can import: scripts, and with a type attribute JSON and styles. */
const IMPORTABLE = /\.(?:[cm]?js|json|css|wasm)$/;

/** @param folder of the package, relative to the project */
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

/** A package's manifest as its files have it; empty where there is none, or none that can be read. */
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

/** Every target with a star, whatever its conditions: which one counts is asked of each name that they give. */
function patternsIn(target: unknown): string[] {
  if (typeof target === "string") return target.startsWith("./") && target.includes("*") ? [target.slice(2)] : [];
  return isObject(target) ? Object.values(target).flatMap(patternsIn) : [];
}

/** What the stars of a target stand for: of `lib/*.js` and `lib/a/b.js` it is `a/b`. */
function starsOf(pattern: string, files: readonly string[]): string[] {
  const head = pattern.slice(0, pattern.indexOf("*"));
  const tail = pattern.slice(head.length + 1).split("*")[0] as string;
  return files.flatMap((file) => {
    if (!file.startsWith(head) || !IMPORTABLE.test(file)) return [];
    // Where there are more stars, all stand for the same.
    const rest = (file.length - pattern.replaceAll("*", "").length) / (pattern.split("*").length - 1);
    const star = file.slice(head.length, head.length + rest);
    const fits = rest > 0 && file.startsWith(tail, head.length + rest) && pattern.replaceAll("*", () => star) === file;
    return fits ? [star] : [];
  });
}

/** Paths relative to the package, but not of packages in it. */
function filesBelow(project: InstalledProject, folder: string, below = ""): string[] {
  return project.readdir(folder + below).flatMap((name) => {
    const path = `${below}/${name}`;
    if (name === "node_modules") return [];
    const { kind } = project.lstat(folder + path);
    if (kind === "directory") return filesBelow(project, folder, path);
    return kind === "file" ? [path.slice(1)] : [];
  });
}
