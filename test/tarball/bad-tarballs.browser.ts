import { expect, test } from "vitest";
import type { UnpackLimits } from "../../src/api/install.ts";
import type { Outcome } from "../../src/errors/failure.ts";
import { type IndexedTarball, indexTarball, readPack } from "../../src/tarball/index-tarball.ts";
import { webDigest } from "../../src/tarball/integrity.ts";
import { UNPACK_LIMITS } from "../../src/tarball/unpack-limits.ts";
import { badTarballs, noise, oddTarballs } from "./bad-tarballs.ts";
import { gzip, sri } from "./gzip.ts";
import { concat, tar } from "./tar-writer.ts";

// A browser's own inflating rejects other inputs than Node's does, and reports errors later.

const open = (
  bytes: Uint8Array,
  integrity: string | null,
  { subtle = crypto.subtle as SubtleCrypto | undefined, limits = {} as Partial<UnpackLimits> } = {},
): Promise<Outcome<IndexedTarball>> => {
  const url = "http://registry.local/a/-/a-1.0.0.tgz";
  const wanted = { name: "a", url, integrity, archive: true, limits: { ...UNPACK_LIMITS, ...limits } };
  return indexTarball(bytes, wanted, webDigest(subtle));
};

test("Chromium refuses the same tarballs, with and without WebCrypto", async () => {
  for (const { name, bytes, integrity, limits = {}, code } of badTarballs()) {
    for (const subtle of [crypto.subtle, undefined]) {
      const made = await open(bytes, integrity, { subtle, limits });
      expect([name, made.ok || made.failure.code]).toEqual([name, code]);
    }
  }
});

test("Chromium accepts the same unusual tarballs", async () => {
  for (const { name, bytes, integrity, files, warnings } of oddTarballs()) {
    const made = await open(bytes, integrity);
    if (!made.ok) throw new Error(`${name}: ${made.failure.message}`);
    expect([name, [...made.value.index.paths].sort()]).toEqual([name, Object.keys(files).sort()]);
    expect([name, made.value.warnings.map(({ code }) => code)]).toEqual([name, warnings]);
  }
});

test("a large archive inflates to the same bytes from one member or several, and with data behind it", async () => {
  const archive = tar([{ name: "package/noise", body: noise(300_000) }]);
  const [first, second] = [archive.slice(0, 100_000), archive.slice(100_000)];
  const shapes = [
    gzip(archive),
    concat([gzip(first), gzip(second)]),
    concat([gzip(archive), noise(99)]),
    concat([gzip(archive), gzip("")]),
  ];
  for (const bytes of shapes) {
    const made = await open(bytes, sri(bytes));
    const again = await readPack(bytes, archive.length, []);
    for (const all of [made.ok && made.value.archive, again.ok && again.value[0]]) {
      expect(all && sri(all)).toBe(sri(archive));
    }
  }
});
