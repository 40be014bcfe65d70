import type { PackIndex } from "../tarball/pack-index.ts";

/** Of a pack's paths, before a map is made of them. */
const SEARCHES = 4;

/** A pack's files by path, and its folders: each worked out when it is first asked for. */
export class PackView {
  readonly #paths: readonly string[];
  #asked = 0;
  #places: Map<string, number> | null = null;
  #folders: Map<string, Set<string>> | null = null;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** A file's place in the index's arrays. */
  place(path: string): number | undefined {
    // A map costs what some searches do.
    if (!this.#places && this.#asked++ < SEARCHES) {
      const place = this.#paths.lastIndexOf(path);
      return place < 0 ? undefined : place;
    }
    this.#places ??= new Map(this.#paths.map((one, place) => [one, place]));
    return this.#places.get(path);
  }

  /** What is in a folder of the pack; `""` is the package's own. */
  names(folder: string): ReadonlySet<string> | undefined {
    this.#folders ??= folderNames(this.#paths);
    return this.#folders.get(folder);
  }
}

const views = new WeakMap<PackIndex, PackView>();

/** One for an index, however many locations, and projects, it fills. */
export function viewOf(index: PackIndex): PackView {
  let view = views.get(index);
  if (!view) {
    view = new PackView(index.paths);
    views.set(index, view);
  }
  return view;
}

/** The folders that these relative paths make, and the names in each. `a/b/c`: `""` has a, `a` has b, `a/b` has c. */
export function folderNames(paths: Iterable<string>): Map<string, Set<string>> {
  const folders = new Map([["", new Set<string>()]]);
  for (let path of paths) {
    // Once a folder is known, so are those above it.
    for (let known = false; !known && path !== ""; ) {
      const slash = path.lastIndexOf("/");
      const folder = path.slice(0, Math.max(slash, 0));
      const names = folders.get(folder);
      known = names !== undefined;
      if (names) names.add(path.slice(slash + 1));
      else folders.set(folder, new Set([path.slice(slash + 1)]));
      path = folder;
    }
  }
  return folders;
}
