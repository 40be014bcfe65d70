import { aligned, asUint32, CURRENT_FORMAT, HASH_BYTES, HASHES, HEADER, PARTS } from "./record.ts";

/** Where the part starts that does not compress: before it all is text and numbers. */
export function incompressibleStart(record: Uint8Array): number {
  return new DataView(record.buffer, record.byteOffset).getUint32(HASHES * 4, true);
}

/** Whether bytes from outside can be read as a record without going astray; what its texts say is not looked at. */
export function isRecord(bytes: Uint8Array): boolean {
  const words = asUint32(aligned(bytes));
  const [format, length, count = 0, versions = 0, releases = 0, , cold = 0] = words;
  const lengths = HEADER + versions + releases;
  const slices = count - lengths;
  if (format !== CURRENT_FORMAT || length !== bytes.length || cold + versions * HASH_BYTES !== length) return false;
  if (slices < versions + PARTS || count * 4 > cold || cold & 3) return false;
  let end = count * 4;
  for (let at = HEADER; at < count; at++) {
    const word = words[at] as number;
    if (at >= lengths) end += word;
    else if (word >= (at < HEADER + versions ? slices - PARTS - versions : versions)) return false;
  }
  return end <= cold;
}
