import type { SinkFile, SinkLink, SinkState } from "../api/sink.ts";
import type { RawSession } from "./checked-sink.ts";
import { packageFolders, rootsOf } from "./sink-paths.ts";

/** What a sink in memory made of one package's files. */
interface Filled<V> {
  integrity: string;
  /** By path relative to the project. */
  files: ReadonlyMap<string, V>;
}

/** What a sink in memory remembers of its last change. */
export interface MemoryState<V> {
  packages: ReadonlyMap<string, Filled<V>>;
  links: readonly SinkLink[];
}

/** A tree as it is to be below some `node_modules` folders. */
export interface MemoryTree<V> {
  /** Location to files by path relative to the project; the same object as long as the package stays. */
  packages: ReadonlyMap<string, ReadonlyMap<string, V>>;
  links: readonly SinkLink[];
  roots: ReadonlySet<string>;
}

/** How a tree in memory is looked at and changed. `V` is what stands for a file in it. */
export interface MemoryView<V> {
  /** For many looks in a row, while nothing changes. */
  reader(): (path: string) => unknown;
  file(file: SinkFile): V;
  /** A package that will be part of the tree, to do ahead what can be. */
  stage?(location: string, files: ReadonlyMap<string, V>): void;
  /** At once: below these folders there is this, and nothing else. */
  replace(next: MemoryTree<V>): void;
}

/** A change of a tree in memory: staged in maps, done in one step. */
export class MemorySession<V> implements RawSession {
  readonly held: ReadonlyMap<string, string>;
  readonly #view: MemoryView<V>;
  readonly #state: MemoryState<V>;
  readonly #staged = new Map<string, Map<string, V>>();

  constructor(view: MemoryView<V>, state: MemoryState<V>) {
    this.#view = view;
    this.#state = state;
    const held = new Map<string, string>();
    const read = view.reader();
    // Others can change the tree: what is not what was left there is not trusted.
    for (const [location, { integrity, files }] of state.packages)
      if ([...files].every(([path, value]) => read(path) === value)) held.set(location, integrity);
    this.held = held;
  }

  async begin(): Promise<void> {}

  async write(location: string, files: Iterable<SinkFile>): Promise<void> {
    const staged = new Map<string, V>();
    for (const file of files) staged.set(`${location}/${file.path}`, this.#view.file(file));
    this.#view.stage?.(location, staged);
    this.#staged.set(location, staged);
  }

  async commit({ packages, links }: SinkState): Promise<void> {
    const filled = new Map<string, Filled<V>>();
    const next = new Map<string, ReadonlyMap<string, V>>();
    for (const [location, integrity] of packages) {
      const files = this.#staged.get(location) ?? this.#state.packages.get(location)?.files ?? new Map();
      filled.set(location, { integrity, files });
      next.set(location, files);
    }
    const linkPaths = [...this.#state.links, ...links].map(({ path }) => path);
    const roots = rootsOf(this.#state.packages.keys(), packages.keys(), linkPaths);
    this.#view.replace({ packages: next, links, roots });
    this.#state.packages = filled;
    this.#state.links = links;
  }

  async abort(): Promise<void> {
    this.#staged.clear();
  }
}

/** Whether no package of its own stands where this file of another was. */
export function isOwn(location: string, path: string, packages: ReadonlyMap<string, unknown>): boolean {
  if (!path.includes("node_modules/", location.length)) return true;
  return packageFolders(path).every((folder) => folder.length <= location.length || !packages.has(folder));
}
