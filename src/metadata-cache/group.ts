import { concat } from "../base/concat.ts";
import { seal, unseal } from "../blobs/seal.ts";
import type { Kept, StoreTools } from "./ports.ts";

// A group is some records in one blob. Sealed: the length of what is deflated, the length of the cold parts (two words),
// what is deflated, the cold parts as they are, in order. Deflated: the length of a list (one word), the list
// `[name, hot bytes, cold bytes, …]` as JSON, the hot parts in order.

/** `whg1`. */
const MAGIC = 0x31676877;

/** One blob of some records. The cold parts are hashes, which deflating would cost time and not shorten. */
export async function packGroup(kept: readonly Kept[], tools: StoreTools): Promise<Uint8Array<ArrayBuffer>> {
  const list: (string | number)[] = [];
  const cold: Uint8Array[] = [];
  const hot: Uint8Array[] = [];
  let coldLength = 0;
  for (const { name, record } of kept) {
    const split = Math.max(0, Math.min(tools.incompressibleStart(record), record.length));
    list.push(name, split, record.length - split);
    hot.push(record.subarray(0, split));
    cold.push(record.subarray(split));
    coldLength += record.length - split;
  }
  const head = new TextEncoder().encode(JSON.stringify(list));
  const packed = await tools.deflate(concat([wordsOf(head.length), head, ...hot]));
  return seal(MAGIC, [wordsOf(packed.length, coldLength), packed, ...cold]);
}

/** The records by name, each with a buffer of its own; null where anything is wrong. */
export async function unpackGroup(blob: Uint8Array, tools: StoreTools): Promise<Map<string, Uint8Array> | null> {
  const bytes = unseal(MAGIC, blob);
  if (!bytes) return null;
  try {
    const coldFrom = 8 + wordAt(bytes, 0);
    const plain = await tools.inflate(bytes.subarray(8, coldFrom));
    return share(plain, bytes.subarray(coldFrom, coldFrom + wordAt(bytes, 4)));
  } catch {
    return null;
  }
}

/** @throws where the list is not one */
function share(plain: Uint8Array, cold: Uint8Array): Map<string, Uint8Array> | null {
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

/** Words as bytes, lowest byte first. */
function wordsOf(...words: number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * words.length));
  words.forEach((word, i) => void bytes.setUint32(4 * i, word, true));
  return new Uint8Array(bytes.buffer);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}
