import type { SourcePlace } from "../errors/modules.ts";
import type { ParsedModule } from "./parsed-module.ts";
import { type DecodedMap, decodeMap, LineStarts, sourcePlace } from "./source-map.ts";

const known = new WeakMap<ParsedModule, { readonly lines: LineStarts; readonly map: DecodedMap | null }>();

/** The problems of one graph whose places get a frame. A frame costs a walk through the file. */
const MAX_FRAMES = 200;

/** Leads positions in parsed modules back to the files as their authors wrote them. */
export class OriginalPlaces {
  #frames = 0;

  /** @param textOf returns the file's text, if it is not in the source map */
  async placeOf(
    parsed: ParsedModule,
    at: number,
    { path, textOf }: { path: string; textOf: () => Promise<string | null> },
  ): Promise<SourcePlace> {
    let lookup = known.get(parsed);
    if (!lookup) {
      lookup = { lines: new LineStarts(parsed.code), map: decodeMap(parsed.map) };
      known.set(parsed, lookup);
    }
    const place = lookup.lines.place(at);
    const source = lookup.map ? (sourcePlace(lookup.map, place) ?? place) : place;
    const hasFrame = this.#frames++ < MAX_FRAMES;
    const text = hasFrame ? (lookup.map?.contents[0] ?? (await textOf())) : null;
    return { file: path, line: source.line, column: source.column, text };
  }
}
