import { expect, test } from "vitest";
import { FileIndex } from "../../../src/install/file-index.ts";
import type { PackIndex } from "../../../src/tarball/pack-index.ts";
import { fileKindOf, hexDump } from "../../../web/playground/files/file-kind.ts";
import { FileRows } from "../../../web/playground/files/file-rows.ts";
import { searchFiles } from "../../../web/playground/files/file-search.ts";

const encoder = new TextEncoder();

function pack(...paths: string[]): PackIndex {
  const of = paths.length;
  const modes = new Uint16Array(of).fill(0o644);
  return {
    ...{ integrity: "sha512-AA==", unpacked: 0, paths, modes, scripts: {} },
    starts: new Uint32Array(of),
    sizes: new Uint32Array(of),
  };
}

function tree(): FileIndex {
  const packs = [
    { location: "node_modules/a", index: pack("package.json", "lib/b.js", "lib/a.js", "LICENSE") },
    { location: "node_modules/@s/b", index: pack("index.js") },
  ];
  return new FileIndex(packs, [{ path: "node_modules/.bin/a", to: "node_modules/a/lib/a.js" }]);
}

function draw(model: FileRows): string[] {
  return model.rows.map(
    ({ name, level, expandable, expanded }) =>
      `${"  ".repeat(level - 1)}${expandable ? (expanded ? "-" : "+") : " "}${name}`,
  );
}

test("a folder is read when it is first opened, and lists folders before files", () => {
  const read: string[] = [];
  const files = tree();
  const project = {
    readdir(path: string) {
      read.push(path);
      return files.readdir(path);
    },
    lstat: (path: string) => files.lstat(path),
  };
  const model = new FileRows(project);
  expect(draw(model)).toEqual(["+node_modules"]);
  expect(read).toEqual([""]);
  model.toggle("node_modules");
  model.toggle("node_modules/a");
  expect(draw(model)).toEqual([
    "-node_modules",
    "  +.bin",
    "  +@s",
    "  -a",
    "    +lib",
    "     LICENSE",
    "     package.json",
  ]);
  expect(read).toEqual(["", "node_modules", "node_modules/a"]);
  model.toggle("node_modules/a", false);
  model.toggle("node_modules/a", true);
  expect(model.rows.length).toBe(7);
  expect(read.length).toBe(3);
});

test("revealing a path opens the folders above it, and the path itself if it is a folder", () => {
  const model = new FileRows(tree());
  model.show(["node_modules/a/LICENSE"]);
  const revealed = (path: string): unknown => {
    const index = model.reveal(path);
    return model.rows[index];
  };
  expect(revealed("node_modules/a/lib/b.js")).toMatchObject({ name: "b.js", level: 4, position: 2 });
  expect(model.filtered).toBe(false);
  expect(revealed("node_modules/@s")).toMatchObject({ expanded: true });
  expect(model.reveal("node_modules/none")).toBe(-1);
});

const PATHS = ["node_modules/a/index.d.ts", "node_modules/a/b/Read.md", "node_modules/.bin/a", "README.md"];
test.each([
  ["*.d.ts", ["node_modules/a/index.d.ts"]],
  ["a/**", ["node_modules/a/index.d.ts", "node_modules/a/b/Read.md"]],
  ["/*.md", ["README.md"]],
  ["READ", ["node_modules/a/b/Read.md", "README.md"]],
  [".bin/*", ["node_modules/.bin/a"]],
  ["*.{png,gif}", []],
])("the search %s matches as a glob in any folder or as a part of the path", async (text, found) => {
  const { signal } = new AbortController();
  expect(await searchFiles(PATHS, text, { signal, turn: async () => {} })).toEqual(found);
});

test("a search yields to the page and stops when it is aborted", async () => {
  const many = Array.from({ length: 20_000 }, (_, i) => `node_modules/a/${i}.js`);
  const controller = new AbortController();
  let turns = 0;
  const counted = async (): Promise<void> => void turns++;
  const { signal } = controller;
  expect((await searchFiles(many, "*9.js", { signal, turn: counted }))?.length).toBe(2000);
  expect(turns).toBe(4);
  const stop = async (): Promise<void> => controller.abort();
  expect(await searchFiles(many, "9", { signal, turn: stop })).toBe(null);
});

test.each([
  ["a/LICENSE", encoder.encode("é".repeat(5000)), { kind: "text" }],
  // The cut after 8,000 bytes splits a character.
  ["a/b.js", encoder.encode(`x${"é".repeat(5000)}`), { kind: "text" }],
  ["a/b.js", Uint8Array.of(0x61, 0xff), { kind: "binary", why: "it is not UTF-8 text" }],
  ["a/b.wasm", Uint8Array.of(0, 0x61), { kind: "binary", why: "it contains zero bytes" }],
  ["a/B.PNG", Uint8Array.of(0x89), { kind: "image", type: "image/png" }],
  ["a/png", Uint8Array.of(0x61), { kind: "text" }],
])("recognises the kind of %s", (path, bytes, kind) => {
  expect(fileKindOf(path, bytes)).toEqual(kind);
});

test("a hex dump has sixteen bytes per line and stops at the limit", () => {
  expect(hexDump(encoder.encode("0123456789abcdefXY\n"), 18)).toBe(
    "00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n" +
      `00000010  ${"58 59".padEnd(47)}  XY`,
  );
});
