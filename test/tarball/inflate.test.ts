import { constants, deflateRawSync, type ZlibOptions } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byZlib, dynamic, inflate, lengths, noise, run, same } from "./deflated.ts";
import { concat } from "./tar-writer.ts";

const WINDOW = 32 * 1024;

/** Returns the lengths of a complete code for some symbols, always with 256 if there are that many: the leaves of a random tree. */
function fullCode(symbols: number): fc.Arbitrary<number[]> {
  const splits = fc.array(fc.constantFrom(0, 0, 0, 0, 1, 2, 9), { maxLength: 28, size: "max" });
  const order = fc.shuffledSubarray(
    Array.from({ length: symbols }, (_, i) => i),
    { minLength: symbols },
  );
  return fc.tuple(splits, order).map(([places, names]) => {
    const leaves = [1, 1];
    for (const place of places) {
      const i = Math.max(0, leaves.length - 1 - place);
      const length = leaves[i] as number;
      if (length < 15) leaves.splice(i, 1, length + 1, length + 1);
    }
    if (names.indexOf(256) >= leaves.length) names.splice(leaves.length - 1, 1, 256);
    return lengths(symbols, Object.fromEntries(leaves.map((length, i) => [names[i], length])));
  });
}

/** Returns a stored block that is not the last one. */
function stored(bytes: Uint8Array): Uint8Array {
  const head = Uint8Array.of(0, bytes.length & 255, bytes.length >> 8, ~bytes.length & 255, (~bytes.length >> 8) & 255);
  return concat([head, bytes]);
}

const level = fc.integer({ min: 0, max: 9 });
const options: fc.Arbitrary<ZlibOptions> = fc.record({
  level,
  strategy: fc.constantFrom(
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FILTERED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
    constants.Z_FIXED,
  ),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
});

/** Bytes with repeated pieces, near and far, and literals in between. */
const repetitive = fc
  .tuple(
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 12 }),
    fc.array(fc.tuple(fc.nat(11), fc.integer({ min: 1, max: 40 })), { maxLength: 60 }),
  )
  .map(([pieces, uses]) =>
    concat(uses.flatMap(([i, times]) => Array.from({ length: times }, () => pieces[i % pieces.length] as Uint8Array))),
  );
const data = fc.oneof(fc.uint8Array({ maxLength: 3000 }), repetitive);

/** Joins parts that were compressed with different options. Each but the last ends with a flush at a byte boundary. */
const stream = fc.array(fc.tuple(data, options, fc.boolean()), { minLength: 1, maxLength: 4 }).map((parts) => {
  const packed = parts.map(([bytes, how, full], i) => {
    const flush = full ? constants.Z_FULL_FLUSH : constants.Z_SYNC_FLUSH;
    return deflateRawSync(bytes, i < parts.length - 1 ? { ...how, finishFlush: flush } : how);
  });
  return { packed: concat(packed), plain: concat(parts.map(([bytes]) => bytes)) };
});

/** Half a megabyte with blocks of all three kinds, copies over the longest distances, and codes of all lengths. */
function large(): { packed: Uint8Array; plain: Uint8Array } {
  const skewed = noise(60_000).map((byte) => 31 - Math.clz32(byte + 1) + (byte & 1) * 16);
  const far = noise(WINDOW);
  const parts: [Uint8Array, ZlibOptions][] = [
    [concat([far, far.subarray(0, 20_000)]), { level: 9 }],
    [skewed, { level: 6, memLevel: 3 }],
    [noise(70_000), { level: 0 }],
    [noise(3_000, 4), { strategy: constants.Z_FIXED }],
    [concat([skewed, skewed]), { level: 1 }],
    [new Uint8Array(100_000), { level: 9 }],
  ];
  const packed = parts.map(([bytes, how], i) =>
    deflateRawSync(bytes, i < parts.length - 1 ? { ...how, finishFlush: constants.Z_SYNC_FLUSH } : how),
  );
  return { packed: concat(packed), plain: concat(parts.map(([bytes]) => bytes)) };
}

