import type { FileSink, SinkFile, SinkSession, SinkState } from "../api/sink.ts";
import { InstallError } from "../errors/failure.ts";
import { sinkBusy, sinkFailed } from "../errors/sink.ts";
import { checkInside, checkLink, checkLocation, packageFolders, refusePath } from "./sink-paths.ts";

/** A session as a sink writes it: the order of calls and every path were checked. */
export interface RawSession {
  readonly held: ReadonlyMap<string, string>;
  begin(keep: ReadonlySet<string>): Promise<void>;
  /** `location` may be there already: another package brought it, and that goes, except what is kept inside. */
  write(location: string, files: Iterable<SinkFile>): Promise<void>;
  commit(state: SinkState): Promise<void>;
  /** Lets go of writes that wait for somebody else. Called before `abort`, while they run. */
  cancel?(): void;
  /** Nothing runs any more. Also after a commit that failed. */
  abort(): Promise<void>;
}

/** What a platform says, as a coded failure; a failure that has a code already stays as it is. */
export function sinkError(error: unknown): InstallError {
  if (error instanceof InstallError) return error;
  const { name, message, code }: Error & { code?: unknown } = error instanceof Error ? error : new Error(`${error}`);
  return sinkFailed(`The files could not be written: ${message}`, { name, code: code ?? name });
}

const busy = new WeakSet<object>();

/** A sink whose sessions are checked. Sinks with the same `key` have one change at a time between them. */
export function guardSink(key: object, start: () => Promise<RawSession>): FileSink {
  const open = async (): Promise<SinkSession> => {
    if (busy.has(key)) throw sinkBusy("Another install is writing to this sink.");
    busy.add(key);
    const release = (): void => void busy.delete(key);
    try {
      return new GuardedSession(await start(), release);
    } catch (error) {
      release();
      throw sinkError(error);
    }
  };
  return { open };
}

type Stage = "open" | "begun" | "failed" | "over";

class GuardedSession implements SinkSession {
  readonly held: ReadonlyMap<string, string>;
  readonly #raw: RawSession;
  readonly #release: () => void;
  /** Locations that are kept or written. */
  readonly #taken = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #stage: Stage = "open";
  #closing: Promise<void> | null = null;

  constructor(raw: RawSession, release: () => void) {
    this.#raw = raw;
    this.#release = release;
    this.held = raw.held;
  }

  async begin(keep: ReadonlySet<string>): Promise<void> {
    this.#expect("open");
    for (const location of keep) {
      if (!this.held.has(location)) refusePath(location, "is not there to be kept");
      this.#taken.add(location);
    }
    this.#stage = "begun";
    await this.#run(() => this.#raw.begin(keep));
  }

  async write(location: string, files: Iterable<SinkFile>): Promise<void> {
    this.#expect("begun");
    checkLocation(location);
    if (this.#taken.has(location)) refusePath(location, "is there already");
    this.#taken.add(location);
    // What goes wrong where the files come from is not the sink's failure, and told as it is.
    let source: { error: unknown } | undefined;
    const checked = this.#check(location, files, (error) => {
      source = { error };
    });
    await this.#run(async () => {
      try {
        await this.#raw.write(location, checked);
      } catch (error) {
        throw source ? source.error : sinkError(error);
      }
    });
  }

  async commit(state: SinkState): Promise<void> {
    this.#expect("begun");
    if (this.#running.size > 0) throw sinkFailed("Something is still being written.");
    try {
      this.#checkState(state);
      await this.#run(async () => {
        await this.#raw.commit(state);
        this.#stage = "over";
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
    if (this.#stage === "over") return;
    if (this.#stage === "begun") this.#stage = "failed";
    this.#raw.cancel?.();
    await Promise.allSettled(this.#running);
    // A commit that was on its way has come through.
    if ((this.#stage as Stage) === "over") return;
    this.#stage = "over";
    await this.#raw.abort().catch(() => {});
    this.#release();
  }

  #expect(stage: Stage): void {
    if (this.#stage !== stage) throw sinkFailed("This change has failed, has ended or has not begun.");
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

  /** The files of one package that are its own: what lies in the folder of another that is kept or written is that one's. */
  *#check(location: string, files: Iterable<SinkFile>, failed: (error: unknown) => void): Generator<SinkFile> {
    const known = new Map<string, "file" | "folder">();
    try {
      for (const file of files) {
        if (this.#stage !== "begun") this.#expect("begun");
        checkInside(file.path);
        refuseClash(location, file.path, known);
        if (!this.#isTaken(location, file.path)) yield file;
      }
    } catch (error) {
      failed(error);
      throw error;
    }
  }

  #isTaken(location: string, path: string): boolean {
    if (!path.includes("node_modules/")) return false;
    return packageFolders(`${location}/${path}`).some(
      (folder) => folder.length > location.length && this.#taken.has(folder),
    );
  }

  #checkState({ packages, links }: SinkState): void {
    for (const location of this.#taken) if (!packages.has(location)) refusePath(location, "is not part of the tree");
    for (const location of packages.keys()) if (!this.#taken.has(location)) refusePath(location, "was not written");
    const seen = new Set<string>();
    for (const link of links) {
      checkLink(link);
      if (seen.has(link.path) || packages.has(link.path)) refusePath(link.path, "is there already");
      seen.add(link.path);
    }
    // Nothing is written through a link.
    for (const path of [...packages.keys(), ...seen])
      for (const folder of packageFolders(path))
        if (folder !== path && seen.has(folder)) refusePath(path, "is behind a link");
  }
}

/** A file system has one thing under a name. */
function refuseClash(location: string, path: string, known: Map<string, "file" | "folder">): void {
  if (known.has(path)) refusePath(`${location}/${path}`, "is there twice");
  known.set(path, "file");
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    const folder = path.slice(0, at);
    const before = known.get(folder);
    if (before === "file") refusePath(`${location}/${folder}`, "is a file and a folder");
    if (before === "folder") return;
    known.set(folder, "folder");
  }
}
