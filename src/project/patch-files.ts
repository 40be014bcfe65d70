// Loaded on demand: for a package.json or a lock with patches, under the rules of npm 12.

import type { PatchMark } from "../api/lock-marks.ts";
import { relativePath, resolvePath } from "../base/posix-path.ts";
import { InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { missingPatch, unsafePatch } from "../errors/patches.ts";
import { sriOf } from "../tarball/text-hash.ts";

/** Bytes of all patches of a project at most. */
const MAX_PATCH_BYTES = 64 << 20;
/** The project's folder, if paths are not related to a tree. It is deep, so that a path that climbs out of it is recognised. */
const ROOT = "/0/1/2/3";

/** The patches of a project. Reads and hashes each of them once. */
export class PatchFiles {
  readonly #read: (path: string) => Uint8Array | null;
  readonly #root: string;
  readonly #known = new Map<string, Uint8Array>();
  readonly #marks = new Map<string, PatchMark>();
  #bytes = 0;

  /** @param read returns the bytes of a file, by its path relative to the project @param root the absolute folder of the project */
  constructor(read: (path: string) => Uint8Array | null, root: string = ROOT) {
    this.#read = read;
    this.#root = root;
  }

  /** Returns a patch. @param owner the package that it changes, for messages @throws InstallError EPATCHUNSAFE, EPATCHNOTFOUND, ELIMIT */
  bytes(path: unknown, owner: string): Uint8Array {
    if (typeof path !== "string") throw unsafePatch(JSON.stringify(path) ?? "", owner);
    const known = this.#known.get(path);
    if (known) return known;
    const relative = relativePath(this.#root, resolvePath(this.#root, path));
    if (relative === "" || relative.startsWith("..")) throw unsafePatch(path, owner);
    const bytes = this.#read(relative);
    if (!bytes) throw missingPatch(path, owner);
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_PATCH_BYTES) {
      throw new InstallError(overLimit(`The patches of the project have more than ${MAX_PATCH_BYTES} bytes.`));
    }
    this.#known.set(path, bytes);
    return bytes;
  }

  /** Returns what a lock says of a patch: its path and its hash. @throws InstallError as {@link bytes} */
  mark(path: unknown, owner: string): PatchMark {
    const bytes = this.bytes(path, owner);
    const key = path as string;
    const mark = this.#marks.get(key) ?? { integrity: sriOf(bytes), path: key };
    this.#marks.set(key, mark);
    return mark;
  }
}