describe("a stream compressed by zlib", () => {
  test("is inflated to the end of the last block", () => {
    fc.assert(
      fc.property(stream, fc.uint8Array({ maxLength: 9 }), ({ packed, plain }, behind) => {
        const { bytes, end } = inflate(concat([packed, behind]), plain.length);
        expect(same(bytes, plain)).toBe(true);
        expect(end?.at).toBe(plain.length);
        expect(Math.ceil((end?.bit ?? 0) / 8)).toBe(packed.length);
      }),
      { numRuns: 150 },
    );
  });

  test("is inflated into a larger buffer, and nothing is written behind its end", () => {
    fc.assert(
      fc.property(stream, ({ packed, plain }) => {
        const { bytes, end } = inflate(packed, plain.length + 300);
        expect(same(bytes, concat([plain, new Uint8Array(300)]))).toBe(true);
        expect(end?.at).toBe(plain.length);
      }),
      { numRuns: 50 },
    );
  });

  test("can be inflated from any block with the 32 KiB before it", () => {
    const check = ({ packed, plain }: { packed: Uint8Array; plain: Uint8Array }): void => {
      const whole = inflate(packed, plain.length);
      expect(whole.starts[0]).toEqual({ bit: 0, at: 0 });
      for (const [i, { bit, at }] of whole.starts.entries()) {
        const next = whole.starts[i + 1];
        const from = Math.max(0, at - WINDOW);
        const out = new Uint8Array((next?.at ?? plain.length) - from);
        out.set(plain.subarray(from, at));
        // Pass the bytes from this block on only.
        const first = Math.floor(bit / 8);
        const bytes = packed.subarray(first);
        const part = run({ bytes, bit: bit - 8 * first, out, at: at - from });
        expect(same(out, plain.subarray(from, from + out.length))).toBe(true);
        expect(part.end?.at).toBe(out.length);
        expect(part.starts[0]).toEqual({ bit: bit - 8 * first, at: at - from });
        if (next) expect(part.starts[1]).toEqual({ bit: next.bit - 8 * first, at: next.at - from });
      }
    };
    fc.assert(fc.property(stream, check), { numRuns: 60 });
    check(large());
  });

  test("is inflated block by block", () => {
    const { packed, plain } = large();
    const { starts, bytes } = inflate(packed, plain.length);
    expect(same(bytes, plain)).toBe(true);
    const kinds = new Set(
      starts.map(({ bit }) => (((packed[bit >> 3]! | (packed[(bit >> 3) + 1]! << 8)) >> (bit & 7)) >> 1) & 3),
    );
    expect([...kinds].sort()).toEqual([0, 1, 2]);
    expect(starts.length).toBeGreaterThan(12);
  });

  test("fills a smaller buffer", () => {
    fc.assert(
      fc.property(stream, fc.nat(), ({ packed, plain }, room) => {
        const size = room % (plain.length + 1);
        const { bytes, starts, end } = inflate(packed, size);
        expect(same(bytes, plain.subarray(0, size))).toBe(true);
        expect(end?.at).toBe(size);
        // The returned bit is the start of a block, or the end.
        const rest = run({ bytes: packed, bit: 0, out: new Uint8Array(plain.length), at: 0 });
        expect([...rest.starts.map(({ bit }) => bit), rest.end?.bit]).toContain(end?.bit);
        expect(rest.starts.slice(0, starts.length)).toEqual(starts);
      }),
      { numRuns: 60 },
    );
  });

  test("may start at any offset of a larger buffer", () => {
    const plain = noise(5000, 7);
    const packed = deflateRawSync(plain, { memLevel: 1 });
    const around = concat([noise(13), packed, noise(21)]);
    const out = new Uint8Array(6000).fill(9);
    const inside = around.subarray(5);
    const { end } = run({ bytes: inside, bit: 64, out: out.subarray(100), at: 50 });
    expect(end?.at).toBe(5050);
    expect(Math.ceil((end?.bit ?? 0) / 8)).toBe(8 + packed.length);
    expect(same(out, concat([new Uint8Array(150).fill(9), plain, new Uint8Array(850).fill(9)]))).toBe(true);
  });
});

