import type { FileSink, SinkFile, SinkHost, SinkSession, SinkState } from "../api/sink.ts";
import { endSentence, InstallError } from "../errors/failure.ts";
import { sinkBusy, sinkFailed } from "../errors/sink.ts";
import { checkInside, checkLink, checkLocation, foldersAbove, isBelowAny, refusePath } from "./sink-paths.ts";

/** The session that a kind of sink implements. `checkedSink` checks the order of calls, and every path, before it calls it. */
export interface UncheckedSession {
  readonly held: ReadonlyMap<string, string>;
  begin(keep: ReadonlySet<string>): Promise<void>;
  /** Writes a package. If another package's tarball brought `location`, removes its files, except those of kept packages in it. */
  write(location: string, files: Iterable<SinkFile>): Promise<void>;
  commit(state: SinkState): Promise<void>;
  /** Ends writes that wait for a caller, such as the reader of a stream. Called before `abort`, while the writes run. */
  cancel?(): void;
  /** Restores the state before `begin`. Called when all other calls have ended, also after a failed `commit`. */
  abort(): Promise<void>;
}

/** Turns a platform's error into ESINK. Returns an InstallError unchanged. */
export function sinkError(error: unknown): InstallError {
  if (error instanceof InstallError) return error;
  const { name, message, code }: Error & { code?: unknown } = error instanceof Error ? error : new Error(`${error}`);
  return sinkFailed(endSentence(`Cannot write the files: ${message}`), { name, code: code ?? name }, error);
}

/** The keys of sinks with an open session. */
const busy = new WeakSet<object>();

/**
 * Makes a sink whose sessions check every call:
 *
 * 1. Of all sinks with the same `key`, one may have an open session (ESINKBUSY).
 * 2. The methods are called in order: `begin`, `write`, `commit` (ESINK). After a failure, only `abort` is allowed.
 * 3. `begin` keeps only packages that the sink holds, and `write` writes each location once (ESINKPATH).
 * 4. No path leaves its folder, no path is both a file and a folder, and nothing is written through a link (ESINKPATH).
 * 5. `commit` names exactly the packages that were kept or written (ESINKPATH).
 */
export function checkedSink(key: object, start: (host: SinkHost) => Promise<UncheckedSession>): FileSink {
  const open = async (host: SinkHost = { nextTurn: async () => {} }): Promise<SinkSession> => {
    if (busy.has(key)) throw sinkBusy("Another install is writing to this sink. Wait until it has ended.");
    busy.add(key);
    const release = (): void => void busy.delete(key);
    try {
      return new CheckedSession(await start(host), release);
    } catch (error) {
      release();
      throw sinkError(error);
    }
  };
  return { open };
}

/** Paths in a package, and whether each is a file or a folder. */
type Names = Map<string, "file" | "folder">;

type Stage = "open" | "begun" | "failed" | "ended";

class CheckedSession implements SinkSession {
  readonly held: ReadonlyMap<string, string>;
  readonly #session: UncheckedSession;
  readonly #release: () => void;
  /** Locations that are kept or written. */
  readonly #taken = new Set<string>();
  /** Locations that other packages and links have, or will have. The file of a package's tarball gives way to them. */
  readonly #reserved = new Set<string>();
  /** The folders above reserved locations. */
  readonly #around = new Set<string>();
  /** The content of the tarballs of written packages, by location. */
  readonly #written = new Map<string, Names>();
  readonly #running = new Set<Promise<void>>();
  #stage: Stage = "open";
  #closing: Promise<void> | null = null;

  constructor(session: UncheckedSession, release: () => void) {
    this.#session = session;
    this.#release = release;
    this.held = session.held;
  }

  async begin(keep: ReadonlySet<string>, expected: Iterable<string> = []): Promise<void> {
    this.#expect("open");
    for (const location of expected) this.#reserve(location);
    for (const location of keep) {
      if (!this.held.has(location)) refusePath(location, "cannot be kept: the sink does not hold it");
      this.#take(location);
    }
    this.#stage = "begun";
    await this.#run(() => this.#session.begin(keep));
  }

