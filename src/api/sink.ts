/** A file as it is to be: bytes are the sink's to keep, nobody else writes to them. */
export interface SinkFile {
  /** Relative to the package: `lib/a.js`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** `0o644` or alike. */
  readonly mode: number;
}

/** A symbolic link; both are relative to the project, and `to` may lead out of what the sink holds (`packages/a`). */
export interface SinkLink {
  readonly path: string;
  readonly to: string;
}

/** What the finished tree is, by which the next install tells what is there already. */
export interface SinkState {
  /** Location to sha512 SRI of the pack that fills it. */
  readonly packages: ReadonlyMap<string, string>;
  readonly links: readonly SinkLink[];
  /** Text of `node_modules/.package-lock.json`, as npm writes it: for sinks that are a disk. */
  readonly hiddenLock: string;
}

/**
 * Where an installed tree's files go. A change is all or nothing: until `commit` resolves the sink shows what it showed before,
 * and whenever it is cut off (a closed page, a crash) the next `open` finds the tree from before it or the one after it.
 */
export interface FileSink {
  /** One change at a time: @throws InstallError ESINKBUSY while another is open, ESINK with what the platform says. */
  open(): Promise<SinkSession>;
}

export interface SinkSession {
  /** Location to sha512 SRI of the packs that are there from earlier and can be trusted to be whole. */
  readonly held: ReadonlyMap<string, string>;
  /**
   * Begins the change. `keep` are locations of `held` that stay as they are, all else is gone after `commit`, also what
   * nobody installed. Of a package that is kept the nested `node_modules` are not part, unless its own tarball brought them.
   */
  begin(keep: ReadonlySet<string>): Promise<void>;
  /** All files of one package, its folder's parent first. `files` is run through once, a file at a time. */
  write(location: string, files: Iterable<SinkFile>): Promise<void>;
  /** @throws InstallError ESINK; then the tree from before stands. */
  commit(state: SinkState): Promise<void>;
  /** Leaves everything as it was before `open`. Never rejects; does nothing after `commit`. */
  abort(): Promise<void>;
}
