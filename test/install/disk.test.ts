import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileStat } from "../../src/api/install.ts";
import { codeOf, indexOf } from "./index-of.ts";

type Packs = Readonly<Record<string, readonly string[]>>;
type Links = Readonly<Record<string, string>>;

/** Writes the tree to a disk as npm does: outer packages first, then inner ones, then links. */
function write(root: string, packs: Packs, links: Links): void {
  const clear = (path: string): string => {
    rmSync(join(root, path), { recursive: true, force: true });
    mkdirSync(dirname(join(root, path)), { recursive: true });
    return join(root, path);
  };
  for (const location of Object.keys(packs).sort((a, b) => a.length - b.length)) {
    mkdirSync(clear(location));
    for (const path of packs[location] ?? []) {
      mkdirSync(dirname(join(root, location, path)), { recursive: true });
      writeFileSync(join(root, location, path), path);
    }
  }
  for (const [path, to] of Object.entries(links))
    symlinkSync(relative(dirname(join(root, path)), join(root, to)), clear(path));
}

const name = fc.constantFrom("a", "b", "@s/a", "__proto__");
const location = fc
  .array(name, { minLength: 1, maxLength: 2 })
  .map((names) => names.map((one) => `node_modules/${one}`).join("/"));
const file = fc.constantFrom(
  "package.json",
  "lib/x.js",
  "lib/y/z.js",
  "node_modules/b/index.js",
  "node_modules/b/lib/x.js",
);
const packs: fc.Arbitrary<Packs> = fc.dictionary(location, fc.uniqueArray(file, { minLength: 1 }), {
  minKeys: 1,
  maxKeys: 5,
});
const target = fc.oneof(
  location,
  fc.constantFrom(
    "node_modules/a/lib",
    "node_modules/a/lib/x.js",
    "node_modules/l",
    "node_modules/m",
    "node_modules/none",
    "w",
  ),
);
const links: fc.Arbitrary<Links> = fc.dictionary(
  fc.constantFrom("node_modules/l", "node_modules/m", "node_modules/.bin/c"),
  target,
);
const asked = fc.array(
  fc
    .tuple(
      fc.constantFrom(
        "node_modules",
        "node_modules/l",
        "node_modules/m",
        "node_modules/a",
        "node_modules/a/node_modules/b",
        "node_modules/@s/a",
      ),
      fc.constantFrom(
        "",
        "/",
        "/lib",
        "/lib/x.js",
        "/lib/x.js/deeper",
        "/lib//y/./z.js",
        "/none",
        "/.bin/c",
        "/node_modules/b",
        "/node_modules/b/index.js",
        "/@s",
        "/lib/y/../x.js",
      ),
    )
    .map((parts) => parts.join("")),
  { minLength: 12, maxLength: 12 },
);

/** The calls on a tree and their results: values, or the codes of failures. */
interface Asked {
  size(path: string): number | "directory";
  link(path: string): string | null;
  names(path: string): string[];
  real(path: string): string;
  text(path: string): string;
}

function answers(tree: Asked, path: string): Record<string, unknown> {
  const of = (ask: () => unknown): unknown => {
    let value: unknown;
    const code = codeOf(() => {
      value = ask();
    });
    return code || value;
  };
  return {
    path,
    size: of(() => tree.size(path)),
    link: of(() => tree.link(path)),
    names: of(() => tree.names(path)),
    real: of(() => tree.real(path)),
    text: of(() => tree.text(path)),
  };
}

function diskTree(root: string): Asked {
  const at = (path: string): string => join(root, path).replace(/\/$/, "");
  return {
    size: (path) => (statSync(at(path)).isDirectory() ? "directory" : statSync(at(path)).size),
    link: (path) => (lstatSync(at(path)).isSymbolicLink() ? readlinkSync(at(path)) : null),
    names: (path) => readdirSync(at(path)).sort(),
    real: (path) => relative(root, realpathSync(at(path))),
    text: (path) => readFileSync(at(path), "utf8"),
  };
}

function indexTree(packs: Packs, links: Links): Asked {
  const index = indexOf(packs, links);
  const size = ({ kind, size }: FileStat): number | "directory" => (kind === "directory" ? kind : size);
  return {
    size: (path) => size(index.stat(path)),
    link: (path) => index.lstat(path).target ?? null,
    names: (path) => index.readdir(path),
    real: (path) => index.realpath(path),
    text: (path) => {
      const found = index.find(path);
      return "pack" in found ? (found.pack.index.paths[found.position] ?? "") : "";
    },
  };
}

test("law: an index gives the same answers as a disk with the same tree", () => {
  fc.assert(
    fc.property(packs, links, asked, (packs, links, paths) => {
      const root = realpathSync(mkdtempSync(join(tmpdir(), "file-index-")));
      try {
        write(root, packs, links);
        const [disk, index] = [diskTree(root), indexTree(packs, links)];
        expect(paths.map((path) => answers(index, path))).toEqual(paths.map((path) => answers(disk, path)));
      } finally {
        rmSync(root, { recursive: true });
      }
    }),
    { numRuns: 100 },
  );
});
