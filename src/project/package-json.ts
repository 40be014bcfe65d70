import type { Manifest } from "../api/manifest.ts";
import { resolvePath } from "../base/posix-path.ts";
import { normaliseManifest } from "../registry/normalise-manifest.ts";
import type { ProjectFiles } from "./files.ts";
import { parseJsonText } from "./json-text.ts";

export interface PackageJson {
  /** Normalised (npm-tree §1): what the tree is built from. */
  manifest: Manifest;
  text: string;
  indent: string;
  newline: string;
}

/**
 * A `package.json`'s text as npm takes it in from disk: normalised, and without keys that start with `_`.
 * @param file its path, for the failure
 * @throws InstallError EJSONPARSE
 */
export function parsePackageJson(text: string, file: string): PackageJson {
  const { value, indent, newline } = parseJsonText(text, file);
  if (value === null || typeof value !== "object") return { manifest: {}, text, indent: "  ", newline: "\n" };
  for (const key of Object.keys(value)) if (key[0] === "_") delete (value as Record<string, unknown>)[key];
  return { manifest: normaliseManifest(value), text, indent, newline };
}

/** The `package.json` of a folder, with `directories.bin` listed as `bin`; null when there is none. */
export function readPackageJson(files: ProjectFiles, folder: string): PackageJson | null {
  const path = resolvePath(folder, "package.json");
  const text = files.text(path);
  if (text === null) return null;
  const read = parsePackageJson(text, files.key(path));
  const { manifest } = read;
  const directory = (manifest["directories"] as { bin?: unknown } | undefined)?.bin;
  if (typeof directory === "string" && !manifest.bin) {
    const below = resolvePath("/", directory.replace(/[\\:]/g, "/")).slice(1);
    const bin = new Map<string, string>();
    listBins(files, { folder: resolvePath(folder, below), prefix: below, bin });
    if (bin.size > 0) manifest.bin = Object.fromEntries(bin);
  }
  return read;
}

/** Everything below the folder but dot files is a command, folders too: npm globs for `**`. */
function listBins(files: ProjectFiles, at: { folder: string; prefix: string; bin: Map<string, string> }): void {
  for (const name of files.names(at.folder)) {
    if (name[0] === ".") continue;
    const folder = `${at.folder}/${name}`;
    at.bin.set(name, `${at.prefix}/${name}`);
    if (files.isFolder(folder)) listBins(files, { folder, prefix: `${at.prefix}/${name}`, bin: at.bin });
  }
}
