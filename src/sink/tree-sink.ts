import type { FileSink } from "../api/sink.ts";
import { guardSink } from "./checked-sink.ts";
import { MemorySession, type MemoryState, type MemoryView } from "./memory-session.ts";
import { folderOf, linkText } from "./sink-paths.ts";

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
type Files = ReadonlyMap<string, FileNode>;

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
  // A package's own folder, made when it is written: to finish a change is to put a few hundred of them together.
  const folders = new WeakMap<Files, FileSystemTree>();
  const folderOfFiles = (location: string, files: Files): FileSystemTree => {
    const folder = folders.get(files) ?? buildFolder(location, files);
    folders.set(files, folder);
    return folder;
  };
  const view: MemoryView<FileNode> = {
    reader: () => readerOf(current),
    file: ({ bytes }) => ({ file: { contents: bytes } }),
    stage: folderOfFiles,
    replace({ packages, links, roots }) {
      const builder = new TreeBuilder(current);
      for (const root of roots) builder.remove(root);
      // npm leaves the folder there, too.
      builder.folder("node_modules");
      // What is around goes first: a package takes the place of what another one brought there.
      for (const [location, files] of [...packages].sort(([a], [b]) => a.length - b.length))
        builder.put(location, { directory: folderOfFiles(location, files) });
      for (const link of links) builder.put(link.path, { file: { symlink: linkText(link) } });
      current = share(current, builder.tree, builder.own);
    },
  };
  const state: MemoryState<FileNode> = { packages: new Map(), links: [] };
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

function buildFolder(location: string, files: Files): FileSystemTree {
  const builder = new TreeBuilder(newFolder());
  for (const [path, node] of files) builder.put(path.slice(location.length + 1), node);
  return builder.tree;
}

function child(folder: FileSystemTree | undefined, name: string): TreeNode | undefined {
  return folder && Object.hasOwn(folder, name) ? folder[name] : undefined;
}

/** Looks paths up; most have the folder of the one before. */
function readerOf(tree: FileSystemTree): (path: string) => TreeNode | undefined {
  const folders = new Map<string, FileSystemTree | undefined>([["", tree]]);
  const folderAt = (path: string): FileSystemTree | undefined => {
    if (!folders.has(path)) {
      const node = read(path);
      folders.set(path, node && "directory" in node ? node.directory : undefined);
    }
    return folders.get(path);
  };
  const read = (path: string): TreeNode | undefined =>
    child(folderAt(folderOf(path)), path.slice(path.lastIndexOf("/") + 1));
  return read;
}

/** Changes a copy: a folder is copied when something in it changes. */
class TreeBuilder {
  readonly tree: FileSystemTree;
  /** Folders that are this tree's own. */
  readonly own = new Set<FileSystemTree>();
  /** The same by path. */
  readonly #folders = new Map<string, FileSystemTree>();

  constructor(tree: FileSystemTree) {
    this.tree = this.#copy(tree);
    this.#folders.set("", this.tree);
  }

  /** Nothing below it may have been asked for. */
  remove(path: string): void {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const read = readerOf(this.tree);
    if (read(path)) delete this.folder(folderOf(path))[name];
  }

  /** Nothing below it may have been asked for. */
  put(path: string, node: TreeNode): void {
    this.folder(folderOf(path))[path.slice(path.lastIndexOf("/") + 1)] = node;
  }

  folder(path: string): FileSystemTree {
    const known = this.#folders.get(path);
    if (known) return known;
    const above = this.folder(folderOf(path));
    const name = path.slice(path.lastIndexOf("/") + 1);
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
  for (const name of Object.keys(after)) {
    const old = child(before, name);
    const node = after[name]!;
    if (old && isSame(old, node, made)) after[name] = old;
    else same = false;
  }
  return same && Object.keys(before).length === Object.keys(after).length ? before : after;
}

function isSame(old: TreeNode, node: TreeNode, made: ReadonlySet<FileSystemTree>): boolean {
  if (old === node) return true;
  if ("directory" in old || "directory" in node) {
    if (!("directory" in old && "directory" in node)) return false;
    if (made.has(node.directory)) node.directory = share(old.directory, node.directory, made);
    return old.directory === node.directory;
  }
  return "symlink" in old.file && "symlink" in node.file && old.file.symlink === node.file.symlink;
}
