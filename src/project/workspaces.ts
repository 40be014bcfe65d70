// Finds the workspaces of a project (npm-tree §20.1):
//
// 1. Read the patterns from `workspaces` or `workspaces.packages`. Drop a leading `/` or `./`.
// 2. `!` negates a pattern. A later positive pattern that the negated one covers includes its folders again.
// 3. List the folders that match, outside node_modules, and sort them in en-order.
// 4. Go through the patterns in order, and through the folders that each one matches. Skip folders without a package.json.
// 5. A workspace's name is the one in its package.json, otherwise its folder's. The same name twice: EDUPLICATEWORKSPACE.

import { enOrder } from "../base/collate.ts";
import { nameFromFolder, relativePath, resolvePath } from "../base/posix-path.ts";
import { sortPausing } from "../base/sort-pausing.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import type { ProjectFiles } from "./files.ts";
import { firstPattern, GlobSet, type GlobState, isMatch } from "./glob.ts";
import { readSoundPackageJson } from "./package-json.ts";
import { manifestRefused } from "./refuse-manifest.ts";

interface Patterns {
  positive: GlobSet;
  negative: GlobSet;
  /** True if the project itself is a workspace, by the pattern `.`. */
  self: boolean;
}

/** The patterns in the list. */
const MAX_PATTERNS = 10_000;
/** The steps of matching all patterns against all folders. */
const MAX_STEPS = 20_000_000;
/** The steps of comparing negated patterns with the others. */
const MAX_COVER_STEPS = 2_000_000;
/** The files and folders between two pauses, and the steps. */
const FOLDERS_AT_ONCE = 500;
const STEPS_AT_ONCE = 50_000;

/**
 * Finds a project's workspaces. Returns the absolute folder of each name, in the order of the patterns and then of the paths.
 * The generator pauses between folders.
 * @param workspaces the field of package.json: patterns, or `{ packages: patterns }`
 * @param root the absolute folder of the project
 * @throws InstallError EWORKSPACESCONFIG, EDUPLICATEWORKSPACE, ELIMIT; EJSONPARSE and EINVALIDINPUT for a workspace's package.json
 */
export function* findWorkspaces(
  workspaces: unknown,
  files: ProjectFiles,
  root: string,
): Generator<undefined, Map<string, string>> {
  const { positive, negative, self } = readPatterns(workspaces);
  const found = new Map<string, Set<string>>();
  const matched = yield* listFolders(files, root, positive);
  if (self) matched.push({ folder: ".", first: firstPattern(positive.at(".")) });
  const kept: MatchedFolder[] = [];
  let paused = 0;
  for (const [i, each] of matched.entries()) {
    if (i % FOLDERS_AT_ONCE === FOLDERS_AT_ONCE - 1 || negative.steps - paused > STEPS_AT_ONCE) {
      paused = negative.steps;
      yield;
    }
    if (!isMatch(negative.at(each.folder))) kept.push(each);
    checkSteps([positive, negative]);
  }
  const folders = yield* sortPausing(kept, (a, b) => a.first - b.first || enOrder(a.folder, b.folder));
  for (const [i, { folder }] of folders.entries()) {
    if (i % FOLDERS_AT_ONCE === FOLDERS_AT_ONCE - 1) yield;
    const path = resolvePath(root, folder);
    const read = readSoundPackageJson(files, path, true);
    if (!read) continue;
    if ("path" in read) throw manifestRefused(read.value, read.path, read.file);
    const { name: own } = read.manifest;
    const name = (typeof own === "string" && own) || nameFromFolder(path);
    const paths = found.get(name) ?? new Set();
    found.set(name, paths.add(path));
  }
  return uniquePaths(found, root);
}

/**
 * Returns a test for a folder's path in the project: whether the folder is a workspace if it has a package.json.
 * @throws InstallError EWORKSPACESCONFIG, ELIMIT
 */
export function workspaceTest(workspaces: unknown): (folder: string) => boolean {
  const { positive, negative } = readPatterns(workspaces);
  return (folder) => {
    const isWorkspace = isMatch(positive.at(folder)) && !isMatch(negative.at(folder));
    checkSteps([positive, negative]);
    return isWorkspace;
  };
}

/** @throws InstallError ELIMIT with the pattern that took the most steps */
function checkSteps(sets: readonly GlobSet[], most: number = MAX_STEPS): void {
  if (sets.reduce((sum, { steps }) => sum + steps, 0) <= most) return;
  const [busiest] = [...sets].sort((a, b) => b.steps - a.steps);
  throw tooMany(
    `Matching "workspaces" in package.json takes more than ${most} steps. Most go to the pattern "${busiest?.busiest()}".`,
  );
}

