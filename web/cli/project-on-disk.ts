import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { InstallError } from "../../src/errors/failure.ts";
import { notFound } from "../../src/errors/files.ts";

/** The files of a project in the form that the library takes, and their place on the disk. */
export interface ProjectOnDisk {
  /** Folder that the paths in `files` are relative to: the project's folder, or a folder above it if the project links to siblings. */
  base: string;
  files: Record<string, string | Uint8Array>;
  /** The project's folder relative to `base`; `""` if both are the same. */
  root: string;
  /** Name of the project's folder. */
  name: string;
}

type FoundFiles = Map<string, string | Uint8Array>;

const LOCKS = ["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", ".npmrc"];
const TARBALL_FILE = /\.(?:tgz|tar\.gz|tar)$/i;
const SPEC_SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides"];

/**
 * Reads the files that determine a project's tree. Reads nothing below node_modules.
 *
 * - package.json, the lockfiles and .npmrc
 * - the package.json of each workspace and of each folder that a `file:` spec names
 * - the tarballs that `file:` specs name
 * - the patches that `patchedDependencies` names inside the project
 *
 * `added` are the specs of `--add`.
 * @throws InstallError ENOENT if there is no package.json
 * @throws other errors of the file system
 */
export async function readProjectOnDisk(dir: string, added: readonly string[] = []): Promise<ProjectOnDisk> {
  const found: FoundFiles = new Map();
  const text = await readText(join(dir, "package.json"));
  if (text === undefined)
    throw new InstallError(
      notFound(`There is no package.json in ${dir}.`, {
        wayOut: [{ kind: "other", text: "Pass the folder of the project: webhoist lock DIR." }],
      }),
    );
  for (const name of LOCKS) {
    const lock = await readText(join(dir, name));
    if (lock !== undefined) found.set(join(dir, name), lock);
  }
  const folders = new Set([dir]);
  for (const folder of await workspaceFolders(dir, parseOrEmpty(text)["workspaces"])) folders.add(folder);
  for (const folder of lockedFolders(found, dir)) folders.add(folder);
  await addSpecs(dir, added, { found, folders });
  await addPatches(dir, parseOrEmpty(text)["patchedDependencies"], found);
  // The loop also visits folders that it adds: a linked folder may link to others.
  for (const folder of folders) await addFolder(folder, { found, folders });
  return asFileSet(dir, found);
}

interface ReadState {
  found: FoundFiles;
  folders: Set<string>;
}

async function addFolder(folder: string, state: ReadState): Promise<void> {
  const path = join(folder, "package.json");
  const text = await readText(path);
  if (text === undefined) return;
  state.found.set(path, text);
  const manifest = parseOrEmpty(text);
  await addSpecs(
    folder,
    SPEC_SECTIONS.flatMap((section) => strings(manifest[section])),
    state,
  );
}

// Matches file:../b, ./b, ../b and /b, and from --add also b@file:../b and @s/b@../b. Does not match user/repo or npm:b@1.
const LOCAL = /^(?:@?[^@/]+(?:\/[^@/]+)?@)?(?:file:(?:\/\/(?=\/))?(.+)|(\.{0,2}\/.*|\.{1,2}))$/is;

/** Adds the folders and tarballs that `specs` name, relative to `folder`. */
async function addSpecs(folder: string, specs: readonly string[], { found, folders }: ReadState): Promise<void> {
  for (const spec of specs) {
    const [, named, bare] = LOCAL.exec(spec) ?? [];
    const local = named ?? bare;
    if (local === undefined) continue;
    const target = resolve(folder, local);
    if (!TARBALL_FILE.test(target)) folders.add(target);
    else if (!found.has(target)) {
      const bytes = await orUndefined(readFile(target));
      if (bytes) found.set(target, new Uint8Array(bytes));
    }
  }
}

/** Adds the patches inside the project. The library refuses others, so they are not read. */
async function addPatches(dir: string, patches: unknown, found: FoundFiles): Promise<void> {
  for (const path of isObject(patches) ? Object.values(patches) : []) {
    if (typeof path !== "string" || path.includes("\0")) continue;
    const target = resolve(dir, path);
    if (target === dir || !isBelow(dir, target) || found.has(target) || !(await isFile(target))) continue;
    found.set(target, new Uint8Array(await readFile(target)));
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await orUndefined(stat(path)))?.isFile() ?? false;
}

