import { isObject } from "../base/json.ts";
import { applyEdits, type TextEdit } from "./text-edits.ts";

/** A place in a text. Both count from 0; columns are UTF-16 units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A mapping of one place in a line of the generated text to the source. */
interface Segment {
  readonly column: number;
  readonly source: number;
  readonly line: number;
  readonly sourceColumn: number;
}

/** A source map with decoded mappings: the segments of each generated line, by column. */
export interface DecodedMap {
  readonly sources: readonly (string | null)[];
  readonly contents: readonly (string | null)[];
  readonly lines: readonly (readonly Segment[])[];
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGITS = new Map([...ALPHABET].map((char, digit) => [char, digit]));

/** Decodes a source map (version 3), as an object or as JSON. Returns null if it is not one. */
export function decodeMap(map: unknown): DecodedMap | null {
  let value = map;
  try {
    if (typeof map === "string") value = JSON.parse(map);
  } catch {
    return null;
  }
  if (!isObject(value) || typeof value["mappings"] !== "string" || !Array.isArray(value["sources"])) return null;
  const text = (one: unknown): string | null => (typeof one === "string" ? one : null);
  const contents = Array.isArray(value["sourcesContent"]) ? value["sourcesContent"].map(text) : [];
  return { sources: value["sources"].map(text), contents, lines: decodeMappings(value["mappings"]) };
}

function decodeMappings(mappings: string): Segment[][] {
  let [source, line, sourceColumn] = [0, 0, 0];
  return mappings.split(";").map((group) => {
    let column = 0;
    const segments: Segment[] = [];
    for (const part of group.split(",")) {
      const numbers = decodeNumbers(part);
      if (numbers.length === 0) continue;
      column += numbers[0] as number;
      if (numbers.length < 4) continue;
      source += numbers[1] as number;
      line += numbers[2] as number;
      sourceColumn += numbers[3] as number;
      segments.push({ column, source, line, sourceColumn });
    }
    return segments;
  });
}

function decodeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const char of text) {
    const digit = DIGITS.get(char);
    if (digit === undefined) return [];
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

/** Encodes a map as JSON (version 3). */
export function encodeMap({ sources, contents, lines }: DecodedMap): string {
  let [source, line, sourceColumn] = [0, 0, 0];
  const mappings = lines.map((segments) => {
    let column = 0;
    return segments
      .map((one) => {
        const text = encodeNumbers([
          one.column - column,
          one.source - source,
          one.line - line,
          one.sourceColumn - sourceColumn,
        ]);
        ({ column, source, line, sourceColumn } = one);
        return text;
      })
      .join(",");
  });
  return JSON.stringify({ version: 3, sources, sourcesContent: contents, names: [], mappings: mappings.join(";") });
}

function encodeNumbers(numbers: readonly number[]): string {
  let out = "";
  for (const number of numbers) {
    let rest = number < 0 ? (-number << 1) | 1 : number << 1;
    do {
      const digit = rest & 31;
      rest >>>= 5;
      out += ALPHABET[rest > 0 ? digit | 32 : digit];
    } while (rest > 0);
  }
  return out;
}

/** Returns the place in the source that a generated place comes from, and the source's index; null if none is known. */
export function sourcePlace(map: DecodedMap, place: Place): (Place & { source: number }) | null {
  const segments = map.lines[place.line] ?? [];
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle] as Segment).column <= place.column) low = middle + 1;
    else high = middle;
  }
  const found = segments[low - 1] ?? segments[0];
  return found ? { line: found.line, column: found.sourceColumn, source: found.source } : null;
}

/** Joins two maps: `later` leads from the final text to a text between, `earlier` from there to the sources. */
export function joinMaps(later: DecodedMap, earlier: DecodedMap): DecodedMap {
  const lines = later.lines.map((segments) =>
    segments.flatMap((segment) => {
      const place = sourcePlace(earlier, { line: segment.line, column: segment.sourceColumn });
      if (!place) return [];
      return [{ column: segment.column, source: place.source, line: place.line, sourceColumn: place.column }];
    }),
  );
  return { sources: earlier.sources, contents: earlier.contents, lines };
}

/** Moves the mappings of a text to where they are after edits. Mappings of replaced parts are dropped. */
export function editMap(map: DecodedMap, text: string, edits: readonly TextEdit[]): DecodedMap {
  if (edits.length === 0) return map;
  const sorted = [...edits].sort((a, b) => a.start - b.start);
  const before = new LineStarts(text);
  const after = new LineStarts(applyEdits(text, sorted));
  const lines: Segment[][] = after.starts.map(() => []);
  let [next, shift] = [0, 0];
  for (const [line, segments] of map.lines.entries()) {
    const start = before.starts[line];
    if (start === undefined) break;
    for (const segment of segments) {
      const at = start + segment.column;
      for (let edit = sorted[next]; edit && edit.end <= at; edit = sorted[++next])
        shift += edit.text.length - (edit.end - edit.start);
      const edit = sorted[next];
      if (edit && at > edit.start && at < edit.end) continue;
      const place = after.place(at + shift);
      lines[place.line]?.push({ ...segment, column: place.column });
    }
  }
  return { ...map, lines };
}

/** The positions at which the lines of a text begin. */
export class LineStarts {
  readonly starts: readonly number[];

  constructor(text: string) {
    const starts = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.starts = starts;
  }

  place(at: number): Place {
    let [low, high] = [0, this.starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] as number) <= at) low = middle + 1;
      else high = middle;
    }
    return { line: low - 1, column: at - (this.starts[low - 1] as number) };
  }
}
