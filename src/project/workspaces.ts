// Finds the workspaces of a project (npm-tree §20.1):
//
// 1. Read the patterns from `workspaces` or `workspaces.packages`. Drop a leading `/` or `./`.
// 2. `!` negates a pattern. A later positive pattern that the negated one covers includes its folders again.
// 3. List the folders that match, outside node_modules, and sort them in en-order.
// 4. Go through the patterns in order, and through the folders that each one matches. Skip folders without a package.json.
// 5. A workspace's name is the one in its package.json, otherwise its folder's. The same name twice: EDUPLICATEWORKSPACE.

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
 * Finds a project's workspaces. Returns the absolute folder of each name, in the order of the patterns and then of the paths.
 * @param workspaces the field of package.json: patterns, or `{ packages: patterns }`
 * @param root the absolute folder of the project
 * @throws InstallError EWORKSPACESCONFIG, EDUPLICATEWORKSPACE, EJSONPARSE (for a workspace's package.json)
 */
export function findWorkspaces(workspaces: unknown, files: ProjectFiles, root: string): Map<string, string> {
  const { positive, negative } = readPatterns(workspaces);
  const found = new Map<string, Set<string>>();
  if (positive.length === 0) return new Map();
  const matchers = positive.map((pattern) => glob(pattern));
  const ignored = negative.map((pattern) => glob(pattern, true));
  // `.` makes the project itself a workspace
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

/**
 * Returns a test for a folder's path in the project: whether the folder is a workspace if it has a package.json.
 * @throws InstallError EWORKSPACESCONFIG
 */
export function workspaceTest(workspaces: unknown): (folder: string) => boolean {
  const { positive, negative } = readPatterns(workspaces);
  const matchers = positive.map((pattern) => glob(pattern));
  const ignored = negative.map((pattern) => glob(pattern, true));
  return (folder) =>
    matchers.some((pattern) => pattern.matches(folder)) && !ignored.some((pattern) => pattern.matches(folder));
}

/** Step 5: checks that no name has two folders. */
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
    failure("EDUPLICATEWORKSPACE", `The workspaces ${paths.join(" and ")} have the same name, ${name}.`, {
      package: name,
      requiredBy: [""],
      wayOut: [{ kind: "other", text: `Rename one of them, or narrow the patterns in "workspaces".` }],
      details: { paths },
    }),
  );
}

/** Steps 1 and 2: reads the patterns. @throws InstallError EWORKSPACESCONFIG */
function readPatterns(workspaces: unknown): Patterns {
  const declared = (workspaces as { packages?: unknown } | null | undefined)?.packages;
  const list = Array.isArray(declared) ? declared : (workspaces ?? []);
  if (!Array.isArray(list) || !list.every((pattern) => typeof pattern === "string")) {
    throw new InstallError(
      failure(
        "EWORKSPACESCONFIG",
        `"workspaces" in package.json must be an array of patterns, or an object with such an array in "packages".`,
        { requiredBy: [""], wayOut: [{ kind: "other", text: 'Write a list, such as ["packages/*"].' }] },
      ),
    );
  }
  const positive: string[] = [];
  let negative: string[] = [];
  for (const text of list) {
    const marks = /^!*/.exec(text)?.[0].length ?? 0;
    const pattern = text.slice(marks).replace(/^\.?\/+/, "");
    if (marks % 2 === 1) negative.push(pattern);
    else {
      // step 2: a later positive pattern cancels an earlier negated one that covers it
      negative = negative.filter((each) => !covers(each, pattern));
      positive.push(pattern);
    }
  }
  const kept = positive.filter((pattern) => !negative.some((each) => covers(each, pattern)));
  return { positive: kept, negative };
}

/** Checks whether a pattern matches another pattern's text. A pattern that ends with `/` only matches text that does. */
function covers(pattern: string, text: string): boolean {
  return (text.endsWith("/") || !pattern.endsWith("/")) && glob(pattern).matches(text);
}

/** Step 3: lists the folders that a pattern matches. Enters only folders in which a match is possible. */
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
