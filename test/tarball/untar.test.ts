import fc from "fast-check";
import { expect, test } from "vitest";
import { runToEnd } from "../../src/base/run-to-end.ts";
import { untar } from "../../src/tarball/untar.ts";
import { concat, pax, type TarPart, tar } from "./tar-writer.ts";

function files(archive: Uint8Array): Record<string, string> {
  const entries = runToEnd(untar(archive));
  if (!entries.ok) throw new Error(`${entries.failure.code}: ${entries.failure.message}`);
  return Object.fromEntries(
    entries.value.files.map(({ path, start, size }) => [
      path,
      new TextDecoder().decode(archive.subarray(start, start + size)),
    ]),
  );
}

function refusal(archive: Uint8Array): string {
  const entries = runToEnd(untar(archive));
  return entries.ok ? "accepted" : `${entries.failure.code} ${entries.failure.message}`;
}

test("paths lose the archive's first folder, whatever its name", () => {
  const archive = tar([
    { name: "package/package.json", body: "{}" },
    { name: "react v1/lib/a.js", body: "a" },
    { name: "README", body: "beside the folder" },
    { name: "package//b/./c.js", body: "c" },
  ]);
  expect(files(archive)).toEqual({ "package.json": "{}", "lib/a.js": "a", "b/c.js": "c" });
});

test("links, folders and devices are dropped, and the entries behind them are read", () => {
  const archive = tar([
    { name: "package/", type: "5", size: 4096 },
    { name: "package/old/", type: "0" },
    { name: "package/hard", type: "1", link: "package/a" },
    { name: "package/soft", type: "2", link: "../../etc/passwd" },
    { name: "package/device", type: "3" },
    { name: "package/a", type: "\0", body: "a" },
    { name: "package/b", type: "7", body: "b" },
  ]);
  expect(files(archive)).toEqual({ a: "a", b: "b" });
});

test("of two files with one path the later replaces the earlier", () => {
  const archive = tar([
    { name: "package/a", body: "first" },
    { name: "package/b", body: "b" },
    { name: "package/a", body: "second" },
  ]);
  expect(Object.entries(files(archive))).toEqual([
    ["a", "second"],
    ["b", "b"],
  ]);
});

test("a ustar prefix, a pax path and a GNU long name give the full name", () => {
  const long = `package/${"deep/".repeat(60)}`;
  const archive = tar([
    { name: "ustar.js", prefix: "package/lib", body: "1" },
    { name: "cut", type: "x", body: pax("mtime", "1.5") + pax("path", `${long}päx.js`) },
    { name: "cut", prefix: "not/used", body: "2" },
    { name: "././@LongLink", type: "L", body: `${long}gnu.js\0` },
    { name: "cut", magic: "ustar  ", body: "3" },
    { name: "././@LongLink", type: "K", body: "a long link target\0" },
    { name: "package/link", type: "2", link: "x" },
    { name: "package/plain.js", body: "4" },
  ]);
  const deep = "deep/".repeat(60);
  expect(files(archive)).toEqual({
    "lib/ustar.js": "1",
    [`${deep}päx.js`]: "2",
    [`${deep}gnu.js`]: "3",
    "plain.js": "4",
  });
});

test("a pax size replaces the header's, a global size applies to every file, and a global path to none", () => {
  const archive = tar([
    { name: "g", type: "g", body: pax("comment", "0123abc") + pax("path", "nowhere") },
    { name: "x", type: "x", body: pax("size", "3") },
    { name: "package/a", body: "abc", size: 0 },
    { name: "package/b", body: "b" },
  ]);
  expect(files(archive)).toEqual({ a: "abc", b: "b" });
  const global = tar([
    { name: "g", type: "g", body: pax("size", "2") },
    { name: "package/a", body: "ab", size: 0 },
  ]);
  expect(files(global)).toEqual({ a: "ab" });
});

test("an extended header's size does not apply to the headers between it and its file", () => {
  const archive = tar([
    { name: "x", type: "x", body: pax("size", "2") },
    { name: "././@LongLink", type: "L", body: "package/long\0" },
    { name: "cut", body: "ab", size: 0 },
    { name: "package/next", body: "next" },
  ]);
  expect(files(archive)).toEqual({ long: "ab", next: "next" });
});

test("a size in base 256 is read", () => {
  const raw = [124, [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]] as const;
  expect(files(tar([{ name: "package/a", body: "ab", raw }]))).toEqual({ a: "ab" });
});

test("an archive may lack its two empty blocks, and data behind them is ignored", () => {
  const parts = [{ name: "package/a", body: "a" }];
  expect(files(tar(parts, { end: false }))).toEqual({ a: "a" });
  expect(files(concat([tar(parts), new Uint8Array(700).fill(7)]))).toEqual({ a: "a" });
});

test.each([
  ["at the start", "package/../../evil"],
  ["in the middle", "package/lib/../../../evil"],
  ["at the end", "package/.."],
  ["first", "../package/evil"],
  ["behind a root", "/package/../../etc/passwd"],
  ["behind a drive", "package/c:..\\evil"],
  ["backslashes", "package\\..\\..\\evil"],
])("a name that leaves the package is refused: %s", (_, name) => {
  const wanted = `TAR_ENTRY_ERROR a file's name leaves the package: ${JSON.stringify(name)}`;
  expect(refusal(tar([{ name, body: "x" }]))).toBe(wanted);
  const long: TarPart[] = [
    { name: "x", type: "x", body: pax("path", name) },
    { name: "package/ok", body: "x" },
  ];
  expect(refusal(tar(long))).toBe(wanted);
});

