import type { Manifest } from "../api/manifest.ts";
import { resolvePath } from "../base/posix-path.ts";
import { normaliseManifest } from "../registry/normalise-manifest.ts";
import type { ProjectFiles } from "./files.ts";
import { parseJsonText } from "./json-text.ts";

export interface PackageJson {
  /** Normalised (npm-tree §1). The tree is built from it. */
  manifest: Manifest;
  text: string;
  indent: string;
  newline: string;
}

type ManifestCheck = (value: unknown, file: string) => void;

/**
 * Parses the text of a `package.json` as npm does for one on disk: normalised, and without keys that start with `_`
 * (npm-tree §1.3).
 * @param file its path, for the message
 * @param check looks at the value first, and throws if it refuses it
 * @throws InstallError EJSONPARSE
 */
export function parsePackageJson(text: string, file: string, check?: ManifestCheck): PackageJson {
  const { value, indent, newline } = parseJsonText(text, file);
  check?.(value, file);
  if (value === null || typeof value !== "object") return { manifest: {}, text, indent: "  ", newline: "\n" };
  for (const key of Object.keys(value)) if (key[0] === "_") delete (value as Record<string, unknown>)[key];
  return { manifest: normaliseManifest(value), text, indent, newline };
}

/** Reads the `package.json` of a folder, and lists the files of `directories.bin` as `bin`. Returns null if there is none. */
export function readPackageJson(files: ProjectFiles, folder: string, check?: ManifestCheck): PackageJson | null {
  const path = resolvePath(folder, "package.json");
  const text = files.text(path);
  if (text === null) return null;
  const read = parsePackageJson(text, files.key(path), check);
  const { manifest } = read;
  const directory = (manifest["directories"] as { bin?: unknown } | undefined)?.bin;
  if (typeof directory === "string" && !manifest.bin) {
    const below = resolvePath("/", directory.replace(/[\\:]/g, "/")).slice(1);
    const bin = new Map<string, string>();
    listBins(files, resolvePath(folder, below), (name, path) => void bin.set(name, below + path));
    if (bin.size > 0) manifest.bin = Object.fromEntries(bin);
  }
  return read;
}

/** Reports all files and folders below a folder as commands, except dot files. npm uses the glob `**`, which matches folders too. */
function listBins(files: ProjectFiles, top: string, found: (name: string, path: string) => void): void {
  const todo = [{ path: "", names: files.names(top)[Symbol.iterator]() }];
  for (let at = todo.at(-1); at; at = todo.at(-1)) {
    const { done, value: name } = at.names.next();
    if (done) todo.pop();
    else if (name[0] !== ".") {
      const path = `${at.path}/${name}`;
      found(name, path);
      if (files.isFolder(top + path)) todo.push({ path, names: files.names(top + path)[Symbol.iterator]() });
    }
  }
}
