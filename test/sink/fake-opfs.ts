import type { Faults } from "./faults.ts";
import type { Listing } from "./trees.ts";

/** The entries of a folder: text, or another folder. */
export type Store = Map<string, Uint8Array | Store>;

const decoder = new TextDecoder();

export interface FakeOptions {
  /** Whether files can be moved. */
  moves: boolean;
  faults?: Faults;
}

/** A fake of the origin-private file system, in memory. Every call can be made to fail. */
export function fakeFolder(store: Store, options: FakeOptions): FileSystemDirectoryHandle {
  const step = (torn?: () => Promise<unknown>): Promise<void> =>
    options.faults ? options.faults.step(torn) : Promise.resolve();
  const child = async <T>(name: string, wanted: "file" | "folder", create: (() => T) | undefined): Promise<T> => {
    await step();
    checkName(name);
    const found = store.get(name);
    if (found === undefined) {
      if (!create) throw new DOMException(name, "NotFoundError");
      const made = create();
      store.set(name, made as Store);
      return made;
    }
    if (found instanceof Map !== (wanted === "folder")) throw new DOMException(name, "TypeMismatchError");
    return found as T;
  };
  const handle = {
    kind: "directory",
    name: "",
    store,
    async *entries() {
      await step();
      // Other code may change the folder in the meantime.
      for (const [name, entry] of [...store]) yield [name, { kind: entry instanceof Map ? "directory" : "file" }];
    },
    async getDirectoryHandle(name: string, { create = false } = {}) {
      return fakeFolder(await child<Store>(name, "folder", create ? () => new Map() : undefined), options);
    },
    async getFileHandle(name: string, { create = false } = {}) {
      await child<Uint8Array>(name, "file", create ? () => new Uint8Array(0) : undefined);
      return fakeFile(store, name, { ...options, step });
    },
    async removeEntry(name: string, { recursive = false } = {}) {
      const entry = store.get(name);
      await step(async () => entry instanceof Map && removeHalf(entry));
      if (entry === undefined) throw new DOMException(name, "NotFoundError");
      if (entry instanceof Map && entry.size > 0 && !recursive)
        throw new DOMException(name, "InvalidModificationError");
      store.delete(name);
    },
  };
  return handle as unknown as FileSystemDirectoryHandle;
}

function removeHalf(folder: Store): void {
  for (const [index, name] of [...folder.keys()].entries()) if (index % 2 === 0) folder.delete(name);
}

function checkName(name: string): void {
  if (name === "" || name === "." || name === ".." || /[/\\\0]/.test(name)) throw new TypeError("Name is not allowed");
}

function fakeFile(store: Store, name: string, { moves, step }: FakeOptions & { step: () => Promise<void> }): object {
  const bytes = (): Uint8Array => store.get(name) as Uint8Array;
  return {
    kind: "file",
    name,
    async getFile() {
      await step();
      const content = bytes();
      return { text: async () => decoder.decode(content), arrayBuffer: async () => content.slice().buffer };
    },
    async createWritable() {
      await step();
      let written = new Uint8Array(0);
      return {
        async write(data: Uint8Array) {
          await step();
          written = data.slice();
        },
        async close() {
          await step();
          store.set(name, written);
        },
        async abort() {},
      };
    },
    ...(moves && {
      async move(folder: { store: Store }, to: string) {
        await step();
        folder.store.set(to, bytes());
        store.delete(name);
      },
    }),
  };
}

export function showStore(store: Store, above = "", listing: Listing = {}): Listing {
  for (const [name, entry] of store) {
    const path = above + name;
    if (entry instanceof Map) showStore(entry, `${path}/`, listing);
    else if (path !== "node_modules/.webhoist.json") listing[path] = decoder.decode(entry);
  }
  return listing;
}
