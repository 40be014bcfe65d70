import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import type { FileStat, InstalledProject } from "../../src/api/install.ts";

/** Reads a folder with a `node_modules` as an installed project. Only what a graph of modules needs. */
export function diskProject(folder: string): InstalledProject {
  const root = realpathSync(folder);
  const at = (path: string): string => join(root, path);
  const describe = (path: string, stat: typeof statSync): FileStat => {
    const found = stat(at(path));
    if (!found) throw new Error(path);
    const kind = found.isSymbolicLink() ? "link" : found.isDirectory() ? "directory" : "file";
    return { kind, size: found.size, mode: found.mode, ...(kind === "link" && { target: "" }) };
  };
  const lock = at("package-lock.json");
  const part: Partial<InstalledProject> = {
    lockfile: existsSync(lock) ? readFileSync(lock, "utf8") : "{}",
    exists: (path) => path.startsWith("node_modules") && existsSync(at(path)),
    stat: (path) => describe(path, statSync),
    lstat: (path) => describe(path, statSync),
    realpath: (path) => relative(root, realpathSync(at(path))),
    readFile: async (path) => new Uint8Array(readFileSync(at(path))),
    readdir: (path) => readdirSync(at(path)).sort(),
    isChanged: () => false,
    nodeResolve: async () => "",
  };
  return part as InstalledProject;
}
