// Makes records for the tests: a mark, the offset of the hashes (two bytes), and then any bytes.

const MARK = 0x52;

export const isRecord = (record: Uint8Array): boolean => record.length >= 3 && record[0] === MARK;

export const incompressibleStart = (record: Uint8Array): number => (record[1] ?? 0) + 256 * (record[2] ?? 0);

export function makeRecord(text: Uint8Array | string, hashes: Uint8Array | string = ""): Uint8Array {
  const parts = [text, hashes].map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part));
  const split = 3 + parts[0]!.length;
  return new Uint8Array([MARK, split & 255, split >> 8, ...parts[0]!, ...parts[1]!]);
}

/** Returns a record that differs for each name and edition. `size` is approximate. */
export function recordOf(name: string, edition = 0, size = 200): Uint8Array {
  const text = `${name}#${edition} `;
  let hash = edition + name.length;
  const hashes = Uint8Array.from({ length: size }, (_, i) => {
    hash = (Math.imul(hash ^ name.charCodeAt(i % name.length), 0x01000193) + i) >>> 0;
    return hash >>> 13;
  });
  return makeRecord(text.repeat(Math.ceil(size / text.length)), hashes);
}
