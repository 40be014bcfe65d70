import type { InstalledProject } from "../api/install.ts";
import { isObject, type Json } from "../base/json.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import type { MapWork } from "./map-budget.ts";

/** The subpaths of a package that may be importable: `.`, `./lib/a.js`. */
export interface PackageSubpaths {
  readonly subpaths: readonly string[];
  /** True if all files of the package can be imported. */
  readonly isFolder: boolean;
}

/** The subpaths of one package, those of patterns included. */
const MAX_SUBPATHS = 100_000;
const WAY_OUT = 'Use a CDN, whose map needs no subpaths: provider: "esm.sh".';
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
 * @param exports the field of its package.json
 */
export function* packageSubpaths(
  project: InstalledProject,
  folder: string,
  exports: unknown,
): MapWork<PackageSubpaths> {
  if (exports === undefined || exports === null)
    return { subpaths: ["."], isFolder: (yield* filesBelow(project, folder)).some((path) => /\.m?js$/.test(path)) };
  const isMap = isObject(exports) && Object.keys(exports).some((key) => key[0] === ".");
  if (!isMap) return { subpaths: ["."], isFolder: false };
  const hasPatterns = Object.keys(exports).some((key) => key.includes("*"));
  const files = new SortedFiles(hasPatterns ? yield* filesBelow(project, folder) : []);
  const subpaths = new Set<string>();
  for (const [key, target] of Object.entries(exports)) {
    yield { owner: folder, steps: 1 };
    const at = key.indexOf("*");
    if (at < 0 && !key.endsWith("/")) subpaths.add(key);
    for (const pattern of at < 0 ? [] : patternsIn(target)) {
      const candidates = files.below(pattern.slice(0, pattern.indexOf("*")));
      yield { owner: folder, steps: 1 + candidates.length };
      for (const star of starsOf(pattern, candidates)) subpaths.add(key.slice(0, at) + star + key.slice(at + 1));
      if (subpaths.size > MAX_SUBPATHS)
        throw new InstallError(
          overLimit(
            `"exports" of ${folder} has more than ${MAX_SUBPATHS} subpaths. Most recently "${key}" was added. ${WAY_OUT}`,
          ),
        );
    }
  }
  return { subpaths: [...subpaths], isFolder: false };
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

/** Returns all targets with a star, under any condition and in any list. The resolution of each subpath later selects the right one. */
function patternsIn(target: unknown): string[] {
  const found: string[] = [];
  const todo = [target];
  while (todo.length > 0) {
    const one = todo.pop();
    if (typeof one === "string" && one.startsWith("./") && one.includes("*")) found.push(one.slice(2));
    if (isObject(one) || Array.isArray(one)) for (const inner of Object.values(one).reverse()) todo.push(inner);
  }
  return found;
}

/** Returns the texts that a target's star stands for: `a/b` for `lib/*.js` and the file `lib/a/b.js`. */
function starsOf(pattern: string, files: readonly string[]): string[] {
  const parts = pattern.split("*");
  const [head = "", tail = ""] = parts;
  const stars = parts.length - 1;
  const literal = pattern.length - stars;
  return files.flatMap((file) => {
    // Several stars stand for the same text.
    const length = (file.length - literal) / stars;
    if (length <= 0 || !Number.isInteger(length) || !file.startsWith(tail, head.length + length)) return [];
    const star = file.slice(head.length, head.length + length);
    return IMPORTABLE.test(file) && parts.join(star) === file ? [star] : [];
  });
}

/** Paths, sorted so that those with a common start are found without comparing all. */
class SortedFiles {
  readonly #sorted: readonly { readonly path: string; readonly position: number }[];

  constructor(paths: readonly string[]) {
    const files = paths.map((path, position) => ({ path, position }));
    this.#sorted = files.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Returns the paths that begin with `start`, in their original order. */
  below(start: string): string[] {
    const files = this.#sorted;
    let low = 0;
    for (let high = files.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((files[middle]?.path as string) < start) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (files[end]?.path.startsWith(start)) end++;
    const found = files.slice(low, end).sort((a, b) => a.position - b.position);
    return found.map(({ path }) => path);
  }
}

/** Lists the files of a package by path relative to it, without its `node_modules`. */
function* filesBelow(project: InstalledProject, folder: string): MapWork<string[]> {
  const found: string[] = [];
  const todo = [""];
  for (let below = todo.pop(); below !== undefined; below = todo.pop()) {
    const { kind } = project.lstat(folder + below);
    yield { owner: folder, steps: 10 };
    if (kind === "file") found.push(below.slice(1));
    if (kind !== "directory") continue;
    const names = project.readdir(folder + below).filter((name) => name !== "node_modules");
    for (const name of names.reverse()) todo.push(`${below}/${name}`);
  }
  return found;
}
