// Loaded on demand: for a lock with patches.

/** A hunk: consecutive lines of a file before and after a change. */
interface Hunk {
  /** The line at which it starts in the old file, from 1. */
  readonly start: number;
  readonly oldLines: number;
  /** Lines with their mark: a blank, `+`, `-`, or a backslash for a missing line break at the end. */
  readonly lines: readonly string[];
}

/** The change of one file. A null path: the file is added or deleted. */
export interface FilePatch {
  readonly from: string | null;
  readonly to: string | null;
  readonly hunks: readonly Hunk[];
}

/** Thrown for a text that is not a unified diff, and for one that does not fit. `message` goes into a sentence. */
export class PatchMisfit extends Error {
  /** True for a patch that changes files outside of its package. */
  readonly leaves: boolean;
  constructor(message: string, leaves: boolean = false) {
    super(message);
    this.leaves = leaves;
  }
}

const HEADER = /^(---|\+\+\+)\s/;
const END_OF_FILE = /^(?:Index:\s|diff\s|---\s|\+\+\+\s|={67})/;
const HUNK = /@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/;

/**
 * Reads a unified diff of several files, as git and npm write it.
 *
 * 1. Skip the lines before a file's `---`, `+++` or `@@`: git's `diff`, `index` and mode lines, and binary content.
 * 2. Read the two names. `a/` and `b/` before them are dropped, and `/dev/null` is no file.
 * 3. Read hunks until the next file begins. Every hunk must have the lines that its head counts.
 *
 * Pauses.
 * @throws PatchMisfit
 */
export function* parseDiff(text: string): Generator<undefined, FilePatch[]> {
  const reader = { lines: text.split("\n"), at: 0 };
  const patches: FilePatch[] = [];
  while (reader.at < reader.lines.length) {
    while (reader.at < reader.lines.length && !/^(?:---|\+\+\+|@@)\s/.test(lineOf(reader))) yield* nextLine(reader);
    const names: Record<string, string | null> = {};
    for (let i = 0; i < 2; i++) {
      const sign = HEADER.exec(lineOf(reader))?.[1];
      if (!sign) continue;
      names[sign] = nameOf(lineOf(reader).slice(3));
      yield* nextLine(reader);
    }
    const hunks = yield* readHunks(reader);
    const [from, to] = [names["---"] ?? null, names["+++"] ?? null];
    if (from !== null || to !== null || hunks.length > 0) patches.push({ from, to, hunks });
  }
  return patches;
}

interface LineReader {
  readonly lines: readonly string[];
  at: number;
}

/** Lines to read before other work gets the thread. */
const LINES_IN_A_TURN = 1 << 14;

function* nextLine(reader: LineReader): Generator<undefined, void> {
  reader.at++;
  if (reader.at % LINES_IN_A_TURN === 0) yield;
}

function lineOf({ lines, at }: LineReader): string {
  return lines[at] ?? "";
}

