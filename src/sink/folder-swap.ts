import { isObject } from "../base/json.ts";
import type { ProjectDisk } from "./sink-fs.ts";
import { checkInside, refusePath } from "./sink-paths.ts";

/** The folder that a change works in, beside `node_modules`: nothing of it is left behind. */
export const WORK = ".webhoist-install";
/** The new folders, each at its path. */
export const STAGED: string = `${WORK}/new`;
const OLD = `${WORK}/old`;
const JOURNAL = `${WORK}/journal.json`;

/** A `node_modules` folder that is exchanged, or goes where `filled` is false. */
export interface Swap {
  root: string;
  filled: boolean;
}

interface Journal {
  swaps: Swap[];
}

/**
 * Exchanges folders for those that were staged. Written down first: with the journal in its place the change will happen,
 * here or at the next `recover`. What fails here is undone; what cannot even be undone is left for `recover`.
 */
export async function swapFolders(disk: ProjectDisk, swaps: Swap[]): Promise<void> {
  await disk.makeFolder(OLD);
  for (const { root } of swaps) if (root.includes("/")) await disk.makeFolder(root.slice(0, root.lastIndexOf("/")));
  const draft = `${WORK}/draft.json`;
  await disk.fs.writeFile(disk.at(draft), JSON.stringify({ swaps } satisfies Journal));
  await disk.move(draft, JOURNAL);
  try {
    for (const [index, swap] of swaps.entries()) await forward(disk, index, swap);
  } catch (error) {
    for (const [index, swap] of [...swaps.entries()].reverse()) await back(disk, index, swap);
    await disk.remove(JOURNAL);
    throw error;
  }
}

/** Whether a journal is in place: then nothing that is staged may go. */
export async function isDecided(disk: ProjectDisk): Promise<boolean> {
  return (await disk.stat(JOURNAL)) !== null;
}

/** Removes what a change leaves. The journal goes first: without it the rest means nothing. */
export async function clean(disk: ProjectDisk): Promise<void> {
  await disk.remove(JOURNAL);
  await disk.remove(WORK);
}

/** Finishes what an earlier change left where it was decided, and removes it where it was not. */
export async function recover(disk: ProjectDisk): Promise<void> {
  const work = await disk.stat(WORK);
  if (!work) return;
  // A project may come from anybody, also with such a folder.
  if (!work.isDirectory()) refusePath(WORK, "is no folder");
  const text = await disk.text(JOURNAL);
  if (text !== null) for (const [index, swap] of parseJournal(text).entries()) await forward(disk, index, swap);
  await clean(disk);
}

function parseJournal(text: string): Swap[] {
  const journal: unknown = JSON.parse(text);
  const swaps = isObject(journal) && Array.isArray(journal["swaps"]) ? journal["swaps"] : [];
  return swaps.map((swap: unknown) => {
    const { root, filled } = isObject(swap) ? swap : {};
    if (typeof root !== "string" || !/(?:^|\/)node_modules$/.test(root)) refusePath(String(root), "is no node_modules");
    checkInside(root);
    return { root, filled: filled === true };
  });
}

/** Can be done again wherever it was cut off. */
async function forward(disk: ProjectDisk, index: number, { root, filled }: Swap): Promise<void> {
  const old = `${OLD}/${index}`;
  const staged = `${STAGED}/${root}`;
  if (filled && !(await disk.stat(staged))) return;
  const link = await disk.linkOnTheWay(root);
  if (link) refusePath(link, "is a link");
  const there = await disk.stat(root);
  // With the old one out of the way, what is there was made by somebody else since, and stays.
  if (there && (await disk.stat(old))) return;
  if (there) await disk.move(root, old);
  if (filled) await disk.move(staged, root);
}

async function back(disk: ProjectDisk, index: number, { root, filled }: Swap): Promise<void> {
  const old = `${OLD}/${index}`;
  const staged = `${STAGED}/${root}`;
  if (filled && !(await disk.stat(staged))) await disk.move(root, staged);
  if (await disk.stat(old)) await disk.move(old, root);
}
