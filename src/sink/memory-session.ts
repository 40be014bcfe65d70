import type { RawSession } from "./guard.ts";
import type { SinkFile, SinkLink, SinkState } from "./sink.ts";
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

/** How a tree in memory is looked at and changed. `V` is what stands for a file or a link in it. */
export interface MemoryView<V> {
  get(path: string): V | undefined;
  file(file: SinkFile): V;
  link(link: SinkLink): V;
  /** At once: below these `node_modules` folders there is `next` from here on, and nothing else. */
  replace(next: ReadonlyMap<string, V>, roots: ReadonlySet<string>): void;
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
    // Others can change the tree: what is not what was left there is not trusted.
    for (const [location, { integrity, files }] of state.packages)
      if ([...files].every(([path, value]) => view.get(path) === value)) held.set(location, integrity);
    this.held = held;
  }

  async begin(): Promise<void> {}

  async write(location: string, files: Iterable<SinkFile>): Promise<void> {
    const staged = new Map<string, V>();
    for (const file of files) staged.set(`${location}/${file.path}`, this.#view.file(file));
    this.#staged.set(location, staged);
  }

  async commit(state: SinkState): Promise<void> {
    const packages = new Map<string, Filled<V>>();
    const next = new Map<string, V>();
    for (const [location, integrity] of state.packages) {
      const files = this.#staged.get(location) ?? this.#state.packages.get(location)?.files ?? new Map();
      packages.set(location, { integrity, files });
      for (const [path, value] of files) if (isOwn(location, path, state.packages)) next.set(path, value);
    }
    for (const link of state.links) next.set(link.path, this.#view.link(link));
    const linkPaths = [...this.#state.links, ...state.links].map(({ path }) => path);
    this.#view.replace(next, rootsOf(this.#state.packages.keys(), packages.keys(), linkPaths));
    this.#state.packages = packages;
    this.#state.links = state.links;
  }

  async abort(): Promise<void> {
    this.#staged.clear();
  }
}

/** Whether no package of its own stands where this file of another was. */
function isOwn(location: string, path: string, packages: ReadonlyMap<string, string>): boolean {
  if (!path.includes("node_modules/", location.length)) return true;
  return packageFolders(path).every((folder) => folder.length <= location.length || !packages.has(folder));
}