function tooMany(message: string): InstallError {
  const text = 'Write fewer or simpler patterns, such as ["packages/*"].';
  return new InstallError(overLimit(`${message} ${text}`, { requiredBy: [""], wayOut: [{ kind: "other", text }] }));
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
  const list = Array.isArray(declared) || workspaces === undefined ? (declared ?? []) : workspaces;
  if (!Array.isArray(list) || !list.every((pattern) => typeof pattern === "string")) {
    throw new InstallError(
      failure(
        "EWORKSPACESCONFIG",
        `"workspaces" in package.json must be an array of patterns, or an object with such an array in "packages".`,
        { requiredBy: [""], wayOut: [{ kind: "other", text: 'Write a list, such as ["packages/*"].' }] },
      ),
    );
  }
  if (list.length > MAX_PATTERNS) throw tooMany(`"workspaces" in package.json has more than ${MAX_PATTERNS} patterns.`);
  return withoutCovered(list.map(parsePattern));
}

interface Pattern {
  text: string;
  isNegated: boolean;
}

function parsePattern(pattern: string): Pattern {
  let marks = 0;
  while (pattern[marks] === "!") marks++;
  return { text: pattern.slice(marks).replace(/^\.?\/+/, ""), isNegated: marks % 2 === 1 };
}

/** Step 2: drops the negated patterns that a later positive one cancels, then the positive ones that a negated one covers. */
function withoutCovered(patterns: readonly Pattern[]): Patterns {
  if (!patterns.some(({ isNegated }) => isNegated)) {
    const all = patterns.map(({ text }) => text);
    return { positive: limitedSet(all), negative: new GlobSet([]), self: all.includes(".") };
  }
  const texts = patterns.map(({ text, isNegated }) => (isNegated ? text : null));
  const cover = new GlobSet(texts.map((text) => text ?? ""));
  cover.limit = MAX_COVER_STEPS;
  // A pattern that ends with `/` covers only those that do.
  const covering = ({ text }: Pattern): number[] =>
    cover.at(text).flatMap(({ ends }) => {
      cover.steps += ends.length;
      return ends.filter((id) => texts[id] !== null && (text.endsWith("/") || !texts[id]?.endsWith("/")));
    });
  for (const [position, pattern] of patterns.entries()) {
    if (pattern.isNegated) continue;
    for (const id of covering(pattern)) if (id < position) texts[id] = null;
    checkSteps([cover], MAX_COVER_STEPS);
  }
  const positive = patterns.filter((pattern) => !pattern.isNegated && covering(pattern).length === 0);
  checkSteps([cover], MAX_COVER_STEPS);
  const kept = positive.map(({ text }) => text);
  const self = kept.includes(".");
  return {
    positive: limitedSet(kept),
    negative: limitedSet(
      texts.flatMap((text) => text ?? []),
      true,
    ),
    self,
  };
}

function limitedSet(patterns: readonly string[], dot?: boolean): GlobSet {
  const set = new GlobSet(patterns, dot);
  set.limit = MAX_STEPS;
  return set;
}

interface MatchedFolder {
  folder: string;
  /** The first pattern that matches the folder, or may match one in it. */
  first: number;
}

/** Step 3: lists the folders that a pattern matches. Enters only folders in which a match is possible. */
function* listFolders(files: ProjectFiles, root: string, patterns: GlobSet): Generator<undefined, MatchedFolder[]> {
  const matched: MatchedFolder[] = [];
  const todo: { folder: string; state: GlobState }[] = [{ folder: "", state: patterns.start }];
  let count = 0;
  let paused = 0;
  for (let at = todo.pop(); at; at = todo.pop()) {
    const { folder, state } = at;
    if (folder && isMatch(state)) matched.push({ folder, first: firstPattern(state) });
    for (const name of files.names(resolvePath(root, folder))) {
      if (++count % FOLDERS_AT_ONCE === 0 || patterns.steps - paused > STEPS_AT_ONCE) {
        paused = patterns.steps;
        yield;
      }
      const path = folder ? `${folder}/${name}` : name;
      if (name === "node_modules" || !files.isFolder(resolvePath(root, path))) continue;
      const below = patterns.next(state, name);
      checkSteps([patterns]);
      if (below.length > 0) todo.push({ folder: path, state: below });
    }
  }
  return matched;
}
