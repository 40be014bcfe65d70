import { enOrder } from "../base/collate.ts";
import { nameFromFolder, relativePath, resolvePath } from "../base/posix-path.ts";
import { failure, InstallError } from "../errors/failure.ts";
import type { ProjectFiles } from "./files.ts";
import { type Glob, glob } from "./glob.ts";
import { readPackageJson } from "./package-json.ts";

interface Patterns {
  positive: string[];
  negative: string[];
}

/**
 * A project's workspaces (npm-tree §20.1): name to absolute folder, in the order of the patterns and then of the paths.
 * @param workspaces the field of package.json: patterns, or `{ packages: patterns }`
 * @param root absolute folder of the project
 * @throws InstallError EWORKSPACESCONFIG, EDUPLICATEWORKSPACE, EJSONPARSE (of a workspace's package.json)
 */
export function findWorkspaces(workspaces: unknown, files: ProjectFiles, root: string): Map<string, string> {
  const { positive, negative } = readPatterns(workspaces);
  const found = new Map<string, Set<string>>();
  if (positive.length === 0) return new Map();
  const matchers = positive.map((pattern) => glob(pattern));
  const ignored = negative.map((pattern) => glob(pattern, true));
  // a workspace of its own is what `.` makes of the project
  const self = positive.some((pattern) => pattern === "." || pattern === "./");
  const folders = [...(self ? ["."] : []), ...listFolders(files, root, matchers)]
    .filter((folder) => !ignored.some((pattern) => pattern.matches(folder)))
    .sort(enOrder);
  for (const matcher of matchers) {
    for (const folder of folders) {
      if (!matcher.matches(folder, true)) continue;
      const path = resolvePath(root, folder);
      const read = readPackageJson(files, path);
      if (!read) continue;
      const name = read.manifest.name || nameFromFolder(path);
      const paths = found.get(name) ?? new Set();
      found.set(name, paths.add(path));
    }
  }
  return uniquePaths(found, root);
}

/** Whether a folder, by its path in the project, is a workspace if it has a package.json. @throws InstallError EWORKSPACESCONFIG */
export function workspaceTest(workspaces: unknown): (folder: string) => boolean {
  const { positive, negative } = readPatterns(workspaces);
  const matchers = positive.map((pattern) => glob(pattern));
  const ignored = negative.map((pattern) => glob(pattern, true));
  return (folder) =>
    matchers.some((pattern) => pattern.matches(folder)) && !ignored.some((pattern) => pattern.matches(folder));
}

function uniquePaths(found: Map<string, Set<string>>, root: string): Map<string, string> {
  const result = new Map<string, string>();
  for (const [name, paths] of found) {
    const [path, ...others] = paths;
    if (others.length === 0) result.set(name, path ?? root);
    else
      throw duplicate(
        name,
        [...paths].map((each) => relativePath(root, each)),
      );
  }
  return result;
}

function duplicate(name: string, paths: string[]): InstallError {
  return new InstallError(
    failure("EDUPLICATEWORKSPACE", `Workspaces ${paths.join(" and ")} have the same name, ${name}.`, {
      package: name,
      requiredBy: [""],
      wayOut: [{ kind: "other", text: `Rename one of them, or narrow the patterns in "workspaces".` }],
      details: { paths },
    }),
  );
}

function readPatterns(workspaces: unknown): Patterns {
  const declared = (workspaces as { packages?: unknown } | null | undefined)?.packages;
  const list = Array.isArray(declared) ? declared : (workspaces ?? []);
  if (!Array.isArray(list) || !list.every((pattern) => typeof pattern === "string")) {
    throw new InstallError(
      failure("EWORKSPACESCONFIG", `"workspaces" must be an array of patterns.`, { requiredBy: [""] }),
    );
  }
  const positive: string[] = [];
  let negative: string[] = [];
  for (const text of list) {
    const marks = /^!*/.exec(text)?.[0].length ?? 0;
    const pattern = text.slice(marks).replace(/^\.?\/+/, "");
    if (marks % 2 === 1) negative.push(pattern);
    else {
      // a later positive pattern takes back what an earlier `!` left out
      negative = negative.filter((each) => !covers(each, pattern));
      positive.push(pattern);
    }
  }
  const kept = positive.filter((pattern) => !negative.some((each) => covers(each, pattern)));
  return { positive: kept, negative };
}

/** Whether a pattern takes another one's text; `x/` takes `a/` and not `a`. */
function covers(pattern: string, text: string): boolean {
  return (text.endsWith("/") || !pattern.endsWith("/")) && glob(pattern).matches(text);
}

/** Folders that some pattern matches, walked only where one still can. */
function listFolders(files: ProjectFiles, root: string, matchers: readonly Glob[]): string[] {
  const matched: string[] = [];
  const todo = [""];
  for (let folder = todo.pop(); folder !== undefined; folder = todo.pop()) {
    if (folder && matchers.some((matcher) => matcher.matches(folder as string))) matched.push(folder);
    for (const name of files.names(resolvePath(root, folder))) {
      const path = folder ? `${folder}/${name}` : name;
      if (name === "node_modules" || !files.isFolder(resolvePath(root, path))) continue;
      if (matchers.some((matcher) => matcher.matches(path, true))) todo.push(path);
    }
  }
  return matched;
}
