import { expect, test } from "vitest";
import { indexTarball } from "../../src/tarball/index-tarball.ts";
import { webDigest } from "../../src/tarball/integrity.ts";
import { readTarballListing } from "../../src/tarball/list-tarball.ts";
import { UNPACK_LIMITS } from "../../src/tarball/unpack-limits.ts";

const digest = webDigest(globalThis.crypto.subtle);
const SOURCE = { name: "a", url: "http://registry.local/a.tgz" };
const INTEGRITY = `sha512-${btoa("x".repeat(64))}`;

test.each([
  ["<!DOCTYPE html><html><body>Log in</body></html>", true],
  ["\uFEFF\n  <!doctype HTML>", true],
  ["<html lang=en>", true],
  ["<!-- a proxy --><head>", true],
  ['<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN">', true],
  ["<svg></svg>", false],
  ['{"error":"not_found"}', false],
  ["", false],
])("the bytes %j are a web page: %s", async (text, isPage) => {
  const bytes = new TextEncoder().encode(text);
  for (const integrity of [null, INTEGRITY]) {
    const code = integrity === null ? "TAR_BAD_ARCHIVE" : "EINTEGRITY";
    const expected = { code, package: "a", ...(isPage && { found: "a web page" }) };
    const request = { ...SOURCE, integrity, limits: UNPACK_LIMITS, archive: false };
    const listing = await readTarballListing(bytes, { ...SOURCE, digest, ...(integrity && { integrity }) });
    for (const outcome of [await indexTarball(bytes, request, digest), listing]) {
      if (outcome.ok) throw new Error("expected a failure");
      expect(outcome.failure).toMatchObject(expected);
      expect(outcome.failure.message.includes("answered with a web page")).toBe(isPage);
      if (isPage) expect(outcome.failure.message).toContain(SOURCE.url);
    }
  }
});