/** Returns the folders outside node_modules that the lockfile names: links and workspaces of the last install. */
function lockedFolders(found: FoundFiles, dir: string): string[] {
  const text = found.get(join(dir, "npm-shrinkwrap.json")) ?? found.get(join(dir, "package-lock.json"));
  const packages = typeof text === "string" ? parseOrEmpty(text)["packages"] : undefined;
  return Object.keys(isObject(packages) ? packages : {})
    .filter((location) => location !== "" && !`/${location}/`.includes("/node_modules/"))
    .map((location) => resolve(dir, location));
}

/** Returns at least the folders that the workspace patterns match. The library decides later which of them are workspaces. */
async function workspaceFolders(dir: string, workspaces: unknown): Promise<string[]> {
  const patterns = isObject(workspaces) && !Array.isArray(workspaces) ? workspaces["packages"] : workspaces;
  const folders: string[] = [];
  for (const pattern of Array.isArray(patterns) ? patterns : [])
    if (typeof pattern === "string" && !pattern.startsWith("!"))
      folders.push(...(await matching(dir, pattern.replace(/^\.?\/+/, "").split("/"))));
  return folders;
}

/** Returns the folders below `dir` that may match the segments of a pattern. */
async function matching(dir: string, segments: readonly string[]): Promise<string[]> {
  const [first, ...rest] = segments.filter((segment) => segment !== "" && segment !== ".");
  if (first === undefined) return [dir];
  if (!/[*?[{]|[@!+]\(/.test(first)) return matching(join(dir, first), rest);
  // A brace or bracket left open by a segment contains a slash. As with `**`, any depth may match.
  const isOpen =
    Math.max(first.lastIndexOf("{"), first.lastIndexOf("(")) > Math.max(first.lastIndexOf("}"), first.lastIndexOf(")"));
  const deep = first.includes("**") || isOpen;
  const names = await subfolders(dir, !deep);
  const below = await Promise.all(names.map((name) => matching(join(dir, name), deep ? [first] : rest)));
  return [...(deep ? [dir] : []), ...below.flat()];
}

/** Lists the folders in `dir`, without node_modules and .git. Includes symbolic links to folders if `follow` is set. */
async function subfolders(dir: string, follow: boolean): Promise<string[]> {
  const entries = (await orUndefined(readdir(dir, { withFileTypes: true }))) ?? [];
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.name === "node_modules" || entry.name === ".git") continue;
    const linked = follow && entry.isSymbolicLink() && (await orUndefined(stat(join(dir, entry.name))))?.isDirectory();
    if (entry.isDirectory() || linked) names.push(entry.name);
  }
  return names;
}

/** Makes the paths relative to the lowest folder that contains all files. */
function asFileSet(dir: string, found: FoundFiles): ProjectOnDisk {
  let base = dir;
  // A file on another drive has no folder in common and is left out. The library then reports it as missing.
  for (const path of found.keys()) while (!isBelow(base, path) && base !== dirname(base)) base = dirname(base);
  const posix = (path: string): string => relative(base, path).split(sep).join("/");
  const files: ProjectOnDisk["files"] = Object.create(null);
  for (const [path, content] of found) if (isBelow(base, path)) files[posix(path)] = content;
  return { base, files, root: posix(dir), name: basename(dir) };
}

function isBelow(base: string, path: string): boolean {
  const steps = relative(base, path);
  return steps.split(sep)[0] !== ".." && !isAbsolute(steps);
}

async function readText(path: string): Promise<string | undefined> {
  return orUndefined(readFile(path, "utf8"));
}

/** Returns undefined if the file or folder does not exist. Any other error is thrown. */
async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** Parses JSON; returns `{}` if it is invalid. The library reports the error with its line and column. */
function parseOrEmpty(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Returns every string in a value, at any depth, because overrides are nested. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return isObject(value) ? Object.values(value).flatMap(strings) : [];
}
