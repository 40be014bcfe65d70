import type { FileSink } from "../api/sink.ts";
import { isObject } from "../base/json.ts";
import { invalidInput, shortValue } from "../errors/invalid-option.ts";
import { checkedSink } from "./checked-sink.ts";
import { FILES_AT_ONCE, MemorySession, type MemoryState, type MemoryView } from "./memory-session.ts";
import { folderOf, linkText } from "./sink-paths.ts";

/** A folder as WebContainers mount it: names and their nodes. */
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
  /** The target, relative to the link's folder. */
  file: { symlink: string };
}

type TreeNode = FileSystemTree[string];
type Files = ReadonlyMap<string, FileNode>;

export interface TreeSink extends FileSink {
  /** The tree after the last change: a new object after each change, which shares unchanged folders with the old one. */
  readonly tree: FileSystemTree;
}

/**
 * Makes a sink that writes into the nested object that WebContainers mount. Such a tree has no modes. A change:
 *
 * 1. Builds the folder of each package when it is written, before `commit`.
 * 2. Copies the folders around the packages, and puts the packages and links into the copies.
 * 3. Shares every folder that did not change with the tree before.
 *
 * @param tree the project's own files. They are part of every tree. The object itself is not changed
 * @throws InstallError EINVALIDINPUT
 */
export function createTreeSink(tree: FileSystemTree = newFolder()): TreeSink {
  if (!isObject(tree)) throw invalidInput(`createTreeSink takes a tree of files, not ${shortValue(tree)}.`);
  let current = tree;
  // Folders are made when a package is written, so that `commit` only has to join them.
  const packageFolders = new WeakMap<Files, FileSystemTree>();
  const packageFolder = (location: string, files: Files): FileSystemTree => {
    const folder = packageFolders.get(files) ?? buildFolder(location, files);
    packageFolders.set(files, folder);
    return folder;
  };
  const view: MemoryView<FileNode> = {
    reader: () => readerOf(current),
    file: ({ bytes }) => ({ file: { contents: bytes } }),
    kind: (node) => kindOf(node as TreeNode),
    stage: packageFolder,
    *replace({ packages, links, roots }) {
      let count = 0;
      const builder = new TreeBuilder(current);
      for (const root of roots) builder.remove(root);
      // npm makes this folder for an empty tree too.
      builder.folder("node_modules");
      // Outer packages first: an inner package replaces a bundled one at the same location.
      for (const [location, files] of [...packages].sort(([a], [b]) => a.length - b.length)) {
        builder.put(location, { directory: packageFolder(location, files) });
        if (++count % FILES_AT_ONCE === 0) yield;
      }
      for (const link of links) {
        builder.put(link.path, { file: { symlink: linkText(link) } });
        if (++count % FILES_AT_ONCE === 0) yield;
      }
      return () => {
        current = shareUnchanged(current, builder.tree, builder.own);
      };
    },
  };
  const state: MemoryState<FileNode> = { packages: new Map(), links: [] };
  const sink = checkedSink({}, async (host) => new MemorySession(view, state, host));
  return {
    open: sink.open,
    get tree() {
      return current;
    },
  };
}

function kindOf(node: TreeNode): "file" | "folder" | "link" {
  if ("directory" in node) return "folder";
  return "symlink" in node.file ? "link" : "file";
}

/** Makes a folder without a prototype, because a file may be called `__proto__`. */
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

/** Returns a lookup function. It remembers folders, because most paths are in the folder of the one before. */
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

/** Changes a copy of a tree. A folder is copied when something in it changes. */
class TreeBuilder {
  readonly tree: FileSystemTree;
  /** The copied folders. */
  readonly own = new Set<FileSystemTree>();
  /** The copied folders by path. */
  readonly #folders = new Map<string, FileSystemTree>();

  constructor(tree: FileSystemTree) {
    this.tree = this.#copy(tree);
    this.#folders.set("", this.tree);
  }

  /** Removes a path. `folder` must not have been called for a path below it. */
  remove(path: string): void {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const read = readerOf(this.tree);
    if (read(path)) delete this.folder(folderOf(path))[name];
  }

  /** Adds or replaces a node. `folder` must not have been called for a path below it. */
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

/** Returns `before` if both trees have the same content, otherwise `after`. Does the same for all copied folders in them. */
function shareUnchanged(
  before: FileSystemTree,
  after: FileSystemTree,
  copies: ReadonlySet<FileSystemTree>,
): FileSystemTree {
  let same = true;
  for (const name of Object.keys(after)) {
    const old = child(before, name);
    const node = after[name]!;
    if (old && isSame(old, node, copies)) after[name] = old;
    else same = false;
  }
  return same && Object.keys(before).length === Object.keys(after).length ? before : after;
}

function isSame(old: TreeNode, node: TreeNode, copies: ReadonlySet<FileSystemTree>): boolean {
  if (old === node) return true;
  if ("directory" in old || "directory" in node) {
    if (!("directory" in old && "directory" in node)) return false;
    if (copies.has(node.directory)) node.directory = shareUnchanged(old.directory, node.directory, copies);
    return old.directory === node.directory;
  }
  return "symlink" in old.file && "symlink" in node.file && old.file.symlink === node.file.symlink;
}
