import type { SinkFile, SinkHost, SinkLink, SinkState } from "../api/sink.ts";
import { runWithPauses } from "../base/run-to-end.ts";
import type { UncheckedSession } from "./checked-sink.ts";
import { foldersAbove, refusePath, rootsOf } from "./sink-paths.ts";

/** The files that are collected, or put into the tree, between two pauses. */
export const FILES_AT_ONCE = 2000;

/** A package in a sink in memory. */
interface MemoryPackage<V> {
  integrity: string;
  /** By path relative to the project. */
  files: ReadonlyMap<string, V>;
}

/** The packages and links of the last change. */
export interface MemoryState<V> {
  packages: ReadonlyMap<string, MemoryPackage<V>>;
  links: readonly SinkLink[];
}

/** The new content of some `node_modules` folders. */
export interface MemoryTree<V> {
  /** Files of packages by location, then by path relative to the project. A kept package keeps its object. */
  packages: ReadonlyMap<string, ReadonlyMap<string, V>>;
  links: readonly SinkLink[];
  roots: ReadonlySet<string>;
}

/** Reads and changes a tree in memory. `V` is the type of its files. */
export interface MemoryView<V> {
  /** Returns a lookup function that is valid until the tree changes. */
  reader(): (path: string) => unknown;
  file(file: SinkFile): V;
  /** Returns the kind of a value that the reader found. */
  kind(value: unknown): "file" | "folder" | "link";
  /** Prepares a package that will be part of the tree, so that `replace` has less to do. */
  stage?(location: string, files: ReadonlyMap<string, V>): void;
  /** Prepares the new content of the folders `roots`, with pauses, and returns the step that replaces the old one. */
  replace(next: MemoryTree<V>): Generator<undefined, () => void>;
}

/** A change of a tree in memory. Packages are collected in maps, and put into the tree in one step. */
export class MemorySession<V> implements UncheckedSession {
  readonly held: ReadonlyMap<string, string>;
  readonly #view: MemoryView<V>;
  readonly #state: MemoryState<V>;
  readonly #staged = new Map<string, Map<string, V>>();

  readonly #host: SinkHost;

  constructor(view: MemoryView<V>, state: MemoryState<V>, host: SinkHost) {
    this.#host = host;
    this.#view = view;
    this.#state = state;
    const held = new Map<string, string>();
    const read = view.reader();
    // The embedder may have changed the tree: a package is held only if all its files are still the same objects.
    for (const [location, { integrity, files }] of state.packages)
      if ([...files].every(([path, value]) => read(path) === value)) held.set(location, integrity);
    this.held = held;
  }

  async begin(): Promise<void> {}

  async write(location: string, files: Iterable<SinkFile>): Promise<void> {
    const staged = new Map<string, V>();
    for (const file of files) {
      staged.set(`${location}/${file.path}`, this.#view.file(file));
      if (staged.size % FILES_AT_ONCE === 0) await this.#host.nextTurn();
    }
    this.#view.stage?.(location, staged);
    this.#staged.set(location, staged);
  }

  async commit({ packages, links }: SinkState): Promise<void> {
    const written = new Map<string, MemoryPackage<V>>();
    const next = new Map<string, ReadonlyMap<string, V>>();
    for (const [location, integrity] of packages) {
      const files = this.#staged.get(location) ?? this.#state.packages.get(location)?.files ?? new Map();
      written.set(location, { integrity, files });
      next.set(location, files);
    }
    const linkPaths = [...this.#state.links, ...links].map(({ path }) => path);
    const roots = rootsOf(this.#state.packages.keys(), packages.keys(), linkPaths);
    const read = this.#view.reader();
    const filled = rootsOf(
      packages.keys(),
      links.map(({ path }) => path),
    );
    for (const root of roots) {
      const obstacle = this.#obstacle(root, read);
      if (obstacle !== undefined && filled.has(root)) refusePath(obstacle, "is not a folder. Remove it");
      if (obstacle !== undefined) roots.delete(root);
    }
    const replace = await runWithPauses(this.#view.replace({ packages: next, links, roots }), () =>
      this.#host.nextTurn(),
    );
    replace();
    this.#state.packages = written;
    this.#state.links = links;
  }

  /** Returns a link that is a `node_modules` folder, or a link or file above it. It belongs to the embedder, and is not followed. */
  #obstacle(root: string, read: (path: string) => unknown): string | undefined {
    return [root, ...foldersAbove(root)].find((path) => {
      const value = read(path);
      if (value === undefined) return false;
      const kind = this.#view.kind(value);
      return kind === "link" || (kind === "file" && path !== root);
    });
  }

  async abort(): Promise<void> {
    this.#staged.clear();
  }
}
