// Loaded on demand: for a lock with patches.
import type { FileMap } from "../api/common.ts";
import type { Failure } from "../api/failure.ts";
import type { PatchMark } from "../api/lock-marks.ts";
import { relativePath, resolvePath } from "../base/posix-path.ts";
import { runWithPauses } from "../base/run-to-end.ts";
import { failure, InstallError } from "../errors/failure.ts";
import { overLimit } from "../errors/limit.ts";
import { ProjectFiles } from "../project/files.ts";
import { PatchFiles } from "../project/patch-files.ts";
import { installScripts } from "../tarball/install-scripts.ts";
import type { PackIndex } from "../tarball/pack-index.ts";
import { type OpenedPack, rangeOf } from "./pack-files.ts";
import type { InstallPlan } from "./plan.ts";
import { applyHunks, type FilePatch, PatchMisfit, parseDiff } from "./unified-diff.ts";

/** Bytes of one patch at most. */
const MAX_PATCH = 4 << 20;
/** The characters of a path in a patch. */
const MAX_PATH = 4096;

export interface PatchInput {
  readonly plan: InstallPlan;
  /** The project's files. Undefined if they are unknown. */
  readonly files: FileMap | undefined;
  /** Files that replace those of packs, by path in the project. The step adds the patched ones. */
  readonly overlay: Map<string, Uint8Array>;
  /** Whether a patch that does not fit is a warning. */
  readonly ignoreFailures: boolean;
  nextTurn(): Promise<void>;
  warn(warning: Failure): void;
}

/**
 * Applies the project's patches to the files of packages, after they were verified and before anything else sees them (npm-tree §28).
 * The packs themselves, in memory and in the cache, stay as they came from the registry.
 *
 * 1. Read the patch that the lock names from the project's files, and check its hash.
 * 2. Apply the change of each file. A patch that does not fit as a whole changes nothing.
 * 3. Keep the new files in the overlay, and return an index that has the added files and lacks the deleted ones.
 */
export class PatchStep {
  /** Locations whose patch does not fit, and that stay as they came. */
  readonly failed: Set<string> = new Set();
  readonly #input: PatchInput;
  readonly #files: PatchFiles;
  readonly #marks: ReadonlyMap<string, PatchMark>;
  readonly #patches = new Map<string, FilePatch[]>();
  readonly #patched = new Map<string, Promise<PackIndex>>();

