import { constants, inflateRawSync } from "node:zlib";
import { type BlockStart, inflateBlocks } from "../../src/tarball/inflate.ts";

export interface Inflated {
  bytes: Uint8Array;
  starts: BlockStart[];
  end: { at: number; bit: number } | null;
}

/** Unpacks from the first bit into a buffer of `size` bytes. */
export function inflate(bytes: Uint8Array, size: number): Inflated {
  const out = new Uint8Array(size);
  return { bytes: out, ...run({ bytes, bit: 0, out, at: 0 }) };
}

export function run(job: Parameters<typeof inflateBlocks>[0]): Omit<Inflated, "bytes"> {
  const starts: BlockStart[] = [];
  const blocks = inflateBlocks(job);
  for (;;) {
    const { done, value } = blocks.next();
    if (done) return { starts, end: value };
    starts.push(value);
  }
}

export function byZlib(bytes: Uint8Array, finishFlush: number = constants.Z_FINISH): Uint8Array | null {
  try {
    return inflateRawSync(bytes, { finishFlush });
  } catch {
    return null;
  }
}

export const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

/** Collects the bits of a stream: numbers from their lowest bit on, codes from their highest (RFC 1951, §3.1.1). */
export class Bits {
  private readonly bits: number[] = [];

  number(value: number, count: number): this {
    for (let i = 0; i < count; i++) this.bits.push((value >> i) & 1);
    return this;
  }

  code(text: string): this {
    for (const bit of text) this.bits.push(Number(bit));
    return this;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.bits.length / 8));
    this.bits.forEach((bit, i) => {
      bytes[i >> 3] = (bytes[i >> 3] as number) | (bit << (i & 7));
    });
    return bytes;
  }
}

export const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * Returns the header of a last block with codes of these lengths. Each length is written on its own, as a code of five bits.
 * Two codes of two bits for repeats complete the code of lengths; they are not used.
 */
export function dynamic(literals: readonly number[], distances: readonly number[]): Bits {
  const bits = new Bits().number(1, 1).number(2, 2);
  bits
    .number(literals.length - 257, 5)
    .number(distances.length - 1, 5)
    .number(15, 4);
  for (const symbol of ORDER) bits.number(symbol < 16 ? 5 : symbol < 18 ? 2 : 0, 3);
  for (const length of [...literals, ...distances]) bits.code((16 + length).toString(2));
  return bits;
}

/** Returns the lengths of `count` symbols: those given, and 0 for all others. */
export function lengths(count: number, some: Record<number, number>): number[] {
  return Array.from({ length: count }, (_, symbol) => some[symbol] ?? 0);
}

/** Returns pseudo-random numbers, the same in each run. */
export function noise(size: number, values = 256): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * values);
  });
}
