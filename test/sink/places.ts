import * as nodeFs from "node:fs/promises";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IFs, memfs } from "memfs";
import type { FileSink, SinkLink } from "../../src/api/sink.ts";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import { createMapSink } from "../../src/sink/map-sink.ts";
import type { SinkFs } from "../../src/sink/sink-fs.ts";
import { createTreeSink, type FileSystemTree } from "../../src/sink/tree-sink.ts";
import { followed, type Listing } from "./trees.ts";

const decoder = new TextDecoder();

/** A sink, and functions by which a test reads and changes its files without the sink. */
export interface Place {
  sink: FileSink;
  /** Whether the place keeps the modes of files, and links. */
  modes: boolean;
  links: boolean;
  /** Lists the files. */
  show(): Promise<Listing>;
  /** Writes a file without the sink. */
  put(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  dispose(): Promise<void>;
}

/** Creates a place in a Map. */
export function mapPlace(): Place {
  const map = new Map<string, Uint8Array | SinkLink>();
  return {
    sink: createMapSink(map),
    modes: false,
    links: true,
    async show() {
      const listing: Listing = {};
      for (const [path, entry] of map)
        listing[path] = entry instanceof Uint8Array ? decoder.decode(entry) : `-> ${entry.to}`;
      return listing;
    },
    async put(path, text) {
      map.set(path, new TextEncoder().encode(text));
    },
    async remove(path) {
      for (const key of map.keys()) if (`${key}/`.startsWith(`${path}/`)) map.delete(key);
    },
    async dispose() {},
  };
}

/** Lists the files of a tree. */
export function showTree(tree: FileSystemTree, above = "", listing: Listing = {}): Listing {
  for (const [name, node] of Object.entries(tree)) {
    const path = above + name;
    if ("directory" in node) showTree(node.directory, `${path}/`, listing);
    else if ("symlink" in node.file) listing[path] = `-> ${followed(path, node.file.symlink)}`;
    else {
      const { contents } = node.file;
      listing[path] = typeof contents === "string" ? contents : decoder.decode(contents);
    }
  }
  return listing;
}

/** Creates a place in a tree for WebContainers. */
export function treePlace(): Place {
  const sink = createTreeSink({});
  return {
    sink,
    modes: false,
    links: true,
    show: async () => showTree(sink.tree),
    async put(path, text) {
      const parts = path.split("/");
      let folder = sink.tree;
      for (const part of parts.slice(0, -1)) {
        folder[part] ??= { directory: {} };
        folder = (folder[part] as { directory: FileSystemTree }).directory;
      }
      folder[parts.at(-1)!] = { file: { contents: text } };
    },
    async remove(path) {
      const parts = path.split("/");
      let folder = sink.tree;
      for (const part of parts.slice(0, -1)) folder = (folder[part] as { directory: FileSystemTree }).directory;
      delete folder[parts.at(-1)!];
    },
    async dispose() {},
  };
}

type Promises = typeof nodeFs;

/** Lists a folder without the hidden lock. Empty folders end in a slash. */
export async function showFolder(fs: Promises, folder: string): Promise<Listing> {
  const listing: Listing = {};
  const visit = async (path: string): Promise<void> => {
    const entries = await fs.readdir(join(folder, path), { withFileTypes: true });
    if (entries.length === 0 && path !== "") listing[`${path}/`] = "";
    for (const entry of entries) {
      const inside = path === "" ? entry.name : `${path}/${entry.name}`;
      const at = join(folder, inside);
      if (entry.isDirectory()) await visit(inside);
      else if (entry.isSymbolicLink()) listing[inside] = `-> ${followed(inside, await fs.readlink(at))}`;
      else if (inside !== "node_modules/.package-lock.json") {
        const runs = ((await fs.lstat(at)).mode & 0o111) !== 0;
        listing[inside] = (runs ? "+x " : "") + (await fs.readFile(at, "utf8"));
      }
    }
  };
  await visit("");
  return listing;
}

/** Creates a place in a folder of a file system. */
export function folderPlace(fs: Promises, folder: string, dispose: () => Promise<void>): Place {
  return {
    sink: createFsSink(fs, folder),
    modes: true,
    links: true,
    show: () => showFolder(fs, folder),
    async put(path, text) {
      await fs.mkdir(join(folder, path, ".."), { recursive: true });
      await fs.writeFile(join(folder, path), text);
    },
    remove: (path) => fs.rm(join(folder, path), { recursive: true }),
    dispose,
  };
}

/** Creates a file system in memory with an empty project. */
export function memPromises(): Promises {
  const { fs }: { fs: IFs } = memfs({ "/project/package.json": "{}" });
  return fs.promises as unknown as Promises;
}

/** Creates a place in a file system in memory. */
export async function memPlace(): Promise<Place> {
  const fs = memPromises();
  await fs.rm("/project/package.json");
  return folderPlace(fs, "/project", async () => {});
}

/** Creates a place in a temporary folder on the disk. */
export async function diskPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "webhoist-sink-"));
  return folderPlace(nodeFs, folder, () => rm(folder, { recursive: true }));
}

/** Type tests: Node's and memfs' modules must fit `SinkFs`. */
const _shapes: readonly SinkFs[] = [nodeFs, memfs().fs.promises];
