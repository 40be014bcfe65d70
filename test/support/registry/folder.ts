import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Snapshot } from "./snapshot.ts";

const fileOf = (name: string): string => name.replace("/", "+");

/** Reads a file once and keeps it: the order tests request the same packument a hundred times. */
export function cachedFiles(): {
  gunzipped(file: string): Uint8Array | undefined;
  plain(file: string): Uint8Array | undefined;
} {
  const kept = new Map<string, Uint8Array | undefined>();
  const read = (file: string, open: (bytes: Uint8Array) => Uint8Array): Uint8Array | undefined => {
    if (!kept.has(file)) kept.set(file, existsSync(file) ? open(readFileSync(file)) : undefined);
    return kept.get(file);
  };
  return {
    gunzipped: (file) => read(file, (bytes) => gunzipSync(bytes)),
    plain: (file) => read(file, (bytes) => bytes),
  };
}

/** Opens a folder with `packuments/<name>.json.gz` and `tarballs/<name>/<file>.tgz`. In names, `+` stands for a scope's `/`. */
export function folderSnapshot(directory: string): Snapshot {
  const files = cachedFiles();
  return {
    packument: (name) => files.gunzipped(join(directory, "packuments", `${fileOf(name)}.json.gz`)),
    tarball(path) {
      const [name = "", file = ""] = path.split("/-/");
      return files.plain(join(directory, "tarballs", fileOf(name), file));
    },
    names: () =>
      readdirSync(join(directory, "packuments"))
        .filter((file) => file.endsWith(".json.gz"))
        .map((file) => file.slice(0, -".json.gz".length).replace("+", "/")),
  };
}
