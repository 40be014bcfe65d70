import { webcrypto } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Outcome, ok } from "../../src/errors/failure.ts";
import { type IndexedTarball, indexTarball, inflatePack, readPack } from "../../src/tarball/index-tarball.ts";
import { webDigest } from "../../src/tarball/integrity.ts";
import { encodePackIndex, readPackIndex } from "../../src/tarball/pack-index.ts";
import type { TarballRequest } from "../../src/tarball/tarball-request.ts";
import { UNPACK_LIMITS } from "../../src/tarball/unpack-limits.ts";
import { noise } from "./bad-tarballs.ts";
import { flipped, gzip, sri } from "./gzip.ts";
import { concat, type TarPart, tar } from "./tar-writer.ts";

const url = "http://registry.local/a/-/a-1.0.0.tgz";
const digest = webDigest(webcrypto.subtle as unknown as SubtleCrypto);

async function indexed(bytes: Uint8Array, more: Partial<TarballRequest> = {}): Promise<IndexedTarball> {
  const wanted = { name: "a", url, integrity: sri(bytes), limits: UNPACK_LIMITS, archive: true, ...more };
  const made = await indexTarball(bytes, wanted, digest);
  if (!made.ok) throw new Error(`${made.failure.code}: ${made.failure.message}`);
  return made.value;
}

const scripts = async (parts: Record<string, unknown>): Promise<object> => {
  const of = Object.entries(parts).map(([name, content]) => ({
    name: `package/${name}`,
    body: typeof content === "string" ? content : JSON.stringify(content),
  }));
  return (await indexed(gzip(tar(of)))).index.scripts;
};

test("an index has the offset of each file and npm's mode", async () => {
  const bytes = gzip(
    tar([
      { name: "package/package.json", body: '{"name":"a"}', mode: "0000600\0" },
      { name: "package/bin/a", body: "#!", mode: "0000755\0" },
      { name: "package/b", mode: "0100777 " },
      { name: "package/c", mode: "0000001\0" },
      { name: "package/d", mode: "0006755\0" },
      { name: "package/e", mode: "what?\0" },
      { name: "package/f", mode: "" },
    ]),
  );
  const { index, archive, warnings } = await indexed(bytes);
  expect(index).toEqual({
    integrity: sri(bytes),
    unpacked: archive.length,
    paths: ["package.json", "bin/a", "b", "c", "d", "e", "f"],
    starts: Uint32Array.of(512, 1536, 2560, 3072, 3584, 4096, 4608),
    sizes: Uint32Array.of(12, 2, 0, 0, 0, 0, 0),
    modes: Uint16Array.of(0o644, 0o755, 0o755, 0o645, 0o755, 0o644, 0o644),
    scripts: {},
  });
  expect(warnings).toEqual([]);
});

test("without integrity there is a warning with the hash of the bytes", async () => {
  const bytes = gzip(tar([{ name: "package/a" }]));
  const { index, warnings } = await indexed(bytes, { integrity: null });
  expect(index.integrity).toBe(sri(bytes));
  expect(warnings).toMatchObject([{ code: "ENOINTEGRITY", package: "a", found: sri(bytes), details: { url } }]);
});

test("an index has the scripts that npm runs at an install, in their order", async () => {
  const all = { postinstall: "c", install: "b", preinstall: "a", prepare: "d", test: "e" };
  expect(Object.entries(await scripts({ "package.json": { scripts: all } }))).toEqual([
    ["preinstall", "a"],
    ["install", "b"],
    ["postinstall", "c"],
  ]);
  expect(await scripts({ "package.json": { scripts: { install: "", preinstall: 1, postinstall: null } } })).toEqual({});
  for (const text of ["", "{", "null", "[]", '{"scripts":"x"}', '{"scripts":null}', '{"scripts":["x"]}'])
    expect(await scripts({ "package.json": text })).toEqual({});
  expect(await scripts({ "lib/package.json": { scripts: all } })).toEqual({});
  expect(await scripts({ "package.json": '\uFEFF{"scripts":{"install":"x"}}' })).toEqual({ install: "x" });
});

test("a binding.gyp at the root is an install script, unless the package has its own or opts out", async () => {
  const gyp = (manifest: object, path = "binding.gyp"): Promise<object> =>
    scripts({ "package.json": manifest, [path]: "{}" });
  const rebuild = "node-gyp rebuild";
  expect(await gyp({})).toEqual({ install: rebuild });
  expect(await scripts({ "binding.gyp": "{}" })).toEqual({ install: rebuild });
  expect(await gyp({ scripts: { postinstall: "x" } })).toEqual({ install: rebuild, postinstall: "x" });
  expect(await gyp({ scripts: { install: "x" } })).toEqual({ install: "x" });
  expect(await gyp({ scripts: { preinstall: "x" } })).toEqual({ preinstall: "x" });
  expect(await gyp({ gypfile: false })).toEqual({});
  expect(await gyp({}, "deps/binding.gyp")).toEqual({});
});

test("an indexed tarball inflates again, and one of another size does not", async () => {
  const archive = tar([{ name: "package/noise", body: noise(50_000) }]);
  for (const bytes of [gzip(archive), gzip(archive.slice(0, 30_000)), archive]) {
    const length = bytes.length < 40_000 ? 30_000 : archive.length;
    const whole = async (unpacked: number): Promise<Outcome<Uint8Array>> => {
      const read = await readPack(bytes, unpacked, []);
      return read.ok ? ok(read.value[0] as Uint8Array) : read;
    };
    for (const inflate of [(unpacked: number) => inflatePack(bytes, unpacked), whole]) {
      const again = await inflate(length);
      expect(again.ok && sri(again.value)).toBe(sri(archive.slice(0, length)));
      for (const other of [length - 1, length + 1])
        expect(await inflate(other)).toMatchObject({ ok: false, failure: { code: /^TAR_/ } });
    }
  }
});

