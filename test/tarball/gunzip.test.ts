import { randomBytes } from "node:crypto";
import { gzipSync, crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32 } from "../../src/tarball/crc32.ts";
import { gunzip } from "../../src/tarball/gunzip.ts";
import { concat } from "./tar-writer.ts";

function unpacked(bytes: Uint8Array, limit?: number): string {
  const out = gunzip(bytes, limit);
  return out.ok ? new TextDecoder().decode(out.value) : out.failure.code;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test("one member, with a name in its header or without", () => {
  expect(unpacked(gzipSync("hello"))).toBe("hello");
  expect(unpacked(gzipSync(""))).toBe("");
  const plain = gzipSync("hello");
  const named = concat([
    plain.subarray(0, 3),
    new Uint8Array([8]),
    plain.subarray(4, 10),
    encode("a.tar\0"),
    plain.subarray(10),
  ]);
  expect(unpacked(named)).toBe("hello");
});

test("several members form one file, also if their sizes are equal", () => {
  expect(unpacked(concat([gzipSync("one "), gzipSync("two "), gzipSync("three")]))).toBe("one two three");
  expect(unpacked(concat([gzipSync("same"), gzipSync("same")]))).toBe("samesame");
  expect(unpacked(concat([gzipSync("a"), gzipSync("")]))).toBe("a");
});

test("members that cross a slice boundary are joined", () => {
  const parts = Array.from({ length: 9 }, (_, i) => randomBytes(15_000 + i * 997));
  const out = gunzip(concat(parts.map((part) => gzipSync(part))));
  expect(out.ok && Buffer.from(out.value).equals(Buffer.concat(parts))).toBe(true);
});

test("data behind the last member is ignored, as by gzip", () => {
  expect(unpacked(concat([gzipSync("hello"), new Uint8Array(512)]))).toBe("hello");
  expect(unpacked(concat([gzipSync("hello"), encode("no gzip at all, long enough")]))).toBe("hello");
  expect(unpacked(concat([gzipSync("hello"), new Uint8Array([1, 2, 3])]))).toBe("hello");
});

test("a damaged header, body, checksum, length or first member is refused", () => {
  const good = gzipSync("hello, hello, hello, hello");
  const flip = (at: number): Uint8Array => {
    const bytes = Uint8Array.from(good);
    bytes[at < 0 ? bytes.length + at : at] = (bytes[at < 0 ? bytes.length + at : at] as number) ^ 0x41;
    return bytes;
  };
  for (const at of [0, 1, 2, 11, 12, -8, -5, -4, -1]) expect(unpacked(flip(at))).toBe("TAR_BAD_ARCHIVE");
  expect(unpacked(concat([flip(-6), gzipSync("good")]))).toBe("TAR_BAD_ARCHIVE");
  expect(unpacked(new Uint8Array())).toBe("TAR_BAD_ARCHIVE");
});

test("law: a file that is cut anywhere is refused", () => {
  const whole = gzipSync(randomBytes(40_000));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
      expect(unpacked(whole.subarray(0, length))).toBe("TAR_BAD_ARCHIVE");
    }),
    { numRuns: 60 },
  );
});

test("a bomb is refused by the size in its trailer, or by counting if the trailer lies", () => {
  const bomb = gzipSync(Buffer.alloc(40_000_000));
  expect(unpacked(bomb, 1_000_000)).toBe("TAR_ABORT");
  const liar = Uint8Array.from(bomb);
  liar.set([1, 0, 0, 0], liar.length - 4);
  expect(unpacked(liar, 1_000_000)).toBe("TAR_ABORT");
  expect(unpacked(concat(Array.from({ length: 40 }, () => gzipSync(Buffer.alloc(50_000)))), 1_000_000)).toBe(
    "TAR_ABORT",
  );
  expect(unpacked(gzipSync("x".repeat(1000)), 1000)).toBe("x".repeat(1000));
  expect(unpacked(gzipSync("x".repeat(1001)), 1000)).toBe("TAR_ABORT");
});

test("a size that deflate cannot reach is refused without an allocation", () => {
  const bytes = Uint8Array.from(gzipSync("hello"));
  bytes.set([0, 0, 0, 30], bytes.length - 4);
  expect(unpacked(bytes)).toBe("TAR_BAD_ARCHIVE");
});

test("law: CRC-32 equals zlib's, in one piece or several", () => {
  const reference = (zlibCrc32 as ((data: Uint8Array) => number) | undefined) ?? slowCrc;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, at) => {
      expect(crc32(bytes)).toBe(reference(bytes));
      expect(crc32(bytes.subarray(at), crc32(bytes.subarray(0, at)))).toBe(reference(bytes));
    }),
  );
});

function slowCrc(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
  }
  return ~c >>> 0;
}