  constructor(input: PatchInput) {
    this.#input = input;
    const files = new ProjectFiles(input.files ?? {}, "/");
    this.#files = new PatchFiles((path) => files.bytes(`/${path}`));
    this.#marks = new Map(
      input.plan.packages.flatMap(({ location, patched }) => (patched ? [[location, patched] as const] : [])),
    );
    for (const { location, patched, name } of input.plan.bundled) {
      if (patched) input.warn(notForBundled(name, location, patched));
    }
  }

  /** The locations that have a patch. */
  get locations(): Iterable<string> {
    return this.#marks.keys();
  }

  /** Returns what distinguishes a patched package from the original in the records of a sink. Empty without a patch. */
  suffix(location: string): string {
    const mark = this.failed.has(location) ? undefined : this.#marks.get(location);
    return mark ? `?patch=${mark.integrity}` : "";
  }

  /** Patches a package, once. Returns its files. @throws InstallError EPATCH…, ELIMIT */
  async apply(opened: OpenedPack): Promise<OpenedPack> {
    const { location } = opened;
    const mark = this.#marks.get(location);
    if (!mark) return opened;
    let patched = this.#patched.get(location);
    if (!patched) {
      patched = this.#patch(opened, mark);
      this.#patched.set(location, patched);
    }
    return { ...opened, index: await patched };
  }

  async #patch(opened: OpenedPack, mark: PatchMark): Promise<PackIndex> {
    const { location, index } = opened;
    const text = this.#textOf(mark, location);
    try {
      let patches = this.#patches.get(mark.path);
      if (!patches) {
        patches = await runWithPauses(parseDiff(text), this.#input.nextTurn);
        this.#patches.set(mark.path, patches);
      }
      const files = new PatchedFiles(opened, this.#input.overlay);
      for (const patch of patches) await runWithPauses(files.apply(patch), this.#input.nextTurn);
      return files.keep();
    } catch (error) {
      if (!(error instanceof PatchMisfit)) throw error;
      const problem = misfit(error, location, mark);
      if (!this.#input.ignoreFailures) throw new InstallError(problem);
      this.failed.add(location);
      this.#input.warn(problem);
      return index;
    }
  }

  /** Step 1. @throws InstallError EPATCHUNSAFE, EPATCHNOTFOUND, EPATCHINTEGRITY, ELIMIT */
  #textOf({ path, integrity }: PatchMark, location: string): string {
    const bytes = this.#files.bytes(path, location);
    if (bytes.length > MAX_PATCH) {
      throw new InstallError(overLimit(`The patch ${path} has more than ${MAX_PATCH} bytes. Split it.`));
    }
    if (this.#files.mark(path, location).integrity !== integrity) {
      const message = `The patch ${path} of ${location} is not the one of the lock: its hash differs. Resolve the project again.`;
      const wayOut = [{ kind: "other" as const, text: "Resolve the project again, and install the new lock." }];
      throw new InstallError(
        failure("EPATCHINTEGRITY", message, { requiredBy: [location], details: { path }, wayOut }),
      );
    }
    return decode(bytes);
  }
}

function misfit({ leaves, message: why }: PatchMisfit, location: string, { path }: PatchMark): Failure {
  const message = `The patch ${path} cannot be applied to ${location}: ${why}. Make the patch anew for this version.`;
  const wayOut = [
    { kind: "option" as const, text: "Install the package without its patch.", option: "ignorePatchFailures" },
  ];
  return failure(leaves ? "EPATCHUNSAFE" : "EPATCHFAILED", message, {
    requiredBy: [location],
    details: { path },
    wayOut,
  });
}

function notForBundled(name: string, location: string, { path }: PatchMark): Failure {
  const message = `The patch ${path} is not applied to ${location}, which came in the tarball of another package. npm does the same.`;
  return failure("EPATCHFAILED", message, { package: name, requiredBy: [location], details: { path } });
}

/** Decodes as npm does: invalid bytes become U+FFFD, and a byte order mark stays. A copy, because shared memory may not be decoded. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.slice());
}

/** The files of one package while its patch is applied. */
class PatchedFiles {
  readonly #opened: OpenedPack;
  readonly #overlay: Map<string, Uint8Array>;
  /** Positions in the index, by path. Of two files with one path, the last one counts, as on a disk. */
  readonly #positions: ReadonlyMap<string, number>;
  /** Null: deleted. */
  readonly #changes = new Map<string, Uint8Array | null>();

  constructor(opened: OpenedPack, overlay: Map<string, Uint8Array>) {
    this.#opened = opened;
    this.#overlay = overlay;
    this.#positions = new Map(opened.index.paths.map((path, position) => [path, position]));
  }

  /** Applies the change of one file. @throws PatchMisfit */
  *apply({ from, to, hunks }: FilePatch): Generator<undefined, void> {
    const path = containedPath(to ?? from ?? "");
    const there = this.#text(path);
    if (from === null && to !== null) {
      if (there !== null || this.#isFolder(path)) throw new PatchMisfit(`it adds ${path}, which is there already`);
      if (/(?:^|\/)node_modules\//.test(path)) throw new PatchMisfit(`it adds ${path}, in another package's folder`);
      this.#set(path, yield* within(path, applyHunks("", hunks)));
      return;
    }
    if (there === null) throw new PatchMisfit(`the package has no file ${path}`);
    const text = yield* within(path, applyHunks(there, hunks));
    if (to === null) this.#changes.set(path, null);
    else this.#set(path, text);
  }

  /** Puts the changed files into the overlay. Returns the package's new index. */
  keep(): PackIndex {
    const { location, index } = this.#opened;
    const kept = [...index.paths.keys()].filter((at) => this.#changes.get(index.paths[at] as string) !== null);
    const sizeOf = (at: number): number =>
      this.#changes.get(index.paths[at] as string)?.length ?? (index.sizes[at] as number);
    const added: [string, Uint8Array][] = [];
    for (const [path, bytes] of this.#changes) {
      if (!bytes) continue;
      this.#overlay.set(`${location}/${path}`, bytes);
      if (!this.#positions.has(path)) added.push([path, bytes]);
    }
    const paths = [...kept.map((at) => index.paths[at] as string), ...added.map(([path]) => path)];
    return {
      integrity: index.integrity,
      unpacked: index.unpacked,
      scripts: this.#scripts(paths),
      paths,
      // The bytes of added files are not in the archive but in the overlay.
      starts: Uint32Array.from([...kept.map((at) => index.starts[at] as number), ...added.map(() => 0)]),
      sizes: Uint32Array.from([...kept.map(sizeOf), ...added.map(([, { length }]) => length)]),
      modes: Uint16Array.from([...kept.map((at) => index.modes[at] as number), ...added.map(() => 0o644)]),
    };
  }

  /** Returns the scripts of the patched package. @param paths those of its files */
  #scripts(paths: readonly string[]): Readonly<Record<string, string>> {
    const { index } = this.#opened;
    if (!this.#changes.has("package.json") && !this.#changes.has("binding.gyp")) return index.scripts;
    const packageJson = this.#text("package.json");
    return installScripts(packageJson === null ? undefined : new TextEncoder().encode(packageJson), paths);
  }

  #text(path: string): string | null {
    const changed = this.#changes.get(path);
    if (changed !== undefined) return changed && decode(changed);
    const position = this.#positions.get(path);
    if (position === undefined) return null;
    return decode(this.#opened.archive.subarray(...rangeOf(this.#opened.index, position)));
  }

  #set(path: string, text: string): void {
    this.#changes.set(path, new TextEncoder().encode(text));
  }

  #isFolder(path: string): boolean {
    return this.#opened.index.paths.some((one) => one.startsWith(`${path}/`) || path.startsWith(`${one}/`));
  }
}

/** Returns a path of a patch, normalised. @throws PatchMisfit if it leads out of the package */
function containedPath(path: string): string {
  const base = "/0/1/2/3";
  const relative = relativePath(base, resolvePath(base, path));
  if (relative === "" || relative.startsWith("..") || path.length > MAX_PATH || path.includes("\0")) {
    throw new PatchMisfit(`it changes ${path || "a file without a name"}, which is outside of the package`, true);
  }
  return relative;
}

/** Names the file in a misfit. */
function* within<T>(path: string, steps: Generator<undefined, T>): Generator<undefined, T> {
  try {
    return yield* steps;
  } catch (error) {
    throw error instanceof PatchMisfit ? new PatchMisfit(`${path}: ${error.message}`, error.leaves) : error;
  }
}
