import { concat } from "../base/concat.ts";
import { seal, unseal } from "../blobs/seal.ts";
import { isTable, parseSealed } from "../blobs/sealed-json.ts";

/** The magic number of a list: `wpl1`. */
const MAGIC = 0x316c7077;

/** A segment's entry for one of its packs. */
export interface ListedPack {
  /** sha512 SRI of the tarball. */
  readonly integrity: string;
  /** Bytes of the tarball. */
  readonly length: number;
  /** CRC-32 of the tarball. */
  readonly crc: number;
  readonly index: Uint8Array;
}

/**
 * Returns a sealed blob: the length of the JSON (four bytes, lowest first), the JSON
 * `[integrity, length, crc, bytes of its index, …]`, and the indexes.
 */
export function writeList(packs: readonly ListedPack[]): Uint8Array<ArrayBuffer> {
  const rows = packs.flatMap(({ integrity, length, crc, index }) => [integrity, length, crc, index.length]);
  const head = new TextEncoder().encode(JSON.stringify(rows));
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, head.length, true);
  return seal(MAGIC, [size, head, concat(packs.map(({ index }) => index))]);
}

/** Reads a list; its indexes are views of the blob. Returns null if the blob is damaged or of another format. */
export function readList(blob: Uint8Array): ListedPack[] | null {
  const bytes = unseal(MAGIC, blob);
  if (!bytes || bytes.length < 4) return null;
  let at = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const rows = parseSealed(bytes.subarray(4, at));
  if (!isTable(rows, ["string", "number", "number", "number"])) return null;
  const packs: ListedPack[] = [];
  for (let row = 0; row < rows.length; row += 4) {
    const [integrity, length, crc, size] = rows.slice(row, row + 4) as [string, number, number, number];
    packs.push({ integrity, length, crc, index: bytes.subarray(at, at + size) });
    at += size;
  }
  return packs;
}
