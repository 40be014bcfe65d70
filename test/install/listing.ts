import type { InstalledProject } from "../../src/api/install.ts";
import type { SinkLink } from "../../src/api/sink.ts";
import { linkText } from "../../src/sink/sink-paths.ts";
import type { FileSystemTree } from "../../src/sink/tree-sink.ts";
import { sri } from "../tarball/gzip.ts";

// Runs in Node and in a page.

/** Entries by path: `644 sha256`, or `-> target` relative to the link. Without modes, only the hash. */
export type Listing = Record<string, string>;

export async function hashOf(bytes: Uint8Array): Promise<string> {
  const { subtle } = globalThis.crypto;
  if (!subtle) return sri(bytes, "SHA-256").slice(7, 39);
  const hash = new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return btoa(String.fromCharCode(...hash)).slice(0, 32);
}

/** Lists and reads everything in an installed project. */
export async function listProject(project: InstalledProject): Promise<Listing> {
  const listing: Listing = {};
  for (const path of project.paths()) {
    const { kind, mode, target, size } = project.lstat(path);
    if (kind === "link") listing[path] = `-> ${target}`;
    else {
      const bytes = await project.readFile(path);
      if (bytes.length !== size)
        throw new Error(`${path}: lstat returned ${size} bytes, and the file has ${bytes.length}`);
      listing[path] = `${mode.toString(8)} ${await hashOf(bytes)}`;
    }
  }
  return listing;
}

/** Keeps the entries below `node_modules` folders. */
export async function listMap(map: ReadonlyMap<string, Uint8Array | SinkLink>): Promise<Listing> {
  const listing: Listing = {};
  for (const [path, entry] of map) {
    listing[path] = entry instanceof Uint8Array ? await hashOf(entry) : `-> ${linkText(entry)}`;
  }
  return listing;
}

export async function listTree(tree: FileSystemTree, above = "", listing: Listing = {}): Promise<Listing> {
  for (const [name, node] of Object.entries(tree)) {
    if ("directory" in node) await listTree(node.directory, `${above}${name}/`, listing);
    else if ("symlink" in node.file) listing[above + name] = `-> ${node.file.symlink}`;
    else {
      const { contents } = node.file;
      listing[above + name] = await hashOf(
        typeof contents === "string" ? new TextEncoder().encode(contents) : contents,
      );
    }
  }
  return listing;
}

export async function listFolder(
  folder: FileSystemDirectoryHandle,
  above = "",
  listing: Listing = {},
): Promise<Listing> {
  for await (const [name, handle] of folder as unknown as AsyncIterable<[string, FileSystemHandle]>) {
    if (handle.kind === "directory") {
      await listFolder(handle as FileSystemDirectoryHandle, `${above}${name}/`, listing);
    } else if (name !== ".webhoist.json") {
      const file = await (handle as FileSystemFileHandle).getFile();
      listing[above + name] = await hashOf(new Uint8Array(await file.arrayBuffer()));
    }
  }
  return listing;
}

/** Removes the modes. */
export function plain(listing: Listing): Listing {
  return Object.fromEntries(Object.entries(listing).map(([path, what]) => [path, what.replace(/^\d{3} /, "")]));
}

/** Describes the first few differences. */
export function differences(actual: Listing, expected: Listing): string[] {
  const found: string[] = [];
  for (const path of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    if (actual[path] !== expected[path]) found.push(`${path}: ${actual[path]}, not ${expected[path]}`);
  }
  return found.length > 8 ? [...found.slice(0, 8), `and ${found.length - 8} more`] : found;
}
