import type { FileStat, InstalledProject } from "../../src/api/install.ts";

/** Texts by path. */
export type Files = Readonly<Record<string, string>>;

/** Returns the files of a package that has one module. */
export function toldPackage(name: string, index: string, json: object = {}): Files {
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: "1.0.0", ...json }),
    [`node_modules/${name}/index.js`]: index,
  };
}

/** Returns an installed project of packages that are told as files: `node_modules/a/index.js`. */
export function toldProject(files: Files = {}, lockfile = "{}"): InstalledProject {
  const folders = new Set<string>();
  for (const path of Object.keys(files))
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) folders.add(path.slice(0, at));
  const exists = (path: string): boolean => path in files || folders.has(path);
  const stat = (path: string): FileStat => {
    if (!exists(path)) throw new Error(`no ${path}`);
    return { kind: folders.has(path) ? "directory" : "file", size: files[path]?.length ?? 0, mode: 0o644 };
  };
  const part: Partial<InstalledProject> = {
    lockfile,
    exists,
    stat,
    lstat: stat,
    realpath: (path) => path,
    readFile: async (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`no ${path}`);
      return new TextEncoder().encode(text);
    },
    isChanged: () => false,
    nodeResolve: async () => "",
  };
  return part as InstalledProject;
}
