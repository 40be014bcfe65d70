import { InstallError } from "../../../src/errors/failure.ts";
import { globFiles } from "../../../src/install/glob-files.ts";

/** Paths that are searched before the page gets a turn. */
const PATHS_PER_TURN = 4000;

/**
 * Returns the paths that match `text`, or null if `signal` was aborted.
 *
 * - With `*`, `?`, `[` or `{`, `text` is a glob that matches in any folder. With a leading slash it matches from the root.
 * - Otherwise `text` is a part of the path. Case does not matter.
 *
 * Works in slices, because an install may have 38,000 files.
 */
export async function searchFiles(
  paths: readonly string[],
  text: string,
  { signal, turn }: { signal: AbortSignal; turn: () => Promise<void> },
): Promise<string[] | null> {
  const query = text.trim();
  const isGlob = /[*?[{]/.test(query);
  const pattern = query.startsWith("/") ? query : `**/${query}`;
  const lowerCase = query.toLowerCase();
  const found: string[] = [];
  for (let at = 0; at < paths.length; at += PATHS_PER_TURN) {
    if (at > 0) await turn();
    if (signal.aborted) return null;
    const slice = paths.slice(at, at + PATHS_PER_TURN);
    const hits = isGlob ? globHits(pattern, slice) : slice.filter((path) => path.toLowerCase().includes(lowerCase));
    for (const hit of hits) found.push(hit);
  }
  return found;
}

/** Returns the paths that match a glob. None match one beyond the limits of globs. */
function globHits(pattern: string, paths: readonly string[]): string[] {
  try {
    return globFiles(pattern, paths);
  } catch (error) {
    if (error instanceof InstallError && error.code === "ELIMIT") return [];
    throw error;
  }
}
