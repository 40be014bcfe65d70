import type { PackCache } from "../../src/pack-cache/pack-cache.ts";
import { openPackCache } from "../../workers/storage/open-pack-cache.ts";

// Runs in pages and workers.

export interface Order {
  database: string;
  /** Number of the first pack. `to` is the number behind the last. */
  from: number;
  to: number;
  /** Bytes of each pack. */
  size: number;
  budget?: number;
}

export interface Report {
  /** Numbers of the packs that were stored and read whole. */
  found: number[];
  warnings: string[];
  usage: { bytes: number; packs: number };
}

/** Returns bytes that do not compress and depend only on the number. */
export function tarballOf(number: number, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const words = new Uint32Array(bytes.buffer, 0, size >> 2);
  let word = number + 1;
  for (let i = 0; i < words.length; i++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    words[i] = word;
  }
  return bytes;
}

/** Returns a unique string in the form of a hash. */
export const integrityOf = (number: number): string => `sha512-${btoa(`${number}`.padStart(64, "."))}`;
export const aliasOf = (number: number): string => `sha1-${btoa(`${number}`.padStart(20, "."))}`;

export function isWhole(number: number, bytes: Uint8Array | undefined, size: number): boolean {
  const expected = tarballOf(number, size);
  return bytes?.length === size && expected.every((byte, i) => byte === bytes[i]);
}

/** Acts like an install: finds and reads the stored packs, and adds the missing ones. */
export async function install({ database, from, to, size, budget }: Order): Promise<Report> {
  const warnings: string[] = [];
  const packCache = openPackCache({
    database,
    warn: ({ code }) => warnings.push(code),
    ...(budget !== undefined && { budget }),
  });
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  const found = await wholeOnes(packCache, numbers, size);
  for (const number of numbers) {
    if (!found.includes(number)) packCache.add(packOf(number, size));
  }
  await packCache.flush();
  const usage = await packCache.usage();
  await packCache.close();
  return { found, warnings, usage };
}

export function packOf(number: number, size: number): Parameters<PackCache["add"]>[0] {
  const index = new TextEncoder().encode(`index of ${number}`);
  return { integrity: integrityOf(number), aliases: [aliasOf(number)], tarball: tarballOf(number, size), index };
}

export async function wholeOnes(packCache: PackCache, numbers: readonly number[], size: number): Promise<number[]> {
  const there = await packCache.find(numbers.map(integrityOf));
  const read = await packCache.read(numbers.map(integrityOf));
  return numbers.filter((number) => {
    const integrity = integrityOf(number);
    const index = there.get(integrity)?.index;
    return (
      index && new TextDecoder().decode(index) === `index of ${number}` && isWhole(number, read.get(integrity), size)
    );
  });
}

if ("document" in globalThis) Object.assign(globalThis, { install });
else
  addEventListener("message", ({ data }: MessageEvent<Order>) => void install(data).then((done) => postMessage(done)));