test("the archive has its own buffer, also if the tarball is a plain archive", async () => {
  const bytes = tar([{ name: "package/a", body: "a" }]);
  expect((await indexed(bytes)).archive.buffer).not.toBe(bytes.buffer);
  const again = inflatePack(bytes, bytes.length);
  expect(again.ok && again.value.buffer).not.toBe(bytes.buffer);
});

const name = fc.array(fc.stringMatching(/^[a-zA-Z0-9_@ +é-]{1,9}$/), { minLength: 1, maxLength: 4 });
const part: fc.Arbitrary<TarPart> = fc.record({
  // No file has the path of another file's folder.
  name: name.map((parts) => `package/${parts.join("/")}.js`),
  body: fc.uint8Array({ maxLength: 1200 }),
  mode: fc.constantFrom("0000644\0", "0000755\0"),
});
const parts = fc.uniqueArray(part, { minLength: 1, maxLength: 8, selector: (each) => each.name });

test("law: the stored index of a tarball leads to all its files", async () => {
  await fc.assert(
    fc.asyncProperty(parts, fc.nat(3000), async (files, cut) => {
      const archive = tar(files);
      const at = cut % archive.length;
      const bytes = cut % 2 ? gzip(archive) : concat([gzip(archive.slice(0, at)), gzip(archive.slice(at))]);
      const made = await indexed(bytes);
      const index = readPackIndex(encodePackIndex(made.index));
      const back = index?.paths.map((path, i) => {
        const start = index.starts[i] as number;
        const body = made.archive.slice(start, start + (index.sizes[i] as number));
        return { name: `package/${path}`, body, mode: `0000${index.modes[i]?.toString(8)}\0` };
      });
      expect(back).toEqual(files);
    }),
    { numRuns: 60 },
  );
});

const whole = tar([
  { name: "package/package.json", body: '{"name":"a","version":"1.0.0"}' },
  { name: "package/lib/a.js", body: "a".repeat(700) },
]);

test("law: one changed byte anywhere is EINTEGRITY", async () => {
  for (const bytes of [gzip(whole), whole]) {
    const wanted = { name: "a", url, integrity: sri(bytes), limits: UNPACK_LIMITS, archive: false };
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (at) => {
        const made = await indexTarball(flipped(bytes, at), wanted, digest);
        expect(made).toMatchObject({ ok: false, failure: { code: "EINTEGRITY" } });
      }),
    );
  }
});

test("law: a tarball without integrity that is cut anywhere is refused as data, except between two files", async () => {
  const wanted = { name: "a", url, integrity: null, limits: UNPACK_LIMITS, archive: false };
  const large = gzip(tar([{ name: "package/noise", body: noise(40_000) }]));
  for (const bytes of [gzip(whole), whole, large]) {
    const cut = fc.nat(bytes.length - 1).filter((length) => bytes !== whole || (length < 2560 && length !== 1024));
    await fc.assert(
      fc.asyncProperty(cut, async (length) => {
        const made = await indexTarball(bytes.slice(0, length), wanted, digest);
        expect(made).toMatchObject({ ok: false, failure: { code: "TAR_BAD_ARCHIVE" } });
      }),
      { numRuns: 60 },
    );
  }
});

test("law: for any bytes, and any archive, the result is data and nothing throws", async () => {
  const wanted = { name: "a", url, integrity: null, limits: { ...UNPACK_LIMITS, package: 1e6 }, archive: false };
  const answered = async (bytes: Uint8Array): Promise<void> => {
    const made = await indexTarball(bytes, wanted, digest);
    expect(made.ok || made.failure.code).toSatisfy((it: unknown) => it === true || /^TAR_/.test(String(it)));
  };
  const start = Uint8Array.of(0x1f, 0x8b, 8);
  await fc.assert(fc.asyncProperty(fc.uint8Array(), (bytes) => answered(concat([start, bytes]))));
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 1500 }), (bytes) => answered(gzip(bytes))));
});

const registry = process.env["WEBHOIST_REGISTRY"];
const tarballs = registry ? join(registry, "snapshot", "tarballs") : "";

test.runIf(existsSync(tarballs))(
  "every recorded tarball has an index and no warnings",
  { timeout: 120_000 },
  async () => {
    const names = readdirSync(tarballs, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".tgz"));
    const seen = { files: 0, ratio: 0, codes: new Map<string, number>() };
    for (const path of names) {
      const bytes = new Uint8Array(readFileSync(join(tarballs, path)));
      const { index, archive, warnings } = await indexed(bytes, { name: path });
      seen.files += index.paths.length;
      seen.ratio = Math.max(seen.ratio, archive.length > 1e6 ? archive.length / bytes.length : 0);
      for (const { code, message } of warnings) {
        seen.codes.set(code, (seen.codes.get(code) ?? 0) + 1);
        expect(message).toContain(path);
      }
      expect(readPackIndex(encodePackIndex(index))?.paths).toEqual(index.paths);
    }
    expect(names.length).toBeGreaterThan(1000);
    expect(seen.files).toBeGreaterThan(30_000);
    // Recorded tarballs stay far below the limit.
    expect(seen.ratio).toBeLessThan(UNPACK_LIMITS.ratio / 20);
    expect(seen.codes).toEqual(new Map());
  },
);
