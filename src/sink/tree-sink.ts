import { guardSink } from "./guard.ts";
import { MemorySession, type MemoryState, type MemoryView } from "./memory-session.ts";
import type { FileSink } from "./sink.ts";
import { linkText } from "./sink-paths.ts";

/** A folder as WebContainers mount it: name to what is there. */
export interface FileSystemTree {
  [name: string]: DirectoryNode | FileNode | SymlinkNode;
}

export interface DirectoryNode {
  directory: FileSystemTree;
}

export interface FileNode {
  file: { contents: string | Uint8Array };
}

export interface SymlinkNode {
  /** Where it leads, seen from the folder it stands in. */
  file: { symlink: string };
}

type TreeNode = FileSystemTree[string];

export interface TreeSink extends FileSink {
  /** The tree as the last change left it. Another object after each change; what did not change is shared with the one before. */
  readonly tree: FileSystemTree;
}

/**
 * Files in the nested object that WebContainers mount. `tree` is what is there already (the project's own files, which stay);
 * it is not written to. There are no modes in such a tree.
 */
export function createTreeSink(tree: FileSystemTree = newFolder()): TreeSink {
  let current = tree;
  const view: MemoryView<TreeNode> = {
    get: (path) => find(current, path),
    file: ({ bytes }) => ({ file: { contents: bytes } }),
    link: (link) => ({ file: { symlink: linkText(link) } }),
    replace(next, roots) {
      const builder = new TreeBuilder(current);
      for (const root of roots) builder.remove(root);
      for (const [path, node] of next) builder.put(path, node);
      // npm leaves the folder there, too.
      builder.folder("node_modules");
      current = share(current, builder.tree, builder.own);
    },
  };
  const state: MemoryState<TreeNode> = { packages: new Map(), links: [] };
  const sink = guardSink({}, async () => new MemorySession(view, state));
  return {
    open: sink.open,
    get tree() {
      return current;
    },
  };
}

/** Names come from outside: `__proto__` is one like any other. */
function newFolder(): FileSystemTree {
  return Object.create(null);
}

function child(folder: FileSystemTree, name: string): TreeNode | undefined {
  return Object.hasOwn(folder, name) ? folder[name] : undefined;
}

function find(tree: FileSystemTree, path: string): TreeNode | undefined {
  let node: TreeNode | undefined = { directory: tree };
  for (const name of path.split("/")) node = node && "directory" in node ? child(node.directory, name) : undefined;
  return node;
}

/** Changes a copy: a folder is copied when something in it changes. */
class TreeBuilder {
  readonly tree: FileSystemTree;
  /** Folders that are this tree's own. */
  readonly own = new Set<FileSystemTree>();
  /** Of `put`: most files have the folder of the one before. */
  #folders = new Map<string, FileSystemTree>();

  constructor(tree: FileSystemTree) {
    this.tree = this.#copy(tree);
    this.#folders.set("", this.tree);
  }

  remove(path: string): void {
    const cut = path.lastIndexOf("/");
    const above = path.slice(0, Math.max(0, cut));
    if (above === "" || find(this.tree, above)) delete this.folder(above)[path.slice(cut + 1)];
    this.#folders = new Map([["", this.tree]]);
  }

  put(path: string, node: TreeNode): void {
    const cut = path.lastIndexOf("/");
    this.folder(path.slice(0, Math.max(0, cut)))[path.slice(cut + 1)] = node;
  }

  folder(path: string): FileSystemTree {
    const known = this.#folders.get(path);
    if (known) return known;
    const cut = path.lastIndexOf("/");
    const above = this.folder(path.slice(0, Math.max(0, cut)));
    const name = path.slice(cut + 1);
    const before = child(above, name);
    const made = this.#copy(before && "directory" in before ? before.directory : newFolder());
    above[name] = { directory: made };
    this.#folders.set(path, made);
    return made;
  }

  #copy(folder: FileSystemTree): FileSystemTree {
    const made = Object.assign(newFolder(), folder);
    this.own.add(made);
    return made;
  }
}

/** `after`, or `before` where they hold the same things; so down to the last folder that was made anew. */
function share(before: FileSystemTree, after: FileSystemTree, made: ReadonlySet<FileSystemTree>): FileSystemTree {
  let same = true;
  for (const [name, node] of Object.entries(after)) {
    const old = child(before, name);
    if (old !== undefined && "directory" in old && "directory" in node && made.has(node.directory)) {
      if (share(old.directory, node.directory, made) === old.directory) after[name] = old;
    }
    if (after[name] !== old) same = false;
  }
  return same && Object.keys(before).length === Object.keys(after).length ? before : after;
}
