const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Decodes a segment of a source map (VLQ): each base64 digit has five bits and a continuation bit; the lowest bit is the sign. */
function decode(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

/** Returns how many characters of the minified code come from each source, by the script's source map. */
export function moduleSizes(code: string, mapText: string): Map<string, number> {
  const { mappings, sources } = JSON.parse(mapText) as { mappings: string; sources: string[] };
  const lines = code.split("\n");
  const sizes = new Map<string, number>();
  let source = 0;
  for (const [index, line] of mappings.split(";").entries()) {
    let column = 0;
    const segments = line.split(",").flatMap((segment) => {
      const [columns, sourceStep] = decode(segment);
      if (columns === undefined) return [];
      column += columns;
      if (sourceStep !== undefined) source += sourceStep;
      return { column, source: sourceStep === undefined ? undefined : sources[source] };
    });
    for (const [at, { column, source }] of segments.entries()) {
      if (source === undefined) continue;
      const end = segments[at + 1]?.column ?? lines[index]?.length ?? column;
      const name = source.replace(/^(\.\.\/)+/, "");
      sizes.set(name, (sizes.get(name) ?? 0) + end - column);
    }
  }
  return sizes;
}