describe("a damaged stream", () => {
  test("that is cut anywhere gives null", () => {
    fc.assert(
      fc.property(data, options, (plain, how) => {
        const packed = deflateRawSync(plain, how);
        const step = Math.ceil(packed.length / 150);
        for (let size = 0; size < packed.length; size += step) {
          const { bytes, end } = inflate(packed.subarray(0, size), plain.length + 1);
          expect(end).toBe(null);
          const cut = inflate(packed.subarray(0, size), plain.length >> 1);
          if (cut.end) expect(same(cut.bytes, plain.subarray(0, plain.length >> 1))).toBe(true);
          expect(bytes.length).toBe(plain.length + 1);
        }
      }),
      { numRuns: 25 },
    );
  });

  // A flipped bit may make the output far longer, so the output is compared to zlib's end.
  const agree = (bytes: Uint8Array): void => {
    const zlib = byZlib(bytes);
    const size = (zlib?.length ?? 100_000) + 1;
    const ours = inflate(bytes, size);
    if (zlib) {
      expect(ours.end?.at).toBe(zlib.length);
      expect(same(ours.bytes.subarray(0, zlib.length), zlib)).toBe(true);
    } else if (ours.end) {
      // The damage comes after `out` was full.
      expect(ours.end.at).toBe(size);
    }
    // Compare all output, also if the bytes end too early.
    const expected = byZlib(bytes, constants.Z_SYNC_FLUSH);
    if (!expected) return;
    const part = inflate(bytes, expected.length);
    expect(part.end?.at).toBe(expected.length);
    expect(same(part.bytes, expected)).toBe(true);
  };

  test("with a flipped bit is accepted or refused as by zlib", () => {
    fc.assert(
      fc.property(data, options, fc.array(fc.nat(), { minLength: 20, maxLength: 20 }), (plain, how, places) => {
        const packed = deflateRawSync(plain, how);
        for (const [i, place] of places.entries()) {
          // Half of the flips are near the start, where the code lengths are.
          const bit = place % (i % 2 ? Math.min(600, packed.length * 8) : packed.length * 8);
          const flipped = packed.slice();
          flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
          agree(flipped);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("of random bytes is accepted or refused as by zlib", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(7), (bytes, head) => {
        if (bytes.length) bytes[0] = ((bytes[0] as number) & ~7) | head;
        agree(bytes);
      }),
      { numRuns: 1500 },
    );
  });

  test("of random codes is accepted or refused as by zlib", () => {
    const code = fc.integer({ min: 1, max: 15 });
    const some = (count: number): fc.Arbitrary<Record<number, number>> =>
      fc.dictionary(fc.nat(count - 1).map(String), code, { maxKeys: 8 });
    const codes = fc.tuple(some(286), some(30));
    fc.assert(
      fc.property(codes, code, fc.uint8Array({ maxLength: 20 }), ([literals, places], last, rest) => {
        const head = dynamic(lengths(286, { ...literals, 256: last }), lengths(30, places));
        for (const byte of rest) head.number(byte, 8);
        agree(head.bytes());
      }),
      { numRuns: 150 },
    );
  });

  test("of random complete codes of up to 15 bits gives the same output as zlib", () => {
    const history = stored(noise(WINDOW));
    const body = fc.uint8Array({ minLength: 100, maxLength: 500 });
    let longest = 0;
    let said = 0;
    fc.assert(
      fc.property(fullCode(286), fullCode(30), body, (literals, places, rest) => {
        longest = Math.max(longest, ...literals, ...places);
        const head = dynamic(literals, places);
        for (const byte of rest) head.number(byte, 8);
        const bytes = concat([history, head.bytes()]);
        agree(bytes);
        said += (byZlib(bytes, constants.Z_SYNC_FLUSH)?.length ?? 0) > WINDOW + 50 ? 1 : 0;
      }),
      { numRuns: 150 },
    );
    expect(longest).toBe(15);
    expect(said).toBeGreaterThan(20);
  });
});
