import { webcrypto } from "node:crypto";
import { expect, test } from "vitest";
import { indexTarball } from "../../src/tarball/index-tarball.ts";
import { webDigest } from "../../src/tarball/integrity.ts";
import { readTarballListing } from "../../src/tarball/list-tarball.ts";
import { UNPACK_LIMITS } from "../../src/tarball/unpack-limits.ts";
import { badTarballs, oddTarballs } from "./bad-tarballs.ts";

const url = "http://registry.local/a/-/a-1.0.0.tgz";
const digest = webDigest(webcrypto.subtle as unknown as SubtleCrypto);
const [bad, odd] = [badTarballs(), oddTarballs()];
const wanted = { name: "a", url, limits: UNPACK_LIMITS, archive: true };

test("there are more than 80 bad tarballs, and all names differ", () => {
  const names = [...bad, ...odd].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(bad.length).toBeGreaterThan(80);
});

test.each(bad)("an install refuses: $name", async ({ bytes, integrity, limits, code }) => {
  const before = bytes.slice();
  const made = await indexTarball(bytes, { ...wanted, integrity, limits: { ...UNPACK_LIMITS, ...limits } }, digest);
  expect(made).toMatchObject({ ok: false, failure: { code, package: "a", details: { url } } });
  expect(made.ok || made.failure.message).toMatch(/^The tarball of a was refused: .{5,400}\.$/s);
  if (code === "EINTEGRITY") expect(made).toMatchObject({ failure: { details: { expected: integrity, url } } });
  expect(bytes).toEqual(before);
});

test.each(bad.filter(({ limits }) => !limits))("the resolver refuses: $name", async ({ bytes, integrity, code }) => {
  const opened = await readTarballListing(bytes, { name: "a", url, digest, integrity: integrity ?? "" });
  expect(opened).toMatchObject({ ok: false, failure: { code } });
});

test.each(odd)(
  "an install accepts, without the harmful parts: $name",
  async ({ bytes, integrity, files, warnings }) => {
    const made = await indexTarball(bytes, { ...wanted, integrity }, digest);
    if (!made.ok) throw new Error(made.failure.message);
    const { index, archive } = made.value;
    const found = index.paths.map((path, i) => {
      const start = index.starts[i] as number;
      return [path, new TextDecoder().decode(archive.subarray(start, start + (index.sizes[i] as number)))];
    });
    // Maps, because one name is __proto__.
    expect(new Map(found as [string, string][])).toEqual(new Map(Object.entries(files)));
    expect(made.value.warnings.map(({ code }) => code)).toEqual(warnings);
    for (const warning of made.value.warnings) expect(warning).toMatchObject({ package: "a", details: { url } });
  },
);
