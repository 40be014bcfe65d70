/** A file to write. The sink owns the bytes: nothing changes them later. */
export interface SinkFile {
  /** Path relative to the package: `lib/a.js`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Permission bits: `0o644`, or `0o755` for an executable. */
  readonly mode: number;
}

/** A symbolic link. Both paths are relative to the project. `to` may lead to a folder that the sink does not hold (`packages/a`). */
export interface SinkLink {
  readonly path: string;
  readonly to: string;
}

/** Describes the finished tree, so that the next install knows which packages are already there. */
export interface SinkState {
  /** For each location, the sha512 SRI of the tarball whose files are there. */
  readonly packages: ReadonlyMap<string, string>;
  readonly links: readonly SinkLink[];
  /** Text of `node_modules/.package-lock.json`, as npm writes it. Sinks on a disk write this file. */
  readonly hiddenLock: string;
}

/**
 * A destination for the files of an installed tree. A change is all or nothing: until `commit` resolves, the sink shows the old tree.
 * If the change is cut off by a closed page or a crash, the next `open` finds either the old tree or the new one.
 */
export interface FileSink {
  /** True if writes wait for a reader, who may pause. Then no time limit applies to the sink. */
  readonly waitsForReader?: boolean;
  /**
   * Opens a session. Only one may be open at a time.
   * @param host an install passes it; without it the sink does not pause
   * @throws InstallError ESINKBUSY if another session is open; ESINK with the platform's error
   */
  open(host?: SinkHost): Promise<SinkSession>;
}

/** What an install offers to a sink. */
export interface SinkHost {
  /** Resolves in a later turn of the event loop. A sink that writes many files at once awaits it between some of them. */
  nextTurn(): Promise<void>;
}

/** One change of a sink: `begin`, any number of `write`, then `commit` or `abort`. */
export interface SinkSession {
  /** For each location that an earlier install completed, the sha512 SRI of its tarball. */
  readonly held: ReadonlyMap<string, string>;
  /**
   * Begins the change. Packages at the locations `keep`, all from `held`, stay as they are. Everything else is gone after `commit`, also
   * files that no install wrote. A kept package includes its nested `node_modules` only if its own tarball brought them.
   * @param expected locations of all packages and links that the tree may get. A file of another package's tarball that is at, above or
   * below one of them is left out
   */
  begin(keep: ReadonlySet<string>, expected?: Iterable<string>): Promise<void>;
  /** Writes all files of one package. A package comes after the package that contains it. Iterates `files` once, one file at a time. */
  write(location: string, files: Iterable<SinkFile>): Promise<void>;
  /** Makes the change visible. @throws InstallError ESINK; then the old tree is still there */
  commit(state: SinkState): Promise<void>;
  /** Restores the state before `open`. Never rejects. Does nothing after `commit`. */
  abort(): Promise<void>;
}
