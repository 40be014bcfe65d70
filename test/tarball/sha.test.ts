import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { HashName } from "../../src/tarball/integrity.ts";
import { sha } from "../../src/tarball/sha.ts";

const hex = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString("hex");

test.each<[HashName, string]>([
  ["SHA-512", "sha512"],
  ["SHA-384", "sha384"],
  ["SHA-256", "sha256"],
  ["SHA-1", "sha1"],
])("law: %s equals Node's for any length and offset", (algorithm, name) => {
  const node = (bytes: Uint8Array): string => createHash(name).update(bytes).digest("hex");
  // Sizes around the ends of one and two blocks, where the length field just fits or does not.
  for (let length = 0; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7 + length);
    expect(hex(sha(algorithm, bytes))).toBe(node(bytes));
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(20), (bytes, from) => {
      expect(hex(sha(algorithm, bytes.subarray(from)))).toBe(node(bytes.subarray(from)));
    }),
  );
});

test("bytes in shared memory are hashed", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(1000)).fill(3);
  expect(hex(sha("SHA-512", shared))).toBe(createHash("sha512").update(shared.slice()).digest("hex"));
});
