import { createHash, webcrypto } from "node:crypto";
import { expect, test } from "vitest";
import { parseIntegrity, verifyIntegrity, webDigest } from "../../src/tarball/integrity.ts";

const bytes = new TextEncoder().encode("the bytes of a tarball");
const digest = webDigest(webcrypto.subtle as unknown as SubtleCrypto);
const sri = (algorithm: string, of: Uint8Array = bytes): string =>
  `${algorithm}-${createHash(algorithm).update(of).digest("base64")}`;
const what = { name: "a", url: "http://registry.local/a/-/a-1.0.0.tgz", digest };
const code = async (integrity: string): Promise<string> => {
  const verified = await verifyIntegrity(bytes, { ...what, integrity });
  return verified.ok ? verified.value : verified.failure.code;
};

test("every algorithm that npm writes is checked, and the result is always the sha512", async () => {
  for (const algorithm of ["sha512", "sha384", "sha256", "sha1"])
    expect(await code(sri(algorithm))).toBe(sri("sha512"));
  const unchecked = await verifyIntegrity(bytes, what);
  expect(unchecked).toEqual({ ok: true, value: sri("sha512") });
});

test("any hash of the strongest algorithm suffices; other algorithms, options and order do not matter", async () => {
  const other = new TextEncoder().encode("other bytes");
  expect(await code(`${sri("sha1", other)} ${sri("sha512")}`)).toBe(sri("sha512"));
  expect(await code(`${sri("sha1")} ${sri("sha512", other)}`)).toBe("EINTEGRITY");
  expect(await code(` ${sri("sha512", other)}\n${sri("sha512")}?vcs=abc `)).toBe(sri("sha512"));
  expect(await code(`md5-AAAA ${sri("sha256")}`)).toBe(sri("sha512"));
});

test("bytes are refused if the integrity has no usable hash", async () => {
  for (const none of ["", "  ", "md5-AAAA", "sha512", "sha512-", "sha512-####", "constructor-AAAA", "SHA512-AAAA"]) {
    expect(parseIntegrity(none)).toEqual([]);
    expect(await code(none)).toBe("EINTEGRITY");
  }
});

test("the failure names package, URL, expected and actual", async () => {
  const expected = sri("sha512", new Uint8Array(3));
  const verified = await verifyIntegrity(bytes, { ...what, integrity: expected });
  expect(verified).toMatchObject({
    ok: false,
    failure: { code: "EINTEGRITY", package: "a", details: { expected, actual: sri("sha512"), url: what.url } },
  });
});

test("bytes in shared memory are hashed, and a failing digest is a failure", async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  expect(await verifyIntegrity(shared, { ...what, integrity: sri("sha512") })).toMatchObject({ ok: true });
  const broken = { ...what, digest: () => Promise.reject(new Error("out of order")) };
  expect(await verifyIntegrity(bytes, broken)).toMatchObject({
    ok: false,
    failure: { code: "EINTEGRITY", message: expect.stringContaining("out of order") },
  });
});

test("without WebCrypto all checks give the same results", async () => {
  const own = { ...what, digest: webDigest(undefined) };
  for (const algorithm of ["sha512", "sha384", "sha256", "sha1"]) {
    expect(await verifyIntegrity(bytes, { ...own, integrity: sri(algorithm) })).toEqual({
      ok: true,
      value: sri("sha512"),
    });
    const other = { ...own, integrity: sri(algorithm, new Uint8Array(3)) };
    expect(await verifyIntegrity(bytes, other)).toMatchObject({ ok: false, failure: { found: sri(algorithm) } });
  }
});
