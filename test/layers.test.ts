import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/**
 * The folders, from the bottom up, and the folders that each may import. A folder imports only folders above it in this list, so
 * there are no circles. Names without a top folder are of `src`; `src`, `web` are the files directly in them. Type-only and
 * dynamic imports count too.
 */
const LAYERS: Readonly<Record<string, string>> = {
  api: "",
  errors: "api",
  base: "errors",
  blobs: "api",
  spec: "api errors base",
  tarball: "api errors base",
  solver: "api",
  registry: "api errors base spec",
  project: "api errors base spec tarball registry",
  graph: "api errors base spec",
  lockfile: "api errors base spec registry project",
  placement: "errors base graph",
  "metadata-cache": "api errors base blobs",
  "pack-cache": "errors base blobs tarball",
  node: "api errors base",
  sink: "api errors base tarball",
  modules: "api errors base project node",
  "import-map": "api errors base spec tarball node modules",
  answer: "api errors base project graph import-map",
  explain: "api errors base spec",
  engine: "api errors base spec tarball registry project graph lockfile placement",
  ideal: "api errors base spec registry graph placement engine",
  flat: "api errors base spec solver registry graph explain engine",
  install: "api errors base spec tarball registry project lockfile pack-cache node",
  src: "api errors explain",
  "workers/host": "api errors base tarball metadata-cache pack-cache install",
  "workers/net": "api errors base registry metadata-cache workers/host",
  "workers/shared": "api errors",
  "workers/storage": "api errors blobs registry metadata-cache pack-cache workers/host",
  "workers/run":
    "api errors base spec tarball registry project graph lockfile answer explain engine ideal flat workers/host workers/net workers/storage",
  "workers/threads":
    "api errors base registry metadata-cache answer engine install workers/host workers/net workers/shared workers/storage workers/run",
  "web/options": "api errors base",
  "web/sinks": "api errors base sink",
  "web/backends":
    "api errors base answer install workers/host workers/net workers/shared workers/storage workers/run workers/threads",
  "web/install":
    "api errors base spec tarball registry project pack-cache sink install workers/host workers/net workers/storage workers/run web/options web/backends",
  "web/bundlers": "api errors base node modules",
  web: "api errors base registry sink modules explain workers/host workers/net web/options web/sinks web/backends web/install",
  "web/cli": "api errors base spec registry sink explain web",
  "web/playground": "api errors spec sink explain install workers/host web",
};

/** Returns the folder of a file, under its name in the list. */
function folderOf(file: string): string {
  const [top = "", folder = ""] = posix.dirname(file).split("/");
  if (folder === "") return top;
  return top === "src" ? folder : `${top}/${folder}`;
}

const files = ["src", "workers", "web"].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => posix.join(top, file)),
);

/** Every import between files, as paths from the repository's root. Packages and Node's modules are left out. */
const imports = files.flatMap((from) =>
  [...readFileSync(join(ROOT, from), "utf8").matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"?]+)/g)].map(
    ([, path = ""]) => ({
      from,
      to: posix.normalize(posix.join(dirname(from), path)),
    }),
  ),
);

/** Imports across folders: an example of each arrow by its two ends. */
const arrows = new Map(
  imports
    .filter(({ from, to }) => folderOf(from) !== folderOf(to))
    .map(({ from, to }) => [`${folderOf(from)} -> ${folderOf(to)}`, `${from} imports ${to}`]),
);

const allowed = new Set(
  Object.entries(LAYERS).flatMap(([from, list]) => list.split(" ").flatMap((to) => (to ? `${from} -> ${to}` : []))),
);

test("every import between folders is allowed", () => {
  expect([...arrows].filter(([arrow]) => !allowed.has(arrow)).map(([, example]) => example)).toEqual([]);
});

test("every allowed import between folders is used", () => {
  expect([...allowed].filter((arrow) => !arrows.has(arrow))).toEqual([]);
});

test("the list has every folder, and each imports only folders above it", () => {
  const order = Object.keys(LAYERS);
  expect([...order].sort()).toEqual([...new Set(files.map(folderOf))].sort());
  for (const [from, list] of Object.entries(LAYERS)) {
    const below = list.split(" ").filter((to) => to && order.indexOf(to) >= order.indexOf(from));
    expect(below, from).toEqual([]);
  }
});

test("src/api imports nothing outside itself", () => {
  expect(imports.filter(({ from, to }) => from.startsWith("src/api/") && !to.startsWith("src/api/"))).toEqual([]);
  const bare = /^(?:import|export \*|export \{|\} from)\b.*"[^."][^"]*";$/m;
  const found = files.filter(
    (file) => file.startsWith("src/api/") && bare.test(readFileSync(join(ROOT, file), "utf8")),
  );
  expect(found).toEqual([]);
});

test("CONTRIBUTING has the same table", () => {
  const [, section = ""] = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8").split(/^## Layers$/m);
  const rows = [...section.split(/^## /m)[0]!.matchAll(/^\| `([^`|]+)` \|(.*)\|$/gm)];
  const table = rows.map(([, folder, cell = ""]) => [
    folder,
    [...cell.matchAll(/`([^`]+)`/g)].map(([, to]) => to).join(" "),
  ]);
  expect(table).toEqual(Object.entries(LAYERS));
});
