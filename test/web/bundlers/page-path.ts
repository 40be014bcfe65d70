import { dirname as folderOf, relativePath, resolvePath } from "../../../src/base/posix-path.ts";

// The parts of Node's `path` and `fs` and of fdir that @rollup/plugin-commonjs needs, for a page: paths with `/`, and no disk.

export const sep = "/";
export const basename = (path: string, end = ""): string => {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return end && name.endsWith(end) ? name.slice(0, -end.length) : name;
};
export const extname = (path: string): string => /.(\.[^./]*)$/.exec(basename(path))?.[1] ?? "";
export const dirname = (path: string): string => folderOf(path);
export const join = (...parts: string[]): string => resolvePath("/", parts.join("/"));
export const resolve = (...parts: string[]): string => parts.reduce(resolvePath, "/");
export const relative = relativePath;
export const isAbsolute = (path: string): boolean => path[0] === "/";
export const posix = { sep, join };
export const win32 = { sep: "\\" };

export const existsSync = (): boolean => false;
export const statSync = (): null => null;
export const readFileSync = (): never => {
  throw new Error("A page has no disk");
};
/** Walks a disk. Used only with `dynamicRequireTargets`. */
export class fdir {}
