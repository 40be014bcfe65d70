import { concat } from "../base/concat.ts";
import { seal, unseal } from "../blobs/seal.ts";
import type { CachedPackument } from "./cached-packument.ts";
import type { MetadataCachePorts } from "./ports.ts";

// A group stores several records in one sealed blob. A record begins with text, which compresses well, and ends with hashes,
// which do not compress. Numbers are 32-bit words, lowest byte first.
//
//   word: bytes of the compressed part    word: bytes of all hashes    compressed part    hashes of each record, in order
//
// The compressed part inflates to:
//
//   word: bytes of the list    list as JSON: [name, bytes of text, bytes of hashes, …]    text of each record, in order

/** The magic number of a group: `whg1`. */
const MAGIC = 0x31676877;

/** Returns one blob of several records. Hashes are not compressed: that would cost time and save nothing. */
export async function packGroup(
  packuments: readonly CachedPackument[],
  ports: MetadataCachePorts,
): Promise<Uint8Array<ArrayBuffer>> {
  const list: (string | number)[] = [];
  const hashes: Uint8Array[] = [];
  const texts: Uint8Array[] = [];
  let hashesLength = 0;
  for (const { name, record } of packuments) {
    const split = Math.max(0, Math.min(ports.incompressibleStart(record), record.length));
    list.push(name, split, record.length - split);
    texts.push(record.subarray(0, split));
    hashes.push(record.subarray(split));
    hashesLength += record.length - split;
  }
  const head = new TextEncoder().encode(JSON.stringify(list));
  const packed = await ports.deflate(concat([wordsOf(head.length), head, ...texts]));
  return seal(MAGIC, [wordsOf(packed.length, hashesLength), packed, ...hashes]);
}

/** Returns the records by name, each in its own buffer; null if the blob is damaged or of another format. */
export async function unpackGroup(
  blob: Uint8Array,
  ports: MetadataCachePorts,
): Promise<Map<string, Uint8Array> | null> {
  const bytes = unseal(MAGIC, blob);
  if (!bytes) return null;
  try {
    const hashesFrom = 8 + wordAt(bytes, 0);
    const plain = await ports.inflate(bytes.subarray(8, hashesFrom));
    return splitRecords(plain, bytes.subarray(hashesFrom, hashesFrom + wordAt(bytes, 4)));
  } catch {
    return null;
  }
}

/** Joins the text and the hashes of each record. @throws if the list is not valid */
function splitRecords(plain: Uint8Array, hashes: Uint8Array): Map<string, Uint8Array> | null {
  const records = new Map<string, Uint8Array>();
  let textAt = 4 + wordAt(plain, 0);
  let hashesAt = 0;
  const list = JSON.parse(new TextDecoder().decode(plain.subarray(4, textAt))) as unknown[];
  for (let at = 0; at < list.length; at += 3) {
    const [name, textLength, hashesLength] = list.slice(at, at + 3) as [string, number, number];
    const record = new Uint8Array(textLength + hashesLength);
    record.set(plain.subarray(textAt, textAt + textLength));
    record.set(hashes.subarray(hashesAt, hashesAt + hashesLength), textLength);
    records.set(name, record);
    textAt += textLength;
    hashesAt += hashesLength;
  }
  return textAt === plain.length && hashesAt === hashes.length ? records : null;
}

function wordsOf(...words: number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * words.length));
  words.forEach((word, i) => void bytes.setUint32(4 * i, word, true));
  return new Uint8Array(bytes.buffer);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}
