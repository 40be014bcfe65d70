import { constants, deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { inflateBlocks } from "../../src/tarball/inflate.ts";
import { Bits, byZlib, dynamic, inflate, lengths, noise, ORDER, run, same } from "./deflated.ts";
import { concat } from "./tar-writer.ts";

// Blocks that no compressor makes, compared with zlib.

const FIXED_END = "0000000";
const fixed = (): Bits => new Bits().number(1, 1).number(1, 2);
const letter = (bits: Bits, char: string): Bits => bits.code((0x30 + char.charCodeAt(0)).toString(2).padStart(8, "0"));

/** Returns the unpacked text, or null. Checks that zlib agrees. */
function unpackedText(bits: Bits | Uint8Array): string | null {
  const bytes = bits instanceof Bits ? bits.bytes() : bits;
  const zlib = byZlib(bytes);
  const { end, bytes: out } = inflate(bytes, 1000);
  const text = end && new TextDecoder("latin1").decode(out.subarray(0, end.at));
  expect(text).toBe(zlib && new TextDecoder("latin1").decode(zlib));
  return text;
}

test("a single distance code has one bit, and the other value of that bit is damage", () => {
  // Codes: 0 is the literal a, 10 the end, 11 a copy of three bytes.
  const codes = (): Bits => dynamic(lengths(258, { 97: 1, 256: 2, 257: 2 }), [1]);
  expect(unpackedText(codes().code("0").code("11").code("0").code("10"))).toBe("aaaa");
  expect(unpackedText(codes().code("0").code("11").code("1").code("10"))).toBe(null);
  // A single code of two bits is refused, used or not.
  expect(
    unpackedText(
      dynamic(lengths(258, { 97: 1, 256: 2, 257: 2 }), [2])
        .code("0")
        .code("10"),
    ),
  ).toBe(null);
  expect(
    unpackedText(
      dynamic(lengths(258, { 97: 1, 256: 2, 257: 2 }), [2, 2])
        .code("0")
        .code("10"),
    ),
  ).toBe(null);
});

test("a block of literals needs no distance code", () => {
  const codes = (): Bits => dynamic(lengths(258, { 97: 1, 256: 2, 257: 2 }), [0]);
  expect(unpackedText(codes().code("0").code("0").code("10"))).toBe("aa");
  expect(unpackedText(codes().code("0").code("11").code("0").code("10"))).toBe(null);
});

test("a single code for the end has one bit", () => {
  expect(unpackedText(dynamic(lengths(257, { 256: 1 }), [0]).code("0"))).toBe("");
  expect(unpackedText(dynamic(lengths(257, { 256: 1 }), [0]).code("1"))).toBe(null);
  expect(unpackedText(dynamic(lengths(257, { 256: 2 }), [0]).code("00"))).toBe(null);
});

test("over-subscribed and incomplete codes, and codes without an end, are refused", () => {
  const said = (literals: Record<number, number>, distances: number[]): string | null =>
    unpackedText(dynamic(lengths(257, literals), distances).code("01"));
  expect(said({ 97: 1, 256: 1 }, [0])).toBe("a");
  expect(said({ 97: 1, 98: 1, 256: 1 }, [0])).toBe(null);
  expect(said({ 97: 1, 98: 15, 256: 1 }, [0])).toBe(null);
  expect(said({ 97: 1, 98: 1 }, [0])).toBe(null);
  expect(said({ 97: 1, 256: 1 }, [1, 1, 1])).toBe(null);
  expect(unpackedText(dynamic(lengths(257, { 97: 1, 256: 2 }), [0]).code("010"))).toBe(null);
  // The refusal comes before any output: even the smallest `out` stays empty.
  expect(
    inflate(
      dynamic(lengths(257, { 97: 1, 98: 1 }), [0])
        .code("01")
        .bytes(),
      1,
    ).end,
  ).toBe(null);
});

test("a block has at most as many codes as there are symbols", () => {
  const full = { 97: 1, 256: 1 };
  expect(unpackedText(dynamic(lengths(286, full), lengths(30, {})).code("01"))).toBe("a");
  expect(unpackedText(dynamic(lengths(287, full), [0]).code("01"))).toBe(null);
  expect(unpackedText(dynamic(lengths(257, full), lengths(31, {})).code("01"))).toBe(null);
});

test("a repeated length needs one before it, and the repeats end with the list", () => {
  // Codes for lengths: 0 is length 1, 10 is 16 (repeat the last length 3 to 6 times), 11 is 18 (11 to 138 zeros).
  const head = (): Bits => {
    const bits = new Bits().number(1, 1).number(2, 2).number(0, 5).number(0, 5).number(14, 4);
    for (const symbol of ORDER.slice(0, 18)) bits.number({ 1: 1, 16: 2, 18: 2 }[symbol] ?? 0, 3);
    return bits;
  };
  const zeros = (bits: Bits, count: number): Bits => bits.code("11").number(count - 11, 7);
  const again = (bits: Bits): Bits => bits.code("10").number(0, 2);
  expect(unpackedText(zeros(zeros(head(), 138), 117).code("000").code("01"))).toBe("\u00ff");
  expect(unpackedText(zeros(zeros(head(), 138), 138).code("000").code("01"))).toBe(null);
  expect(unpackedText(again(zeros(zeros(head(), 138), 117).code("0")).code("01"))).toBe(null);
  expect(
    unpackedText(
      zeros(zeros(again(head()), 138), 114)
        .code("000")
        .code("01"),
    ),
  ).toBe(null);
});

test("a copy cannot reach back beyond the first byte", () => {
  const copy = (place: string): Bits => letter(letter(fixed(), "a"), "b").code("0000010").code(place).code(FIXED_END);
  expect(unpackedText(copy("00000"))).toBe("abbbbb");
  expect(unpackedText(copy("00001"))).toBe("ababab");
  expect(unpackedText(copy("00010"))).toBe(null);
  // The bytes before `at` are history.
  const out = new TextEncoder().encode("x--....");
  expect(run({ bytes: copy("00010").bytes(), bit: 0, out, at: 1 }).end?.at).toBe(7);
  expect(new TextDecoder().decode(out)).toBe("xabxabx");
});

test("the longest codes with the most extra bits work from every bit of a byte", () => {
  // Code 0 is a literal. Symbol 283 (copy 195 to 226 bytes), the end and distance 29 (24577 to 32768) have codes of 15 bits.
  const steps = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [i + 1, i + 2]));
  const head = dynamic(
    lengths(284, { 97: 1, ...steps, 14: 14, 256: 15, 283: 15 }),
    lengths(30, { ...steps, 0: 1, 13: 14, 14: 15, 29: 15 }),
  );
  const ones = "1".repeat(14);
  for (let i = 0; i < 40; i++) {
    head
      .code(`${ones}1`)
      .number((i * 7) % 32, 5)
      .code(`${ones}1`)
      .number((i * 1117) % 8192, 13);
    head.code("0".repeat(i % 3));
  }
  const far = noise(32 * 1024);
  const history = deflateRawSync(far, { level: 0, finishFlush: constants.Z_SYNC_FLUSH });
  const bytes = concat([history, head.code(`${ones}0`).bytes()]);
  const zlib = byZlib(bytes) ?? new Uint8Array();
  const { bytes: out, end } = inflate(bytes, zlib.length);
  expect(zlib.length).toBeGreaterThan(far.length + 40 * 195);
  expect(end?.at).toBe(zlib.length);
  expect(same(out, zlib)).toBe(true);
});

