import type { PackIndex } from "../tarball/pack-index.ts";

/** Linear searches before a map is made, which costs about as much. */
const SEARCHES = 4;

/** The files of a pack by path, and its folders. Both maps are made when they are first needed. */
export class PackView {
  readonly #paths: readonly string[];
  #searches = 0;
  #positions: Map<string, number> | null = null;
  #folders: Map<string, Set<string>> | null = null;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Returns a file's position in the arrays of the index. */
  position(path: string): number | undefined {
    if (!this.#positions && this.#searches++ < SEARCHES) {
      const position = this.#paths.lastIndexOf(path);
      return position < 0 ? undefined : position;
    }
    this.#positions ??= new Map(this.#paths.map((one, position) => [one, position]));
    return this.#positions.get(path);
  }

  /** Returns the names in a folder of the pack; `""` is the package's own folder. */
  names(folder: string): ReadonlySet<string> | undefined {
    this.#folders ??= folderNames(this.#paths);
    return this.#folders.get(folder);
  }
}

const views = new WeakMap<PackIndex, PackView>();

/** Returns the view of an index. All locations and projects with the same index share it. */
export function viewOf(index: PackIndex): PackView {
  let view = views.get(index);
  if (!view) {
    view = new PackView(index.paths);
    views.set(index, view);
  }
  return view;
}

/** Returns the folders of relative paths, and the names in each. For `a/b/c`: `""` has a, `a` has b, `a/b` has c. */
export function folderNames(paths: Iterable<string>): Map<string, Set<string>> {
  const folders = new Map([["", new Set<string>()]]);
  for (let path of paths) {
    // If a folder is known, the folders above it are known too.
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
