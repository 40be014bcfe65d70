import type { ProjectInput } from "../../src/api.ts";
import { resolvePath } from "../../src/base/posix-path.ts";
import type { FileMap } from "../../src/ports.ts";

/** A project's files by path relative to the project. */
export interface OwnFiles {
  readonly files: FileMap;
  text(path: string): string | undefined;
  bytes(path: string): Uint8Array | undefined;
  /** What the input calls it. */
  key(path: string): string;
}

export function ownFiles({ files, root = "" }: ProjectInput): OwnFiles {
  const folder = resolvePath("/", root).slice(1);
  const prefix = folder && `${folder}/`;
  const keys = new Map<string, string>();
  for (const key of Object.keys(files)) {
    const path = resolvePath("/", key).slice(1);
    if (path.startsWith(prefix)) keys.set(path.slice(prefix.length), key);
  }
  const content = (path: string): string | Uint8Array | undefined => files[keys.get(path) ?? ""];
  return {
    files: Object.fromEntries([...keys].map(([path, key]) => [path, files[key] as string | Uint8Array])),
    text(path) {
      const found = content(path);
      return typeof found === "string" || found === undefined ? found : new TextDecoder().decode(found);
    },
    bytes(path) {
      const found = content(path);
      return typeof found === "string" ? new TextEncoder().encode(found) : found;
    },
    key: (path) => keys.get(path) ?? prefix + path,
  };
}