test("a NUL in a pax or GNU name is refused, and in a header it ends the name", () => {
  const name = "package/a\0/../../b";
  for (const [type, body] of [
    ["x", pax("path", name)],
    ["L", `${name}\0`],
  ] as const)
    expect(refusal(tar([{ name: "x", type, body }, { name: "package/ok" }]))).toMatch(/^TAR_ENTRY_ERROR/);
  expect(files(tar([{ name: "package/a\0junk", body: "a" }]))).toEqual({ a: "a" });
});

test.each<[string, Uint8Array]>([
  ["an empty file", new Uint8Array()],
  ["only empty blocks", new Uint8Array(1024)],
  ["not an archive", new TextEncoder().encode("<html>".repeat(200))],
  ["a checksum that does not match", tar([{ name: "package/a", checksum: "000000\0 " }])],
  ["a damaged second header", damaged()],
  ["a size that is not a number", tar([{ name: "package/a", size: "12a\0" }])],
  ["an impossible size", tar([{ name: "x", type: "x", body: pax("size", "-1") }, { name: "package/a" }])],
  ["a huge pax size", tar([{ name: "x", type: "x", body: pax("size", "9".repeat(30)) }, { name: "package/a" }])],
  ["a size past the end", tar([{ name: "package/a", body: "a", size: 1_000_000 }])],
  ["a pax record longer than its header", tar([{ name: "x", type: "x", body: "999 path=a\n" }, { name: "package/a" }])],
  ["a pax record of no length", tar([{ name: "x", type: "x", body: "0 path=a\n" }, { name: "package/a" }])],
  ["a pax record without =", tar([{ name: "x", type: "x", body: "8 patha\n" }, { name: "package/a" }])],
])("an archive is refused: %s", (_, archive) => {
  expect(refusal(archive)).toMatch(/^TAR_BAD_ARCHIVE/);
});

function damaged(): Uint8Array {
  const archive = tar([{ name: "package/a", body: "a" }, { name: "package/b" }]);
  archive[1024 + 3] = 0x21;
  return archive;
}

test("law: an archive cut anywhere inside a file is refused, and never reads past its end", () => {
  const archive = tar([
    { name: "package/package.json", body: "{}" },
    { name: "package/lib/a.js", body: "a".repeat(1500) },
  ]);
  const whole = 512 + 512 + 512 + 1536;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: whole - 1 }), (length) => {
      // A cut between two files looks like the end of an archive.
      if (length === 1024) return;
      expect(refusal(archive.subarray(0, length))).toMatch(/^TAR_BAD_ARCHIVE/);
    }),
  );
});

test("law: a written archive is read back", () => {
  const part = fc.record({
    name: fc
      .array(fc.stringMatching(/^[a-zA-Z0-9_@ +-]{1,9}$/), { minLength: 1, maxLength: 4 })
      // No file has the path of another file's folder.
      .map((p) => `${p.join("/")}.js`),
    body: fc.uint8Array({ maxLength: 1200 }),
  });
  fc.assert(
    fc.property(fc.uniqueArray(part, { minLength: 1, maxLength: 8, selector: ({ name }) => name }), (parts) => {
      const archive = tar(parts.map(({ name, body }) => ({ name: `package/${name}`, body })));
      const entries = runToEnd(untar(archive));
      const read = entries.ok
        ? entries.value.files.map((e) => [e.path, [...archive.slice(e.start, e.start + e.size)]])
        : [];
      expect(read).toEqual(parts.map(({ name, body }) => [name, [...body]]));
    }),
  );
});

test("law: for any bytes the result is data and nothing throws", () => {
  const base = tar([
    { name: "x", type: "x", body: pax("path", "package/a") },
    { name: "package/a", body: "abc" },
  ]);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 6 }), (edits) => {
      const bytes = base.slice();
      for (const [at, byte] of edits) bytes[at] = byte;
      const entries = runToEnd(untar(bytes));
      if (entries.ok) for (const e of entries.value.files) expect(e.start + e.size).toBeLessThanOrEqual(bytes.length);
      else expect(entries.failure.code).toMatch(/^TAR_/);
    }),
    { numRuns: 500 },
  );
});

test("a package.json may have 2,097,152 bytes", () => {
  const size = (bytes: number) =>
    runToEnd(untar(tar([{ name: "package/package.json", body: new Uint8Array(bytes).fill(32) }])));
  expect(size(1 << 21).ok).toBe(true);
  expect(size((1 << 21) + 1)).toMatchObject({
    failure: { code: "TAR_ABORT", message: "its package.json has more than 2097152 bytes" },
  });
});

test("an archive of many entries, folders or extended headers is listed with pauses", () => {
  const pausesFor = (parts: TarPart[]): number => [...untar(tar(parts))].length;
  const many = Array.from({ length: 6000 }, (_, at) => ({ name: `package/f${at}` }));
  expect(pausesFor(many)).toBeGreaterThanOrEqual(3);
  const deep = { name: "x", type: "x", body: pax("path", `package/${"d/".repeat(2000)}f`) };
  expect(pausesFor([deep, { name: "package/x" }])).toBeGreaterThanOrEqual(1);
  const large = { name: "x", type: "x", body: pax("comment", "c".repeat(1_000_000)) };
  expect(pausesFor([large, large, large, { name: "package/x" }])).toBeGreaterThanOrEqual(1);
});
