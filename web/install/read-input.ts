import type { FileMap } from "../../src/api/common.ts";
import type { InstallInput, InstallOptions } from "../../src/api/install.ts";
import type { ProjectInput, Resolution } from "../../src/api/resolve.ts";
import { isObject } from "../../src/base/json.ts";
import { resolvePath } from "../../src/base/posix-path.ts";
import { invalidInput } from "../../src/errors/invalid-option.ts";
import { ProjectFiles } from "../../src/project/files.ts";
import { plainInput } from "../options/plain-input.ts";

/** The checked input of `install`, with the project's files if they are known. */
export type CheckedInput = { readonly own: OwnFiles | undefined } & (
  | { readonly kind: "project"; readonly project: ProjectInput }
  | { readonly kind: "resolution"; readonly resolution: Resolution }
  | { readonly kind: "lock"; readonly text: string }
);

/** Decides whether the input is a project, a resolution or the text of a lock. @throws InstallError EINVALIDINPUT for anything else */
export function readInput(input: InstallInput, options: InstallOptions): CheckedInput {
  const own = options.files && ownFiles(plainInput({ files: options.files }));
  if (typeof input === "string") return { kind: "lock", text: input, own };
  if (isResolution(input)) return { kind: "resolution", resolution: input, own };
  if (!isObject(input)) {
    throw invalidInput("install takes a resolution, the text of a package-lock.json, or { files }.");
  }
  const project = plainInput(input as ProjectInput);
  return { kind: "project", project, own: ownFiles(project) };
}

function isResolution(input: unknown): input is Resolution {
  const given = Object(input) as Partial<Resolution>;
  // A resolution's tree is built when it is read.
  return typeof given.why === "function" && "tree" in given && isObject(given.files);
}

/** Returns the lock among a resolution's files, or undefined if it has none. */
export function lockOf({ files }: Resolution): string | undefined {
  const paths = Object.keys(files).filter((path) => /(?:^|\/)(?:package-lock|npm-shrinkwrap)\.json$/.test(path));
  return paths.length > 0 ? files[paths.sort((a, b) => a.length - b.length)[0] as string] : undefined;
}

/** The files of a project by path relative to the project, also if the project is a folder among the given files. */
export interface OwnFiles {
  readonly files: FileMap;
  readonly read: ProjectFiles;
  /** Turns a path relative to the project into a key of the given files. */
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
