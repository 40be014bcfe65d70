import { globFiles } from "../../../src/install/glob-files.ts";

/** Paths that are looked at before the page has its turn. */
const PATHS_PER_TURN = 4000;

/**
 * Those of `paths` that `text` asks for. With `*`, `?`, `[` or `{` it is a glob, in any folder: `*.d.ts` stands for itself behind `**` and
 * a slash; one that begins with a slash is meant from the project on. Without, it is a part of the path, in small or capital
 * letters. In slices, as an install may have 38,000 files; null once `signal` has said that nobody waits for it.
 */
export async function searchFiles(
  paths: readonly string[],
  text: string,
  { signal, turn }: { signal: AbortSignal; turn: () => Promise<void> },
): Promise<string[] | null> {
  const wanted = text.trim();
  const isGlob = /[*?[{]/.test(wanted);
  const pattern = wanted.startsWith("/") ? wanted : `**/${wanted}`;
  const small = wanted.toLowerCase();
  const found: string[] = [];
  for (let at = 0; at < paths.length; at += PATHS_PER_TURN) {
    if (at > 0) await turn();
    if (signal.aborted) return null;
    const slice = paths.slice(at, at + PATHS_PER_TURN);
    const hits = isGlob ? globFiles(pattern, slice) : slice.filter((path) => path.toLowerCase().includes(small));
    for (const hit of hits) found.push(hit);
  }
  return found;
}