/** Returns the name in the head of a file, without its time and prefix. Null for `/dev/null`. */
function nameOf(head: string): string | null {
  const [first = ""] = head.trim().split("\t", 1);
  const plain = first.replaceAll("\\\\", "\\");
  const name = plain.length > 1 && plain.startsWith('"') && plain.endsWith('"') ? plain.slice(1, -1) : plain;
  if (name === "" || /(?:^|\/)\.dev\/null$/.test(name) || name === "/dev/null") return null;
  return name.replace(/^[ab]\//, "");
}

function* readHunks(reader: LineReader): Generator<undefined, Hunk[]> {
  const hunks: Hunk[] = [];
  while (reader.at < reader.lines.length) {
    const line = lineOf(reader);
    if (END_OF_FILE.test(line)) break;
    if (line.startsWith("@@")) hunks.push(yield* readHunk(reader));
    else if (line === "") yield* nextLine(reader);
    else throw new PatchMisfit(`line ${reader.at + 1} of the patch belongs to no hunk`);
  }
  return hunks;
}

function* readHunk(reader: LineReader): Generator<undefined, Hunk> {
  const place = reader.at + 1;
  const head = HUNK.exec(lineOf(reader));
  if (!head) throw new PatchMisfit(`line ${place} of the patch is not the head of a hunk`);
  yield* nextLine(reader);
  const [oldLines, newLines] = [Number(head[2] ?? 1), Number(head[4] ?? 1)];
  const lines: string[] = [];
  const seen = { old: 0, new: 0 };
  for (; reader.at < reader.lines.length; yield* nextLine(reader)) {
    const line = lineOf(reader);
    if (seen.old >= oldLines && seen.new >= newLines && !line.startsWith("\\")) break;
    // A blank line of the file may have lost its mark.
    const mark = line === "" && reader.at < reader.lines.length - 1 ? " " : line[0];
    if (mark !== " " && mark !== "+" && mark !== "-" && mark !== "\\") {
      throw new PatchMisfit(`line ${reader.at + 1} of the patch is not a line of a hunk`);
    }
    if (mark === " " || mark === "-") seen.old++;
    if (mark === " " || mark === "+") seen.new++;
    lines.push(line);
  }
  const isRight = (count: number, promised: number): boolean => count === promised || (count === 0 && promised === 1);
  if (!isRight(seen.old, oldLines) || !isRight(seen.new, newLines)) {
    throw new PatchMisfit(`the hunk at line ${place} of the patch has other lines than its head says`);
  }
  // With a count of 0, the number in the head is that of the line before.
  return { start: Number(head[1]) + (oldLines === 0 ? 1 : 0), oldLines: seen.old, lines };
}

/** Lines to compare before other work gets the thread. */
const COMPARISONS_IN_A_TURN = 1 << 16;
/** Lines to compare for one file at most: a hunk is searched in the whole file. */
const MAX_COMPARISONS = 20_000_000;

/**
 * Applies the hunks of a file, without fuzz: every line of a hunk must be there. A hunk may stand elsewhere than its head says: the
 * nearest place that fits is taken, the later one of two equally near ones, and the next hunk is shifted as far. Pauses.
 *
 * If all lines of the file end in CR LF and none of the patch does, or the other way round, the lines of the patch are converted.
 * @throws PatchMisfit
 */
export function* applyHunks(source: string, hunks: readonly Hunk[]): Generator<undefined, string> {
  if (hunks.length === 0) return source;
  const fitting = withLineEndsOf(source, hunks);
  const lines = source.split("\n");
  fitEndOfFile(lines, fitting.at(-1) as Hunk);
  const result: string[] = [];
  let done = 0;
  let shift = 0;
  let comparisons = 0;
  for (const [number, { start, oldLines, lines: own }] of fitting.entries()) {
    let found: { at: number; lines: string[]; end: number } | null = null;
    const wanted = start + shift - 1;
    for (const at of placesNear(wanted, done, lines.length - oldLines)) {
      const before = comparisons;
      const fit = fitHunk(lines, own, at);
      comparisons += fit.compared;
      if (Math.floor(before / COMPARISONS_IN_A_TURN) !== Math.floor(comparisons / COMPARISONS_IN_A_TURN)) yield;
      if (comparisons > MAX_COMPARISONS) throw new PatchMisfit(`hunk ${number + 1} takes too long to find`);
      if (!fit.lines) continue;
      found = { at, lines: fit.lines, end: fit.end };
      break;
    }
    if (!found) throw new PatchMisfit(`hunk ${number + 1} does not fit, near line ${start}`);
    // As in npm, lines that a file lacks before an insertion past its end become blank.
    for (let i = done; i < found.at; i++) result.push(lines[i] ?? "");
    for (const line of found.lines) result.push(line);
    done = found.end;
    shift = found.at + 1 - start;
  }
  for (let i = done; i < lines.length; i++) result.push(lines[i] as string);
  return result.join("\n");
}

/** Blank lines at most before an insertion past the end of a file. */
const MAX_BLANK_LINES = 100_000;

/** Yields `wanted` and then the places from `min` to `max`, nearest first. */
function* placesNear(wanted: number, min: number, max: number): Generator<number> {
  if (wanted >= min && wanted <= max + MAX_BLANK_LINES) yield wanted;
  const first = Math.max(1, min - wanted, wanted - max);
  for (let off = first; wanted + off <= max || wanted - off >= min; off++) {
    if (wanted + off <= max && wanted + off >= min) yield wanted + off;
    if (wanted - off >= min && wanted - off <= max) yield wanted - off;
  }
}

interface Fit {
  /** The new lines, without unchanged ones at the end, so that the next hunk can begin there. Null: the hunk does not fit. */
  readonly lines: string[] | null;
  /** The first line of the old file after them. */
  readonly end: number;
  readonly compared: number;
}

function fitHunk(lines: readonly string[], own: readonly string[], from: number): Fit {
  const made: string[] = [];
  let at = from;
  let unchanged = 0;
  for (const [compared, line] of own.entries()) {
    const mark = line[0] ?? " ";
    const content = line.slice(1);
    if (mark === "\\") continue;
    if (mark === "+") {
      made.push(content);
      unchanged = 0;
      continue;
    }
    if (lines[at] !== content) return { lines: null, end: at, compared: compared + 1 };
    at++;
    unchanged = mark === " " ? unchanged + 1 : 0;
    if (mark === " ") made.push(content);
  }
  made.length -= unchanged;
  return { lines: made, end: at - unchanged, compared: own.length };
}

/** Adds or removes the line break at the end of a file, if its last hunk does. @throws PatchMisfit */
function fitEndOfFile(lines: string[], { lines: own }: Hunk): void {
  let removes = false;
  let adds = false;
  for (const [index, line] of own.entries()) {
    if (!line.startsWith("\\")) continue;
    removes ||= own[index - 1]?.startsWith("+") ?? false;
    adds ||= own[index - 1]?.startsWith("-") ?? false;
  }
  const ends = lines.at(-1) === "";
  const misfit = new PatchMisfit("the file ends otherwise than the patch says");
  if (removes && adds) {
    if (ends) throw misfit;
  } else if (removes) {
    if (!ends) throw misfit;
    lines.pop();
  } else if (adds) {
    if (ends) throw misfit;
    lines.push("");
  }
}

function withLineEndsOf(source: string, hunks: readonly Hunk[]): readonly Hunk[] {
  const all = hunks.flatMap(({ lines }) => lines.filter((_, i) => !isBreakless(lines, i)));
  const marked = hunks.flatMap(({ lines }) => lines.filter((line) => !line.startsWith("\\")));
  const hasWindows = source.includes("\r\n");
  if (hasWindows && !/(?:^|[^\r])\n/.test(source) && !marked.some((line) => line.endsWith("\r"))) {
    return hunks.map((hunk) => ({
      ...hunk,
      lines: hunk.lines.map((line, i) => (isBreakless(hunk.lines, i) ? line : `${line || " "}\r`)),
    }));
  }
  const isWindows = marked.some((line) => line.endsWith("\r")) && all.every((line) => line.endsWith("\r"));
  if (hasWindows || !source.includes("\n") || !isWindows) return hunks;
  return hunks.map((hunk) => ({ ...hunk, lines: hunk.lines.map((line) => line.replace(/\r$/, "")) }));
}

/** Checks for a line without a break in the file: a note, or the line before one. */
function isBreakless(lines: readonly string[], at: number): boolean {
  return (lines[at]?.startsWith("\\") || lines[at + 1]?.startsWith("\\")) ?? false;
}
