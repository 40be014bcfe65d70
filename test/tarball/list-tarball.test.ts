import { createHash, webcrypto } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { webDigest } from "../../src/tarball/integrity.ts";
import { readTarballListing } from "../../src/tarball/list-tarball.ts";
import { tar } from "./tar-writer.ts";

const url = "http://registry.local/a/-/a-1.0.0.tgz";
const digest = webDigest(webcrypto.subtle as unknown as SubtleCrypto);
const what = { name: "a", url, digest };

test("a listing has every path, and the text of each package.json and of the root's shrinkwrap", async () => {
  const bytes = gzipSync(
    tar([
      { name: "package/index.js", body: "1" },
      { name: "package/package.json", body: '\uFEFF{"name":"a"}' },
      { name: "package/npm-shrinkwrap.json", body: "{}" },
      { name: "package/node_modules/b/package.json", body: '{"name":"b"}' },
      { name: "package/node_modules/b/npm-shrinkwrap.json", body: "{}" },
      { name: "package/not-package.json", body: "{}" },
    ]),
  );
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const listing = await readTarballListing(bytes, { ...what, integrity });
  expect(listing).toEqual({
    ok: true,
    value: {
      integrity,
      paths: [
        "index.js",
        "package.json",
        "npm-shrinkwrap.json",
        "node_modules/b/package.json",
        "node_modules/b/npm-shrinkwrap.json",
        "not-package.json",
      ],
      texts: new Map([
        ["package.json", '{"name":"a"}'],
        ["npm-shrinkwrap.json", "{}"],
        ["node_modules/b/package.json", '{"name":"b"}'],
      ]),
    },
  });
});

test("a plain tar is listed too, and __proto__ is an ordinary name", async () => {
  const listing = await readTarballListing(tar([{ name: "package/__proto__/package.json", body: "{}" }]), what);
  expect(listing.ok && listing.value.texts.get("__proto__/package.json")).toBe("{}");
});

test("every refusal names the package and the URL", async () => {
  const good = gzipSync(tar([{ name: "package/package.json", body: "{}" }]));
  const cases: [string, Uint8Array, object?][] = [
    ["EINTEGRITY", good, { integrity: "sha512-AAAA" }],
    ["TAR_BAD_ARCHIVE", good.subarray(0, good.length - 9)],
    ["TAR_BAD_ARCHIVE", new TextEncoder().encode("<!doctype html>")],
    ["TAR_ENTRY_ERROR", gzipSync(tar([{ name: "package/../../x" }]))],
    ["TAR_ABORT", gzipSync(tar([{ name: "package/x", body: "x".repeat(9000) }])), { limit: 5000 }],
  ];
  for (const [code, bytes, more] of cases) {
    const listing = await readTarballListing(bytes, { ...what, ...more });
    expect(listing).toMatchObject({ ok: false, failure: { code, package: "a", details: { url } } });
    expect(listing.ok || listing.failure.message).toMatch(/^The tarball of a was refused: .+\.$/);
  }
});

const registry = process.env["WEBHOIST_REGISTRY"];
const cases = registry ? join(registry, "cases", "tarballs") : "";

test.runIf(existsSync(cases))("the recorded tarballs of bundling and shrinkwrapped packages open", async () => {
  const open = async (file: string): Promise<Record<string, number>> => {
    const listing = await readTarballListing(readFileSync(join(cases, file)), { ...what, name: file });
    if (!listing.ok) throw new Error(listing.failure.message);
    return { paths: listing.value.paths.length, texts: listing.value.texts.size };
  };
  const sizes = {
    "@isaacs+bundle-metadep-duplication-x+-+bundle-metadep-duplication-x-1.0.2.tgz": { paths: 8, texts: 4 },
    "@isaacs+peer-dep-cycle-b+-+peer-dep-cycle-b-2.0.0.tgz": { paths: 1, texts: 1 },
    "@isaacs+testing-bundledeps+-+testing-bundledeps-1.0.0.tgz": { paths: 6, texts: 6 },
    "@isaacs+testing-shrinkwrap-abbrev+-+testing-shrinkwrap-abbrev-1.2.0.tgz": { paths: 3, texts: 2 },
  };
  for (const [file, size] of Object.entries(sizes)) expect(await open(file)).toEqual(size);
});
