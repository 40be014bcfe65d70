/** A file handle with methods that some browsers and threads lack. */
interface FileHandle extends FileSystemFileHandle {
  /** In dedicated workers only; faster than `createWritable`. */
  createSyncAccessHandle?(): Promise<{
    write(bytes: Uint8Array): number;
    close(): void;
    truncate(size: number): void;
  }>;
  move?(folder: FileSystemDirectoryHandle, name: string): Promise<void>;
}

/** A folder of the origin-private file system. All paths are relative to it. */
export class OpfsDisk {
  readonly #folders = new Map<string, Promise<FileSystemDirectoryHandle>>();

  constructor(root: FileSystemDirectoryHandle) {
    this.#folders.set("", Promise.resolve(root));
  }

  /** Makes a folder and the folders above it. */
  folder(path: string): Promise<FileSystemDirectoryHandle> {
    let handle = this.#folders.get(path);
    if (!handle) {
      const [above, name] = split(path);
      handle = this.folder(above).then((folder) => folder.getDirectoryHandle(name, { create: true }));
      this.#folders.set(path, handle);
      // A later attempt may succeed.
      handle.catch(() => this.#folders.delete(path));
    }
    return handle;
  }

  async findFolder(path: string): Promise<FileSystemDirectoryHandle | null> {
    const known = this.#folders.get(path);
    if (known) return known;
    const [above, name] = split(path);
    const folder = await this.findFolder(above);
    const found = folder && (await unlessMissing(folder.getDirectoryHandle(name)));
    if (found) this.#folders.set(path, Promise.resolve(found));
    return found;
  }

  async findFile(path: string): Promise<FileHandle | null> {
    const [above, name] = split(path);
    const folder = await this.findFolder(above);
    return folder && unlessMissing(folder.getFileHandle(name));
  }

  async text(path: string): Promise<string | null> {
    const file = await this.findFile(path);
    return file && (await file.getFile()).text();
  }

  /** Returns the names in a folder, and whether each is a folder. Reads all before it returns, so that the folder may change then. */
  async list(path: string): Promise<[name: string, isFolder: boolean][]> {
    const found: [string, boolean][] = [];
    const folder = await this.findFolder(path);
    for await (const [name, { kind }] of folder?.entries() ?? []) found.push([name, kind === "directory"]);
    return found;
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const [above, name] = split(path);
    const file: FileHandle = await (await this.folder(above)).getFileHandle(name, { create: true });
    if (file.createSyncAccessHandle) {
      const access = await file.createSyncAccessHandle();
      try {
        access.truncate(0);
        // A full disk takes fewer bytes.
        if (access.write(bytes) < bytes.length) throw new DOMException("The disk is full", "QuotaExceededError");
      } finally {
        access.close();
      }
      return;
    }
    await writeWhole(file, bytes);
  }

  /** Writes a file so that it appears only when it is complete, if the browser can do that. */
  async writeAtOnce(path: string, bytes: Uint8Array): Promise<void> {
    const [above, name] = split(path);
    const file: FileHandle = await (await this.folder(above)).getFileHandle(name, { create: true });
    if ("createWritable" in file) await writeWhole(file, bytes);
    else await this.write(path, bytes);
  }

  /** Moves a file, and replaces the target. Copies it if the browser cannot move files. Repeating it is safe. */
  async move(from: string, to: string): Promise<void> {
    const file = await this.findFile(from);
    if (!file) return;
    const [above, name] = split(to);
    if (file.move) return file.move(await this.folder(above), name);
    await this.write(to, new Uint8Array(await (await file.getFile()).arrayBuffer()));
    await this.remove(from);
  }

  /** Removes a file, or a folder with its content. */
  async remove(path: string): Promise<void> {
    const [above, name] = split(path);
    for (const key of this.#folders.keys()) if (`${key}/`.startsWith(`${path}/`)) this.#folders.delete(key);
    await unlessMissing((await this.findFolder(above))?.removeEntry(name, { recursive: true }));
  }
}

async function writeWhole(file: FileSystemFileHandle, bytes: Uint8Array): Promise<void> {
  const writable = await file.createWritable();
  // `write` refuses shared memory.
  const own = bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
  try {
    await writable.write(own);
    await writable.close();
  } catch (error) {
    await writable.abort().catch(() => {});
    throw error;
  }
}

function split(path: string): [above: string, name: string] {
  const cut = path.lastIndexOf("/");
  return [path.slice(0, Math.max(0, cut)), path.slice(cut + 1)];
}

async function unlessMissing<T>(work: Promise<T> | undefined): Promise<T | null> {
  try {
    return (await work) ?? null;
  } catch (error) {
    const { name } = error as DOMException;
    // TypeMismatchError: it is a file instead of a folder, or the other way round.
    if (name === "NotFoundError" || name === "TypeMismatchError") return null;
    throw error;
  }
}
