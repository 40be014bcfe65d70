import type { Range } from "../tarball/gunzip.ts";
import { inflateBlocks } from "../tarball/inflate.ts";
import type { Waypoint } from "./waypoints.ts";

/** A stretch of a tarball from one of them on, and what is wanted of it: in the order asked for. */
export interface Stretch extends Waypoint {
  bytes: Uint8Array;
  /** Where in the archive it ends. */
  end: number;
  ranges: Range[];
}

/** Lets others have the thread, where it is time for that. */
export type Pause = () => Promise<void> | undefined;

/** What is wanted of a stretch, in memory of its own; null where it is damaged. `pause` is asked after each block. */
export async function inflateStretch(
  { bytes, bit, at, window, end, ranges }: Stretch,
  pause: Pause,
): Promise<Uint8Array[] | null> {
  const history = inflateWindow(window);
  if (!history) return null;
  const out = new Uint8Array(history.length + end - at);
  out.set(history);
  const blocks = inflateBlocks({ bytes, bit, out, at: history.length });
  let next = blocks.next();
  for (; !next.done; next = blocks.next()) await pause();
  if (next.value?.at !== out.length) return null;
  const from = at - history.length;
  return ranges.map(([start, stop]) => out.slice(start - from, stop - from));
}

/** As much as deflate reaches back. */
const WINDOW = 32 * 1024;

function inflateWindow(window: Uint8Array): Uint8Array | null {
  if (window.length === 0) return window;
  const out = new Uint8Array(WINDOW);
  const blocks = inflateBlocks({ bytes: window, bit: 0, out, at: 0 });
  let next = blocks.next();
  while (!next.done) next = blocks.next();
  return next.value && out.subarray(0, next.value.at);
}
