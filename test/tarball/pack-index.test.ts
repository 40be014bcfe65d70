import fc from "fast-check";
import { expect, test } from "vitest";
import { encodePackIndex, type PackIndex, readPackIndex } from "../../src/tarball/pack-index.ts";
import { countSafePaths, insidePath } from "../../src/tarball/safe-path.ts";
import { sri } from "./gzip.ts";

const index: PackIndex = {
  integrity: sri(new Uint8Array(3)),
  unpacked: 5120,
  paths: ["package.json", "lib/ä.js", "bin/a"],
  starts: Uint32Array.of(512, 1536, 2560),
  sizes: Uint32Array.of(20, 0, 2560),
  modes: Uint16Array.of(0o644, 0o644, 0o755),
  scripts: { postinstall: "node setup.js" },
};

/** Returns plain values, which a test can compare. */
function plain(read: PackIndex | null): PackIndex | null {
  if (!read) return null;
  const { integrity, unpacked, paths, starts, sizes, modes, scripts } = read;
  return { integrity, unpacked, paths, starts: starts.slice(), sizes: sizes.slice(), modes: modes.slice(), scripts };
}

test("an index is read back, also from inside a larger buffer and from shared memory", () => {
  const bytes = encodePackIndex(index);
  expect(plain(readPackIndex(bytes))).toEqual(index);
  const among = new Uint8Array(bytes.length + 9).fill(7);
  for (const at of [1, 2, 4]) {
    among.set(bytes, at);
    expect(plain(readPackIndex(among.subarray(at, at + bytes.length)))).toEqual(index);
  }
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  expect(plain(readPackIndex(shared))).toEqual(index);
});

test("an index without files or scripts is read back, and `paths` is the same array each time", () => {
  const none = { ...index, paths: [], starts: new Uint32Array(), sizes: new Uint32Array(), modes: new Uint16Array() };
  expect(plain(readPackIndex(encodePackIndex({ ...none, scripts: {} })))).toEqual({ ...none, scripts: {} });
  const read = readPackIndex(encodePackIndex(index));
  expect(read?.paths).toBe(read?.paths);
});

test("an index takes ten bytes per file, plus the name", () => {
  expect(encodePackIndex({ ...index, scripts: {} }).length).toBe(80 + 3 * 10 + "package.json lib/aa.js bin/a".length);
});

test.each<[string, Partial<PackIndex>]>([
  ["a path that leaves the package", { paths: ["a", "b/../../c", "d"] }],
  ["a path that leaves the package with backslashes", { paths: ["a", "b\\..\\c", "d"] }],
  ["a path of two dots", { paths: ["a", "b", ".."] }],
  ["an absolute path", { paths: ["/a", "b", "c"] }],
  ["a path on a drive", { paths: ["a", "C:/b", "c"] }],
  ["a path on a share", { paths: ["\\\\a", "b", "c"] }],
  ["an empty path", { paths: ["a", "", "c"] }],
  ["an empty part", { paths: ["a", "b//c", "c"] }],
  ["a part of one dot", { paths: ["a", "b/./c", "c"] }],
  ["a folder's path", { paths: ["a", "b/", "c"] }],
  ["one path too many", { paths: ["a", "b\0d", "c"] }],
  ["a file past the end", { sizes: Uint32Array.of(20, 0, 2561) }],
  ["a file whose end overflows 32 bits", { sizes: Uint32Array.of(20, 0, 0xffffffff) }],
  ["a start past the end", { starts: Uint32Array.of(512, 5121, 2560) }],
  ["a mode with the setuid bit", { modes: Uint16Array.of(0o644, 0o4755, 0o755) }],
  ["a mode without read permission", { modes: Uint16Array.of(0o644, 0, 0o755) }],
  ["a script that npm does not run", { scripts: { preparee: "x" } }],
])("an index is rejected if it has %s", (_, change) => {
  expect(readPackIndex(encodePackIndex({ ...index, ...change }))).toBeNull();
});

test("law: cut or changed bytes give null or an index within its bounds, and never throw", () => {
  const whole = encodePackIndex(index);
  for (let length = 0; length < whole.length - 28; length++) expect(readPackIndex(whole.slice(0, length))).toBeNull();
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (edits) => {
      const bytes = whole.slice();
      for (const [at, byte] of edits) bytes[at] = byte;
      const read = readPackIndex(bytes);
      if (!read) return;
      expect(read.paths.length).toBe(read.starts.length);
      for (const [i, path] of read.paths.entries()) {
        expect(insidePath(`package/${path}`)).not.toBeNull();
        expect((read.starts[i] as number) + (read.sizes[i] as number)).toBeLessThanOrEqual(read.unpacked);
      }
    }),
    { numRuns: 1000 },
  );
});

test("law: storage accepts exactly the paths that an archive may have, and none that leaves the package", () => {
  const odd = fc.string({ unit: fc.constantFrom("a", "C", ":", ".", "..", "/", "\\", "\0", "ä", " "), maxLength: 12 });
  fc.assert(
    fc.property(odd, (path) => {
      const inside = insidePath(`package/${path}`);
      const stored = countSafePaths(new TextEncoder().encode(path));
      if (inside) expect(countSafePaths(new TextEncoder().encode(inside))).toBe(1);
      if (stored === 1) expect(inside).not.toBeNull();
    }),
    { numRuns: 5000 },
  );
});

test("law: any index is read back", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "-", "é", "😀", " ", "."), minLength: 1, maxLength: 8 });
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => insidePath(`package/${parts.join("/")}`));
  const file = fc.record({
    path: path.filter((it): it is string => it !== null && it !== ""),
    start: fc.nat(0x7fffffff),
    size: fc.nat(0x7fffffff),
    mode: fc.constantFrom(0o644, 0o755, 0o744),
  });
  fc.assert(
    fc.property(fc.array(file), (files) => {
      const made: PackIndex = {
        ...index,
        unpacked: 0xffffffff,
        paths: files.map((each) => each.path),
        starts: Uint32Array.from(files, (each) => each.start),
        sizes: Uint32Array.from(files, (each) => each.size),
        modes: Uint16Array.from(files, (each) => each.mode),
      };
      expect(plain(readPackIndex(encodePackIndex(made)))).toEqual(made);
    }),
  );
});