  async write(location: string, files: Iterable<SinkFile>): Promise<void> {
    this.#expect("begun");
    checkLocation(location);
    if (this.#taken.has(location)) refusePath(location, "was kept or written before");
    this.#refuseBrought(location, false);
    this.#take(location);
    // An error of `files` is not the sink's. It is thrown unchanged.
    let source: { error: unknown } | undefined;
    const checked = this.#check(location, files, (error) => {
      source = { error };
    });
    await this.#run(async () => {
      try {
        await this.#session.write(location, checked);
      } catch (error) {
        throw source ? source.error : sinkError(error);
      }
    });
  }

  async commit(state: SinkState): Promise<void> {
    this.#expect("begun");
    if (this.#running.size > 0)
      throw sinkFailed("commit was called while packages are still being written. Await every write first.");
    try {
      this.#checkState(state);
      await this.#run(async () => {
        await this.#session.commit(state);
        this.#stage = "ended";
        this.#release();
      });
    } catch (error) {
      await this.abort();
      throw sinkError(error);
    }
  }

  abort(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#stage === "ended") return;
    if (this.#stage === "begun") this.#stage = "failed";
    this.#session.cancel?.();
    await Promise.allSettled(this.#running);
    // A running commit may have succeeded in the meantime.
    if ((this.#stage as Stage) === "ended") return;
    this.#stage = "ended";
    await this.#session.abort().catch(() => {});
    this.#release();
  }

  #expect(stage: Stage): void {
    if (this.#stage !== stage)
      throw sinkFailed(`The sink's session was used out of order: it is ${this.#stage}, and must be ${stage}.`);
  }

  async #run(work: () => Promise<void>): Promise<void> {
    const running = work();
    this.#running.add(running);
    try {
      await running;
    } catch (error) {
      this.#stage = "failed";
      throw error;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Yields the files of a package, except those in the folder of another package that is kept or written. */
  *#check(location: string, files: Iterable<SinkFile>, failed: (error: unknown) => void): Generator<SinkFile> {
    const known: Names = new Map();
    const free = new Set<string>();
    let reserved = this.#reserved.size;
    this.#written.set(location, known);
    try {
      for (const file of files) {
        if (this.#stage !== "begun") this.#expect("begun");
        checkInside(file.path);
        // Another write may have reserved a location in the meantime.
        if (reserved !== this.#reserved.size) free.clear();
        reserved = this.#reserved.size;
        if (this.#givesWay(location, file.path, free)) continue;
        refuseClash(location, file.path, known);
        yield file;
      }
    } catch (error) {
      failed(error);
      throw error;
    }
  }

  #take(location: string): void {
    this.#taken.add(location);
    this.#reserve(location);
  }

  #reserve(location: string): void {
    this.#reserved.add(location);
    for (const folder of foldersAbove(location)) this.#around.add(folder);
  }

  /** Checks whether a tarball's file is at, above or below the location of another package or link. */
  #givesWay(location: string, path: string, free: Set<string>): boolean {
    // Most packages have no other package inside.
    if (!this.#around.has(location)) return false;
    const full = `${location}/${path}`;
    if (this.#around.has(full) || this.#reserved.has(full)) return true;
    return isBelowAny(full, location, this.#reserved, free);
  }

  /**
   * Refuses a package or a link where an earlier package's tarball has a file, or a folder in the case of a link. Only a caller that
   * does not name its locations in `begin` gets here.
   */
  #refuseBrought(path: string, isLink: boolean): void {
    for (const owner of foldersAbove(path)) {
      const names = this.#written.get(owner);
      if (!names) continue;
      const inside = path.slice(owner.length + 1);
      const kind = names.get(inside);
      // A command replaces a file of a bundled `.bin`.
      const isRefused = isLink ? kind === "folder" || (kind && !inside.includes(".bin/")) : kind === "file";
      if (isRefused || foldersAbove(inside).some((folder) => names.get(folder) === "file"))
        refusePath(path, `is taken by the tarball of ${owner}`);
    }
  }

  #checkState({ packages, links }: SinkState): void {
    for (const location of this.#taken)
      if (!packages.has(location)) refusePath(location, "was kept or written, but is not part of the committed tree");
    for (const location of packages.keys())
      if (!this.#taken.has(location))
        refusePath(location, "is part of the committed tree, but was neither kept nor written");
    const seen = new Set<string>();
    for (const link of links) {
      checkLink(link);
      if (seen.has(link.path) || packages.has(link.path)) refusePath(link.path, "is used twice");
      seen.add(link.path);
    }
    for (const path of seen) this.#refuseBrought(path, true);
    const foldedLinks = new Set([...seen].map(folded));
    for (const path of [...packages.keys(), ...seen])
      for (const folder of foldersAbove(path))
        if (foldedLinks.has(folded(folder))) refusePath(path, "is behind a link");
  }
}

/** Returns a name as a disk that ignores case compares it. */
function folded(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

/** Refuses a path that is used twice, or as a file and a folder. */
function refuseClash(location: string, path: string, known: Names): void {
  if (known.has(path)) refusePath(`${location}/${path}`, "is used twice");
  known.set(path, "file");
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    const folder = path.slice(0, at);
    const before = known.get(folder);
    if (before === "file") refusePath(`${location}/${folder}`, "is a file and a folder");
    if (before === "folder") return;
    known.set(folder, "folder");
  }
}
