// Loaded on demand: when an install writes to a sink.

import type { FileSink, SinkFile, SinkSession, SinkState } from "../../src/api/sink.ts";
import { orAbort } from "../../src/base/on-abort.ts";
import type { InstallError } from "../../src/errors/failure.ts";
import { sinkFailed } from "../../src/errors/sink.ts";
import { sinkError } from "../../src/sink/checked-sink.ts";
import { PLATFORM_TOOLS } from "../../workers/host/platform-tools.ts";
import { nextTurn } from "../../workers/host/yield.ts";

/** Milliseconds that a sink may take without progress, unless the caller sets `sinkTimeout`. */
const DEFAULT_LIMIT = 300_000;

/** Milliseconds: no timer takes more, about 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Parts of the limit, with a timer each. A clock would also count the time for which the computer slept or froze the page. */
const PARTS = 10;

/**
 * Wraps a sink so that its errors have a code, and so that its calls fail with ESINK after `limit` milliseconds in which none of
 * them has settled and none has taken a file. A sink whose reader may pause has no such limit.
 */
export function timedSink(sink: FileSink, limit: number = DEFAULT_LIMIT): FileSink {
  const watch = new StallWatch(sink.waitsForReader ? Number.POSITIVE_INFINITY : limit);
  const open = async (): Promise<SinkSession> => checkedSession(await sink.open({ nextTurn }));
  return { open: async () => new TimedSession(await watch.run(open), watch) };
}

/** Checks what the `open` of the embedder's sink returned. @throws InstallError ESINK that names what is missing */
function checkedSession(session: SinkSession): SinkSession {
  const given = Object(session) as Partial<SinkSession>;
  const missing = (["begin", "write", "commit", "abort"] as const).find((name) => typeof given[name] !== "function");
  if (missing) throw sinkFailed(`The sink's method \`open\` must return a session with a method ${missing}.`);
  if (typeof given.held?.has === "function" && typeof given.held[Symbol.iterator] === "function") return session;
  throw sinkFailed("The sink's session must have a Map `held`.");
}

/** Ends calls that make no progress. Uses one timer for all of them, and none while there are no calls. */
class StallWatch {
  readonly #limit: number;
  readonly #stalled = new AbortController();
  #running = 0;
  /** Timers that have ended since the last progress of any call. */
  #ended = 0;
  #stopTimer: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get stalled(): boolean {
    return this.#stalled.signal.aborted;
  }

  touch(): void {
    this.#ended = 0;
  }

  /** Makes a call. @throws InstallError ESINK for any error of the call, and if it stalls */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const { signal } = this.#stalled;
    signal.throwIfAborted();
    this.touch();
    if (this.#running++ === 0 && this.#limit <= LONGEST_TIMER) this.#startTimer();
    try {
      return await orAbort(Promise.resolve().then(call), signal);
    } catch (error) {
      throw sinkError(error);
    } finally {
      this.touch();
      if (--this.#running === 0) this.#stopTimer?.();
    }
  }

  #startTimer(): void {
    this.#stopTimer = PLATFORM_TOOLS.after(this.#limit / PARTS, () => {
      // The progress may have been shortly before the first timer's end.
      if (this.#ended++ < PARTS) this.#startTimer();
      else this.#stalled.abort(stalled(this.#limit));
    });
  }
}

function stalled(limit: number): InstallError {
  return sinkFailed(
    `The sink made no progress for ${limit / 1000} seconds. Free its storage if another program uses it, or raise options.sinkTimeout.`,
  );
}

class TimedSession implements SinkSession {
  readonly held: ReadonlyMap<string, string>;
  readonly #session: SinkSession;
  readonly #watch: StallWatch;

  constructor(session: SinkSession, watch: StallWatch) {
    this.held = session.held;
    this.#session = session;
    this.#watch = watch;
  }

  begin(keep: ReadonlySet<string>, expected?: Iterable<string>): Promise<void> {
    return this.#watch.run(() => this.#session.begin(keep, expected));
  }

  async write(location: string, files: Iterable<SinkFile>): Promise<void> {
    // An error of `files` is not the sink's. It is thrown unchanged.
    let source: { error: unknown } | undefined;
    const failed = (error: unknown): void => {
      source = { error };
    };
    try {
      await this.#watch.run(() => this.#session.write(location, this.#watched(files, failed)));
    } catch (error) {
      throw source ? source.error : error;
    }
  }

  commit(state: SinkState): Promise<void> {
    return this.#watch.run(() => this.#session.commit(state));
  }

  /** Returns at once if the sink has stalled: it may never end its other calls. */
  async abort(): Promise<void> {
    if (this.#watch.stalled)
      void Promise.resolve()
        .then(() => this.#session.abort())
        .catch(() => {});
    else await this.#watch.run(() => this.#session.abort()).catch(() => {});
  }

  *#watched(files: Iterable<SinkFile>, failed: (error: unknown) => void): Generator<SinkFile> {
    try {
      for (const file of files) {
        this.#watch.touch();
        yield file;
      }
    } catch (error) {
      failed(error);
      throw error;
    }
  }
}
