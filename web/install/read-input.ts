import type { FileMap } from "../../src/api/common.ts";
import type { ProjectInput } from "../../src/api/resolve.ts";
import { resolvePath } from "../../src/base/posix-path.ts";
import { ProjectFiles } from "../../src/project/files.ts";

/** A project's files by path relative to the project, also where that is a folder among the files. */
export interface OwnFiles {
  readonly files: FileMap;
  readonly read: ProjectFiles;
  /** A path relative to the project as a key of the input's files. */
  key(path: string): string;
}

export function ownFiles({ files, root = "" }: ProjectInput): OwnFiles {
  const folder = resolvePath("/", root).slice(1);
  const prefix = folder && `${folder}/`;
  const inside = Object.keys(files).flatMap((key) => {
    const path = resolvePath("/", key).slice(1);
    return path.startsWith(prefix) ? [[path.slice(prefix.length), files[key] as string | Uint8Array] as const] : [];
  });
  const own: FileMap = Object.fromEntries(inside);
  return { files: own, read: new ProjectFiles(own, "/"), key: (path) => prefix + path };
}