test("a copy may overlap its own output, even at distance 1", () => {
  for (const period of [1, 2, 3, 63, 64, 65, 255, 256, 257, 258, 259]) {
    const one = noise(period);
    const plain = concat(Array.from({ length: Math.ceil(2000 / period) }, () => one));
    const { bytes, end } = inflate(deflateRawSync(plain), plain.length);
    expect(end?.at).toBe(plain.length);
    expect(same(bytes, plain)).toBe(true);
  }
});

test("symbols without a meaning are refused", () => {
  const next = (code: string): Bits => letter(fixed(), "a").code(code);
  // Symbols 286 and 287.
  const zeros = "0".repeat(30);
  expect(unpackedText(next("11000110").code(zeros))).toBe(null);
  expect(unpackedText(next("11000111").code(zeros))).toBe(null);
  // A copy of 258 bytes with distances 0, 30 and 31.
  expect(unpackedText(next("11000101").code("00000").code(FIXED_END))).toBe("a".repeat(259));
  expect(unpackedText(next("11000101").code("11110").code(FIXED_END))).toBe(null);
  expect(unpackedText(next("11000101").code("11111").code(FIXED_END))).toBe(null);
});

test("a stored block has its length twice, and a fourth kind of block is refused", () => {
  const head = (count: number, inverse: number): Uint8Array =>
    Uint8Array.of(1, count & 255, count >> 8, inverse & 255, inverse >> 8);
  const text = new TextEncoder().encode("abc");
  expect(unpackedText(concat([head(3, 0xfffc), text]))).toBe("abc");
  expect(unpackedText(concat([head(3, 0xfffd), text]))).toBe(null);
  expect(unpackedText(concat([head(4, 0xfffb), text]))).toBe(null);
  expect(unpackedText(head(0, 0xffff))).toBe("");
  expect(unpackedText(new Bits().number(1, 1).number(3, 2).number(0, 13))).toBe(null);
  const third = dynamic(lengths(257, { 256: 1 }), [0])
    .code("0")
    .bytes();
  expect(unpackedText(third)).toBe("");
  third[0] = (third[0] as number) | 6;
  expect(unpackedText(third)).toBe(null);
  expect(unpackedText(new Uint8Array())).toBe(null);
});

test("with `out` full, the end of the stream is found behind empty blocks, and nothing else is checked", () => {
  const packed = concat([deflateRawSync("abc", { finishFlush: constants.Z_FULL_FLUSH }), deflateRawSync("")]);
  const whole = inflate(packed, 3);
  expect(whole.end?.at).toBe(3);
  expect(Math.ceil((whole.end?.bit ?? 0) / 8)).toBe(packed.length);
  // The stream is cut inside the first block's end code: the result points to the start of that block.
  const bits = letter(fixed(), "a");
  expect(inflate(bits.bytes(), 1).end).toEqual({ at: 1, bit: 0 });
  expect(inflate(bits.bytes(), 2).end).toBe(null);
  // A copy that does not fit ends the unpacking.
  bits.code("0000010").code("00000").code(FIXED_END);
  expect(inflate(bits.bytes(), 2).end).toEqual({ at: 2, bit: 0 });
});

test("interleaved unpackings do not disturb each other", () => {
  const jobs = [noise(9000, 5), noise(9000, 50)].map((plain) => {
    const out = new Uint8Array(plain.length);
    return { plain, out, blocks: inflateBlocks({ bytes: deflateRawSync(plain, { memLevel: 1 }), bit: 0, out, at: 0 }) };
  });
  let turns = 0;
  for (let open = jobs; open.length; turns++) open = open.filter(({ blocks }) => !blocks.next().done);
  expect(turns).toBeGreaterThan(5);
  for (const { plain, out } of jobs) expect(same(out, plain)).toBe(true);
});
