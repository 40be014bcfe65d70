import { concat } from "../base/concat.ts";
import { seal, unseal } from "../blobs/seal.ts";
import type { CachedPackument } from "./cached-packument.ts";
import type { MetadataCachePorts } from "./ports.ts";

// A group stores several records in one sealed blob. Numbers are 32-bit words, lowest byte first.
//
//   word: bytes of the compressed part    word: bytes of all cold parts    compressed part    cold parts, in order
//
// The compressed part inflates to:
//
//   word: bytes of the list    list as JSON: [name, hot bytes, cold bytes, …]    hot parts, in order

/** `whg1`. */
const MAGIC = 0x31676877;

/** Returns one blob of several records. Cold parts are hashes: compressing them would cost time and save nothing. */
export async function packGroup(
  packuments: readonly CachedPackument[],
  ports: MetadataCachePorts,
): Promise<Uint8Array<ArrayBuffer>> {
  const list: (string | number)[] = [];
  const cold: Uint8Array[] = [];
  const hot: Uint8Array[] = [];
  let coldLength = 0;
  for (const { name, record } of packuments) {
    const split = Math.max(0, Math.min(ports.incompressibleStart(record), record.length));
    list.push(name, split, record.length - split);
    hot.push(record.subarray(0, split));
    cold.push(record.subarray(split));
    coldLength += record.length - split;
  }
  const head = new TextEncoder().encode(JSON.stringify(list));
  const packed = await ports.deflate(concat([wordsOf(head.length), head, ...hot]));
  return seal(MAGIC, [wordsOf(packed.length, coldLength), packed, ...cold]);
}

/** Returns the records by name, each in its own buffer; null if the blob is damaged or of another format. */
export async function unpackGroup(
  blob: Uint8Array,
  ports: MetadataCachePorts,
): Promise<Map<string, Uint8Array> | null> {
  const bytes = unseal(MAGIC, blob);
  if (!bytes) return null;
  try {
    const coldFrom = 8 + wordAt(bytes, 0);
    const plain = await ports.inflate(bytes.subarray(8, coldFrom));
    return splitRecords(plain, bytes.subarray(coldFrom, coldFrom + wordAt(bytes, 4)));
  } catch {
    return null;
  }
}

/** Joins the hot and the cold part of each record. @throws if the list is not valid */
function splitRecords(plain: Uint8Array, cold: Uint8Array): Map<string, Uint8Array> | null {
  const records = new Map<string, Uint8Array>();
  let hotAt = 4 + wordAt(plain, 0);
  let coldAt = 0;
  const list = JSON.parse(new TextDecoder().decode(plain.subarray(4, hotAt))) as unknown[];
  for (let at = 0; at < list.length; at += 3) {
    const [name, hotLength, coldLength] = list.slice(at, at + 3) as [string, number, number];
    const record = new Uint8Array(hotLength + coldLength);
    record.set(plain.subarray(hotAt, hotAt + hotLength));
    record.set(cold.subarray(coldAt, coldAt + coldLength), hotLength);
    records.set(name, record);
    hotAt += hotLength;
    coldAt += coldLength;
  }
  return hotAt === plain.length && coldAt === cold.length ? records : null;
}

function wordsOf(...words: number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * words.length));
  words.forEach((word, i) => void bytes.setUint32(4 * i, word, true));
  return new Uint8Array(bytes.buffer);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}
