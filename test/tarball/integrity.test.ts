import { createHash, webcrypto } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { packSource } from "../../src/install/pack-source.ts";
import { integrityOf } from "../../src/registry/dist.ts";
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

/** Spellings of an entry that cannot be read, or that names an unknown algorithm. */
const UNREADABLE: readonly (readonly [string, (entry: string) => string])[] = [
  ["a character that is not base64", (entry) => entry.replace(/.$/, "*")],
  ["URL-safe base64", (entry) => `${entry.slice(0, 9)}-_${entry.slice(11)}`],
  ["capitals", (entry) => entry.toUpperCase()],
  ["one capital", (entry) => `S${entry.slice(1)}`],
  ["no digest", (entry) => entry.slice(0, entry.indexOf("-") + 1)],
  ["no hyphen", (entry) => entry.replace("-", "")],
  ["two hyphens", (entry) => entry.replace("-", "--")],
  ["a cut digest", (entry) => entry.slice(0, -8)],
  ["a byte too many", (entry) => `${entry.replace(/=+$/, "")}AAAA`],
  ["padding too many", (entry) => `${entry}=`],
  ["padding in the middle", (entry) => `${entry.slice(0, 12)}=${entry.slice(13)}`],
  ["a percent escape", (entry) => `${entry.slice(0, -1)}%3D`],
  ["a comma after it", (entry) => `${entry},`],
  ["a quotation mark before it", (entry) => `"${entry}`],
  ["a zero byte in its options", (entry) => `${entry}?\0`],
  ["an option that is not ASCII", (entry) => `${entry}?é`],
  ["a longer name", (entry) => entry.replace("-", "x-")],
  ["an unknown algorithm", (entry) => entry.replace(/^sha\d+/, "sha3")],
  ["no algorithm", (entry) => entry.slice(entry.indexOf("-"))],
];
const STRONGEST_FIRST = ["sha512", "sha384", "sha256", "sha1"] as const;
const other = new TextEncoder().encode("other bytes");

test.each(UNREADABLE)(
  "a strong hash that cannot be read leaves the decision to no weaker one: %s",
  async (_, damage) => {
    for (const [at, strong] of STRONGEST_FIRST.slice(0, 3).entries()) {
      for (const weak of STRONGEST_FIRST.slice(at + 1)) {
        for (const text of [`${damage(sri(strong))} ${sri(weak)}`, `${sri(weak)}\t${damage(sri(strong))}`]) {
          expect([text, parseIntegrity(text), await code(text)]).toEqual([text, [], "EINTEGRITY"]);
          const keyOf = (integrity: string | null): string =>
            packSource({ name: "a", version: "1.0.0", url: what.url, integrity }).key;
          expect([keyOf(null), keyOf(sri(weak))]).not.toContain(keyOf(text));
          // The lock of a registry that publishes such hashes keeps them, so that an install refuses the tarball.
          const recorded = integrityOf({ tarball: what.url, integrity: text, shasum: "00".repeat(20) });
          expect(await code(recorded ?? sri("sha512"))).toBe("EINTEGRITY");
        }
      }
    }
  },
);

test("a readable hash decides beside unreadable entries that are not stronger", async () => {
  for (const [name, damage] of UNREADABLE) {
    const text = `${damage(sri("sha512", other))} ${sri("sha512")} ${damage(sri("sha1"))}`;
    expect([name, await code(text)]).toEqual([name, sri("sha512")]);
  }
  expect(await code(`sha1-* ${sri("sha256")}`)).toBe(sri("sha512"));
});

test("law: bytes pass only by a readable hash of the strongest algorithm that the text names", async () => {
  const entry = fc.record({
    algorithm: fc.constantFrom(...STRONGEST_FIRST),
    isRight: fc.boolean(),
    damage: fc.option(fc.nat(UNREADABLE.length - 1), { freq: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { minLength: 1, maxLength: 4 }), async (entries) => {
      const texts = entries.map(({ algorithm, isRight, damage }) => {
        const whole = sri(algorithm, isRight ? bytes : other);
        return damage === null ? whole : UNREADABLE[damage]![1](whole);
      });
      const strongest = STRONGEST_FIRST.find((name) => entries.some(({ algorithm }) => algorithm === name));
      const may = entries.some(
        ({ algorithm, isRight, damage }) => algorithm === strongest && isRight && damage === null,
      );
      const found = await code(texts.join(" "));
      // An entry without a known name counts as sha512, so it may refuse more.
      if (may && (strongest === "sha512" || entries.every(({ damage }) => damage === null)))
        expect(found).toBe(sri("sha512"));
      if (!may) expect(found).toBe("EINTEGRITY");
    }),
    { numRuns: 1000 },
  );
});
