// Checks records that come from a store or another thread. Without this check, a damaged record would make
// `Packument` read outside its bytes.
// The check reads only the numbers at the start of a record:
//
//   header | shape numbers, each below the number of shapes | releases, each below the number of versions | lengths of the slices
//
// The slices must end before the hashes, and the hashes must end with the record.

import { aligned, asUint32, CURRENT_FORMAT, HASH_BYTES, HASHES, HEADER, PARTS } from "./record.ts";

/** Returns the position of the hashes, which do not compress. Everything before them is text and numbers. */
export function incompressibleStart(record: Uint8Array): number {
  return new DataView(record.buffer, record.byteOffset).getUint32(HASHES * 4, true);
}

/** Checks whether bytes have the structure of a record, so that every position in it is valid. Does not check its texts. */
export function isRecord(bytes: Uint8Array): boolean {
  const words = asUint32(aligned(bytes));
  const [format, length, count = 0, versions = 0, releases = 0, , hashesStart = 0] = words;
  const lengths = HEADER + versions + releases;
  const slices = count - lengths;
  if (format !== CURRENT_FORMAT || length !== bytes.length || hashesStart + versions * HASH_BYTES !== length)
    return false;
  if (slices < versions + PARTS || count * 4 > hashesStart || hashesStart & 3) return false;
  let end = count * 4;
  for (let at = HEADER; at < count; at++) {
    const word = words[at] as number;
    if (at >= lengths) end += word;
    else if (word >= (at < HEADER + versions ? slices - PARTS - versions : versions)) return false;
  }
  return end <= hashesStart;
}
