import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { failure, InstallError } from "../../src/errors/failure.ts";

/** A project's files as the library takes them, and where the set stands on the disk. */
export interface ProjectOnDisk {
  /** Folder that the paths of `files` are relative to: the project's own, or one above it when it links to folders beside. */
  base: string;
  files: Record<string, string | Uint8Array>;
  /** The project's folder inside `base`, `""` when it is `base`. */
  root: string;
  /** The folder's name. */
  name: string;
}

type FoundFiles = Map<string, string | Uint8Array>;

const LOCKS = ["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", ".npmrc"];
const TARBALL_FILE = /\.(?:tgz|tar\.gz|tar)$/i;
const SPEC_SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides"];

/**
 * Reads what decides a project's tree: package.json, lockfiles, .npmrc, the package.json of workspaces and of folders that
 * `file:` names, the tarballs that it names. `added` are specs about to be added. Never anything under node_modules.
 * @throws InstallError ENOENT without a package.json; other errors of the file system as they come
 */
export async function readProjectOnDisk(dir: string, added: readonly string[] = []): Promise<ProjectOnDisk> {
  const found: FoundFiles = new Map();
  const text = await readText(join(dir, "package.json"));
  if (text === undefined)
    throw new InstallError(
      failure("ENOENT", `There is no package.json in ${dir}.`, {
        wayOut: [{ kind: "other", text: "Name the project's folder: webhoist lock DIR." }],
      }),
    );
  for (const name of LOCKS) {
    const lock = await readText(join(dir, name));
    if (lock !== undefined) found.set(join(dir, name), lock);
  }
  const folders = new Set([dir]);
  for (const folder of await workspaceFolders(dir, parseOrEmpty(text)["workspaces"])) folders.add(folder);
  for (const folder of lockedFolders(found, dir)) folders.add(folder);
  await takeSpecs(dir, added, { found, folders });
  // The set grows while it is walked: a linked folder may link further.
  for (const folder of folders) await takeFolder(folder, { found, folders });
  return asFileSet(dir, found);
}

interface ReadState {
  found: FoundFiles;
  folders: Set<string>;
}

async function takeFolder(folder: string, taken: ReadState): Promise<void> {
  const path = join(folder, "package.json");
  const text = await readText(path);
  if (text === undefined) return;
  taken.found.set(path, text);
  const manifest = parseOrEmpty(text);
  await takeSpecs(
    folder,
    SPEC_SECTIONS.flatMap((section) => strings(manifest[section])),
    taken,
  );
}

// file:../b, ./b, ../b, /b; to be added also b@file:../b and @s/b@../b. Not user/repo, not npm:b@1.
const LOCAL = /^(?:@?[^@/]+(?:\/[^@/]+)?@)?(?:file:(?:\/\/(?=\/))?(.+)|(\.{0,2}\/.*|\.{1,2}))$/is;

/** Folders and tarballs on the disk, named from `folder`. */
async function takeSpecs(folder: string, specs: readonly string[], { found, folders }: ReadState): Promise<void> {
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

/** Folders that a lock names outside node_modules: links and workspaces as they were. */
function lockedFolders(found: FoundFiles, dir: string): string[] {
  const text = found.get(join(dir, "npm-shrinkwrap.json")) ?? found.get(join(dir, "package-lock.json"));
  const packages = typeof text === "string" ? parseOrEmpty(text)["packages"] : undefined;
  return Object.keys(isObject(packages) ? packages : {})
    .filter((location) => location !== "" && !`/${location}/`.includes("/node_modules/"))
    .map((location) => resolve(dir, location));
}

/** A superset of the folders that the patterns name: which of them count is the library's decision. */
async function workspaceFolders(dir: string, workspaces: unknown): Promise<string[]> {
  const patterns = isObject(workspaces) && !Array.isArray(workspaces) ? workspaces["packages"] : workspaces;
  const folders: string[] = [];
  for (const pattern of Array.isArray(patterns) ? patterns : [])
    if (typeof pattern === "string" && !pattern.startsWith("!"))
      folders.push(...(await matching(dir, pattern.replace(/^\.?\/+/, "").split("/"))));
  return folders;
}

async function matching(dir: string, segments: readonly string[]): Promise<string[]> {
  const [first, ...rest] = segments.filter((segment) => segment !== "" && segment !== ".");
  if (first === undefined) return [dir];
  if (!/[*?[{]|[@!+]\(/.test(first)) return matching(join(dir, first), rest);
  // A brace or bracket that is open at the end of a segment holds a slash: then, as with a double star, any depth.
  const deep = first.includes("**") || /[{(][^})]*$/.test(first);
  const names = await folderNames(dir, !deep);
  const below = await Promise.all(names.map((name) => matching(join(dir, name), deep ? [first] : rest)));
  return [...(deep ? [dir] : []), ...below.flat()];
}

async function folderNames(dir: string, follow: boolean): Promise<string[]> {
  const entries = (await orUndefined(readdir(dir, { withFileTypes: true }))) ?? [];
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.name === "node_modules" || entry.name === ".git") continue;
    const linked = follow && entry.isSymbolicLink() && (await orUndefined(stat(join(dir, entry.name))))?.isDirectory();
    if (entry.isDirectory() || linked) names.push(entry.name);
  }
  return names;
}

function asFileSet(dir: string, found: FoundFiles): ProjectOnDisk {
  let base = dir;
  // Where there is no common folder (another drive), the file stays out, and the library says that it is missing.
  for (const path of found.keys()) while (!isBelow(base, path) && base !== dirname(base)) base = dirname(base);
  const posix = (path: string): string => relative(base, path).split(sep).join("/");
  const files: ProjectOnDisk["files"] = Object.create(null);
  for (const [path, content] of found) if (isBelow(base, path)) files[posix(path)] = content;
  return { base, files, root: posix(dir), name: basename(dir) };
}

function isBelow(base: string, path: string): boolean {
  const way = relative(base, path);
  return way.split(sep)[0] !== ".." && !isAbsolute(way);
}

async function readText(path: string): Promise<string | undefined> {
  return orUndefined(readFile(path, "utf8"));
}

/** Missing is an answer; unreadable is a failure. */
async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** What cannot be parsed is reported by the library, with its place. */
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

/** Every string in a value, at any depth: overrides nest. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return isObject(value) ? Object.values(value).flatMap(strings) : [];
}
