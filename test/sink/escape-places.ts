import * as nodeFs from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FileSink, SinkLink } from "../../src/api/sink.ts";
import { createFsSink } from "../../src/sink/fs-sink.ts";
import { createMapSink } from "../../src/sink/map-sink.ts";
import { createTarSink } from "../../src/sink/tar-sink.ts";
import { createTreeSink } from "../../src/sink/tree-sink.ts";
import { createZipSink } from "../../src/sink/zip-sink.ts";
import { createOpfsSink } from "../../web/sinks/opfs-sink.ts";
import { fakeFolder, type Store, showStore } from "./fake-opfs.ts";
import { memPromises, showFolder, showTree } from "./places.ts";
import type { Listing, TestTree } from "./trees.ts";
import { integrityOf, lockOf } from "./trees.ts";

type Promises = typeof nodeFs;

/** A project on a disk, and a folder beside it that nothing may touch. */
export class Scene {
  readonly fs: Promises;
  readonly base: string;
  readonly project: string;
  readonly outside: string;

  constructor(fs: Promises, base: string) {
    this.fs = fs;
    this.base = base;
    this.project = join(base, "project");
    this.outside = join(base, "outside");
  }

  at(path: string): string {
    return join(this.project, path);
  }

  async write(path: string, text: string): Promise<void> {
    await this.fs.mkdir(dirname(this.at(path)), { recursive: true });
    await this.fs.writeFile(this.at(path), text);
  }

  /** Moves a path out of the project, if it exists, and puts a link in its place. */
  async moveOut(path: string, target: (moved: string) => string): Promise<void> {
    const moved = join(this.outside, "moved");
    await this.fs.mkdir(dirname(this.at(path)), { recursive: true });
    await this.fs.rm(moved, { recursive: true, force: true });
    const before = await this.fs.lstat(this.at(path)).catch(() => null);
    // memfs renames the target of a link.
    if (before?.isSymbolicLink()) await this.fs.unlink(this.at(path));
    if (before && !before.isSymbolicLink()) await this.fs.rename(this.at(path), moved);
    else await this.fs.mkdir(moved);
    await this.fs.symlink(target(moved), this.at(path));
  }

  /** Makes the hidden lock newer than every folder, as an attacker would. */
  async renewLock(): Promise<void> {
    const later = Date.now() / 1000 + 60;
    await this.fs.utimes(this.at("node_modules/.package-lock.json"), later, later).catch(() => {});
  }

  async hiddenLock(change: (packages: Record<string, object>) => void, tree: TestTree): Promise<void> {
    const lock = JSON.parse(lockOf(tree));
    change(lock.packages);
    await this.write("node_modules/.package-lock.json", JSON.stringify(lock));
  }

  sink(): FileSink {
    return createFsSink(this.fs, this.project);
  }

  /** Lists the folder outside, with the times of its files. */
  async showOutside(): Promise<Listing> {
    const listing = await showFolder(this.fs, this.outside);
    for (const path of Object.keys(listing))
      listing[path] += ` ${(await this.fs.lstat(join(this.outside, path))).mtimeMs}`;
    return listing;
  }

  /** Lists the project without work folders and empty folders. */
  async show(): Promise<Listing> {
    const all = await showFolder(this.fs, this.project);
    return Object.fromEntries(
      Object.entries(all).filter(([path]) => !path.startsWith(".webhoist-install") && !path.endsWith("/")),
    );
  }
}

export async function withScene(kind: "disk" | "memfs", work: (scene: Scene) => Promise<void>): Promise<void> {
  const fs = kind === "disk" ? nodeFs : memPromises();
  const base = kind === "disk" ? await nodeFs.mkdtemp(join(tmpdir(), "webhoist-escape-")) : "/base";
  const scene = new Scene(fs, base);
  try {
    await fs.mkdir(scene.project, { recursive: true });
    await fs.mkdir(join(scene.outside, "node_modules/x"), { recursive: true });
    await fs.writeFile(join(scene.outside, "precious"), "precious");
    await fs.writeFile(join(scene.outside, "node_modules/x/package.json"), '{"version":"1.0.0"}');
    await work(scene);
  } finally {
    await fs.rm(base, { recursive: true, force: true });
  }
}

/** An entry of a hidden lock that fits a package. */
export function entryOf(files: Readonly<Record<string, string>>): object {
  return { version: JSON.parse(files["package.json"]!).version, integrity: integrityOf(files) };
}

/** A sink of each kind, and the paths that it holds after an install. Archives are empty unless the install succeeded. */
export interface AnySink {
  sink: FileSink;
  show(): Promise<Listing>;
}

const decoder = new TextDecoder();

/** Reads a stream, and returns its bytes as text with one character each; "" if it failed. */
function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).arrayBuffer().then(
    (bytes) => new TextDecoder("latin1").decode(bytes),
    () => "",
  );
}

function tarNames(text: string): Listing {
  const listing: Listing = {};
  for (let at = 0; at + 512 <= text.length && text[at] !== "\0"; ) {
    const size = Number.parseInt(text.slice(at + 124, at + 135), 8);
    const name = text.slice(at, at + 100).replace(/\0.*/s, "");
    listing[name] = name in listing ? "twice" : text.slice(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return listing;
}

function zipNames(text: string): Listing {
  const listing: Listing = {};
  for (let at = text.indexOf("PK\x01\x02"); at >= 0; at = text.indexOf("PK\x01\x02", at + 4)) {
    const length = text.charCodeAt(at + 28) + 256 * text.charCodeAt(at + 29);
    const name = text.slice(at + 46, at + 46 + length);
    listing[name] = name in listing ? "twice" : "";
  }
  return listing;
}

export const anySinks: Record<string, () => AnySink> = {
  Map: () => {
    const map = new Map<string, Uint8Array | SinkLink>();
    const show = async (): Promise<Listing> =>
      Object.fromEntries([...map].map(([path, it]) => [path, it instanceof Uint8Array ? decoder.decode(it) : "link"]));
    return { sink: createMapSink(map), show };
  },
  tree: () => {
    const sink = createTreeSink();
    return { sink, show: async () => showTree(sink.tree) };
  },
  tar: () => {
    const sink = createTarSink();
    const text = readAll(sink.stream);
    return { sink, show: async () => tarNames(await text) };
  },
  zip: () => {
    const sink = createZipSink({ level: 0 });
    const text = readAll(sink.stream);
    return { sink, show: async () => zipNames(await text) };
  },
  "origin-private file system": () => {
    const store: Store = new Map();
    return { sink: createOpfsSink(fakeFolder(store, { moves: true })), show: async () => showStore(store) };
  },
  memfs: () => {
    const fs = memPromises();
    return { sink: createFsSink(fs, "/empty"), show: () => showFolder(fs, "/empty") };
  },
};
