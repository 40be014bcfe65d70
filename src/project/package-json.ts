import type { Manifest } from "../api/manifest.ts";
import { resolvePath } from "../base/posix-path.ts";
import { normaliseManifest } from "../registry/normalise-manifest.ts";
import type { ProjectFiles } from "./files.ts";
import { parseJsonText } from "./json-text.ts";
import { type OddPath, oddPathOf } from "./odd-manifest.ts";

export interface PackageJson {
  /** Normalised (npm-tree §1). The tree is built from it. */
  manifest: Manifest;
  text: string;
  indent: string;
  newline: string;
}

/**
 * Parses the text of a `package.json` as npm does for one on disk: normalised, and without keys that start with `_`
 * (npm-tree §1.3).
 * @param file its path, for the message
 * @throws InstallError EJSONPARSE
 */
export function parsePackageJson(text: string, file: string): PackageJson {
  return packageJsonOf(parseJsonText(text, file), text);
}

function packageJsonOf({ value, indent, newline }: ReturnType<typeof parseJsonText>, text: string): PackageJson {
  if (value === null || typeof value !== "object") return { manifest: {}, text, indent: "  ", newline: "\n" };
  for (const key of Object.keys(value)) if (key[0] === "_") delete (value as Record<string, unknown>)[key];
  return { manifest: normaliseManifest(value), text, indent, newline };
}

/** A value on which npm stops, in the content of a package.json. */
export interface OddManifest {
  readonly value: unknown;
  readonly path: OddPath;
  readonly file: string;
}

/** Reads the `package.json` of a folder, and lists the files of `directories.bin` as `bin`. Returns null if there is none. */
export function readPackageJson(files: ProjectFiles, folder: string): PackageJson | null {
  return read(files, folder, null) as PackageJson | null;
}

/** As {@link readPackageJson}, for the project or a workspace: returns the first value on which npm stops, if there is one. */
export function readSoundPackageJson(
  files: ProjectFiles,
  folder: string,
  isWorkspace = false,
): PackageJson | OddManifest | null {
  return read(files, folder, (value) => oddPathOf(value, isWorkspace));
}

function read(
  files: ProjectFiles,
  folder: string,
  oddPath: ((value: unknown) => OddPath | null) | null,
): PackageJson | OddManifest | null {
  const text = files.text(resolvePath(folder, "package.json"));
  if (text === null) return null;
  const file = files.key(resolvePath(folder, "package.json"));
  const parsed = parseJsonText(text, file);
  const path = oddPath?.(parsed.value);
  if (path) return { value: parsed.value, path, file };
  const packageJson = packageJsonOf(parsed, text);
  const { manifest } = packageJson;
  const directory = (manifest["directories"] as { bin?: unknown } | undefined)?.bin;
  if (typeof directory === "string" && !manifest.bin) {
    const below = resolvePath("/", directory.replace(/[\\:]/g, "/")).slice(1);
    const bin = new Map<string, string>();
    listBins(files, resolvePath(folder, below), (name, path) => void bin.set(name, below + path));
    if (bin.size > 0) manifest.bin = Object.fromEntries(bin);
  }
  return packageJson;
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
