import { isObject } from "../base/json.ts";
import type { ProjectDisk } from "./sink-fs.ts";
import { checkInside, refusePath } from "./sink-paths.ts";
import { STAGED, WORK } from "./work-folder.ts";

const OLD = `${WORK}/old`;
const JOURNAL = `${WORK}/journal.json`;

/** A `node_modules` folder to replace, or to remove if `filled` is false. */
export interface Swap {
  root: string;
  filled: boolean;
}

interface Journal {
  swaps: Swap[];
}

/**
 * Replaces folders by the staged ones, so that a crash at any point leaves the old tree or the new one.
 *
 * 1. Writes a journal of the swaps, and renames it into place. A crash before that changes nothing; after it, `recover` finishes
 *    the change.
 * 2. For each folder: renames the old one into the work folder, then the staged one into its place.
 * 3. If that fails, undoes the swaps and removes the journal. If undoing fails too, `recover` finishes the change later.
 *
 * The caller removes the journal and the work folder with `clean`.
 */
export async function swapFolders(disk: ProjectDisk, swaps: Swap[]): Promise<void> {
  await disk.makeFolder(OLD);
  for (const { root } of swaps) if (root.includes("/")) await disk.makeFolder(root.slice(0, root.lastIndexOf("/")));
  const draft = `${WORK}/draft.json`;
  await disk.fs.writeFile(disk.at(draft), JSON.stringify({ swaps } satisfies Journal), { flag: "wx" });
  await disk.move(draft, JOURNAL);
  try {
    for (const [index, swap] of swaps.entries()) await swapForward(disk, index, swap);
  } catch (error) {
    for (const [index, swap] of [...swaps.entries()].reverse()) await swapBack(disk, index, swap);
    await disk.remove(JOURNAL);
    throw error;
  }
}

/** Checks whether a journal is in place. Then `recover` needs the staged folders. */
export async function isDecided(disk: ProjectDisk): Promise<boolean> {
  return (await disk.stat(JOURNAL)) !== null;
}

/** Removes the work folder, the journal first: without it the rest has no effect. */
export async function clean(disk: ProjectDisk): Promise<void> {
  await disk.remove(JOURNAL);
  await removeWork(disk);
}

/** Removes the work folder. A link in its place stays: it was put there by another program. */
export async function removeWork(disk: ProjectDisk): Promise<void> {
  if ((await disk.stat(WORK))?.isDirectory()) await disk.remove(WORK);
}

/** Finishes an interrupted change if its journal is in place, otherwise removes what it staged. */
export async function recover(disk: ProjectDisk): Promise<void> {
  const work = await disk.stat(WORK);
  if (!work) return;
  // Another program may have made a file of that name.
  if (!work.isDirectory()) refusePath(WORK, "is not a folder. Remove it");
  const text = await disk.plainText(JOURNAL);
  if (text !== null) for (const [index, swap] of parseJournal(text).entries()) await swapForward(disk, index, swap);
  await clean(disk);
}

function parseJournal(text: string): Swap[] {
  const journal: unknown = JSON.parse(text);
  const swaps = isObject(journal) && Array.isArray(journal["swaps"]) ? journal["swaps"] : [];
  return swaps.map((swap: unknown) => {
    const { root, filled } = isObject(swap) ? swap : {};
    if (typeof root !== "string" || !/(?:^|\/)node_modules$/.test(root))
      refusePath(String(root), "is not a node_modules folder");
    checkInside(root);
    return { root, filled: filled === true };
  });
}

/** Swaps one folder. It can be repeated after a crash at any point. */
async function swapForward(disk: ProjectDisk, index: number, { root, filled }: Swap): Promise<void> {
  const old = `${OLD}/${index}`;
  const staged = `${STAGED}/${root}`;
  if (filled) {
    if (!(await disk.stat(staged))) return;
    await disk.refuseLinks(staged);
  }
  await disk.refuseLinks(root);
  const current = await disk.stat(root);
  // If the old folder was moved before, another program has made the current one since. Keep that one.
  if (current && (await disk.stat(old))) return;
  if (current) await disk.move(root, old);
  if (filled) await disk.move(staged, root);
}

async function swapBack(disk: ProjectDisk, index: number, { root, filled }: Swap): Promise<void> {
  const old = `${OLD}/${index}`;
  const staged = `${STAGED}/${root}`;
  if (filled && !(await disk.stat(staged))) await disk.move(root, staged);
  if (await disk.stat(old)) await disk.move(old, root);
}
