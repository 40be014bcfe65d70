import type { SinkState } from "../../src/api/sink.ts";
import { isObject } from "../../src/base/json.ts";
import { inParallel } from "../../src/sink/in-parallel.ts";
import { checkInside, isLocation, refusePath, rootsOf } from "../../src/sink/sink-paths.ts";
import { STAGED, WORK } from "../../src/sink/work-folder.ts";
import type { OpfsDisk } from "./opfs-disk.ts";

const JOURNAL = `${WORK}/journal.json`;
const SWEPT = `${WORK}/swept`;
/** The file that lists the packages, and the links, which this file system cannot have. */
const STATE_FILE = "node_modules/.webhoist.json";

const encoder = new TextEncoder();
/** The number of files that are changed at the same time. */
export const AT_ONCE = 16;

export interface OpfsPackage {
  readonly integrity: string;
  /** Folders in its own `node_modules` that came with its tarball. */
  readonly brings: readonly string[];
}

/** Packages by location, as the last change left them. */
export type Packages = ReadonlyMap<string, OpfsPackage>;

/** A change that will happen: the `node_modules` folders are cleared except for `stay`, and the staged files are moved in. */
interface Journal {
  roots: string[];
  /** Folders that stay, without the `node_modules` in them. */
  stay: string[];
}

/** Reads which packages the folder holds. A package counts only if its package.json and the folders that it brought exist. */
export async function readState(disk: OpfsDisk): Promise<{ packages: Packages; roots: Set<string> }> {
  const packages = new Map<string, OpfsPackage>();
  const listed = parse(await disk.text(STATE_FILE))["packages"];
  const all = Object.entries(isObject(listed) ? listed : {}).filter(([location]) => isLocation(location));
  await inParallel(all, AT_ONCE, async ([location, entry]) => {
    const { integrity, brings = [] } = isObject(entry) ? entry : {};
    if (typeof integrity !== "string" || !isStrings(brings)) return;
    if (!brings.every((path) => path.startsWith(`${location}/node_modules/`))) return;
    const paths = [`${location}/package.json`, ...brings];
    const found = await Promise.all(paths.map(async (path) => (await disk.findFile(path)) ?? disk.findFolder(path)));
    if (found.every(Boolean)) packages.set(location, { integrity, brings });
  });
  return { packages, roots: rootsOf(all.map(([location]) => location)) };
}

/** Stages the file that `readState` reads. */
export async function writeState(disk: OpfsDisk, packages: Packages, links: SinkState["links"]): Promise<void> {
  const text = JSON.stringify({
    packages: Object.fromEntries(packages),
    links: Object.fromEntries(links.map(({ path, to }) => [path, to])),
  });
  await disk.write(`${STAGED}/${STATE_FILE}`, encoder.encode(text));
}

/** Writes the journal. From here on the change will happen, now or at the next `recover`. */
export async function decide(disk: OpfsDisk, kept: Packages, roots: Iterable<string>): Promise<void> {
  const stay = [...kept].flatMap(([location, { brings }]) => [location, ...brings]);
  const journal: Journal = { roots: [...roots], stay };
  await disk.writeAtOnce(JOURNAL, encoder.encode(JSON.stringify(journal)));
}

/** Finishes a change whose journal is written, and removes the staged files of any other. */
export async function recover(disk: OpfsDisk): Promise<void> {
  if (await disk.findFile(WORK)) refusePath(WORK, "is not a folder. Remove it");
  if (!(await disk.findFolder(WORK))) return;
  const { roots, stay } = parse(await disk.text(JOURNAL));
  if (isStrings(roots) && isStrings(stay)) await apply(disk, { roots, stay });
  await disk.remove(JOURNAL);
  await disk.remove(WORK);
}

export async function isDecided(disk: OpfsDisk): Promise<boolean> {
  return isStrings(parse(await disk.text(JOURNAL))["roots"]);
}

/**
 * Applies a journal in two steps that can each be repeated. The marker file between them keeps the first step from removing files that
 * the second has moved.
 *
 * 1. Removes everything that does not stay.
 * 2. Moves the staged files into place.
 */
async function apply(disk: OpfsDisk, { roots, stay }: Journal): Promise<void> {
  if (!(await disk.findFile(SWEPT))) {
    for (const root of rootsOf(roots)) {
      checkInside(root);
      await sweep(disk, root, new Stays(stay));
    }
    await disk.write(SWEPT, new Uint8Array(0));
  }
  for (const root of rootsOf(roots)) if (await disk.findFolder(`${STAGED}/${root}`)) await moveAll(disk, root);
}

/** The folders that stay, and the folders above them. */
class Stays {
  readonly whole: ReadonlySet<string>;
  readonly around = new Set<string>();

  constructor(stay: readonly string[]) {
    this.whole = new Set(stay);
    for (const path of stay)
      for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
        this.around.add(path.slice(0, at));
  }
}

async function sweep(disk: OpfsDisk, folder: string, stays: Stays): Promise<void> {
  const entries = await disk.list(folder);
  await inParallel(entries, AT_ONCE, async ([name, isFolder]) => {
    const path = `${folder}/${name}`;
    if (stays.whole.has(path)) {
      if (isFolder) await sweepNested(disk, path, stays);
    } else if (isFolder && stays.around.has(path)) {
      await sweep(disk, path, stays);
    } else {
      await disk.remove(path);
    }
  });
}

/** Removes other packages from the `node_modules` of a package that stays. */
async function sweepNested(disk: OpfsDisk, folder: string, stays: Stays): Promise<void> {
  const nested = `${folder}/node_modules`;
  if (stays.around.has(nested)) await sweep(disk, nested, stays);
  else await disk.remove(nested);
}

/** Moves the staged files of a folder into place. A file in the way of a folder is one of a kept package, and gives way. */
async function moveAll(disk: OpfsDisk, folder: string): Promise<void> {
  if (await disk.findFile(folder)) await disk.remove(folder);
  await inParallel(await disk.list(`${STAGED}/${folder}`), AT_ONCE, async ([name, isFolder]) => {
    const path = `${folder}/${name}`;
    if (isFolder) await moveAll(disk, path);
    else await disk.move(`${STAGED}/${path}`, path);
  });
}

function parse(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isObject(value) ? value : {};
  } catch {
    // A truncated journal counts as none.
    return {};
  }
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

/**
 * Returns the folders that a file of a package brings into the package's own `node_modules`.
 *
 *     a/node_modules/@b/c/x.js → a/node_modules/@b/c
 */
export function bundledFolders(location: string, path: string): string[] {
  const found: string[] = [];
  for (const match of path.matchAll(/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+/g))
    found.push(`${location}/${path.slice(0, match.index + match[0].length)}`);
  return found;
}
