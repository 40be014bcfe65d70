/** Parses the content of a sealed blob. Returns undefined if it is not JSON: its checksum may be right all the same. */
export function parseSealed(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch {
    return undefined;
  }
}

/**
 * Checks whether a value is a flat list of rows.
 * @param types what `typeof` may return for each item of a row: `["string", "number", "number|string"]`
 */
export function isTable(value: unknown, types: readonly string[]): value is unknown[] {
  return (
    Array.isArray(value) &&
    value.length % types.length === 0 &&
    value.every((item, i) => (types[i % types.length] as string).split("|").includes(typeof item))
  );
}
