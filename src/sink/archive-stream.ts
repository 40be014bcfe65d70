import { sinkFailed } from "../errors/sink.ts";

/** The bytes in a chunk of the stream, and the most bytes that wait for a reader. */
const CHUNK = 64 * 1024;

/** The chunks between two pauses. */
const CHUNKS_AT_ONCE = 16;

/**
 * Writes an archive's bytes into a stream. Joins small pieces to chunks. `write` waits until the reader has room for a chunk, so
 * that at most two chunks are in memory.
 */
export class ArchiveStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #chunk: Uint8Array<ArrayBuffer> = new Uint8Array(CHUNK);
  #filled = 0;

  constructor() {
    const size = (chunk?: Uint8Array): number => chunk?.length ?? 0;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
      {},
      { highWaterMark: CHUNK, size },
      { highWaterMark: 0 },
    );
    this.readable = readable;
    this.#writer = writable.getWriter();
    // Prevents an unhandled rejection: if the reader cancels, the next write fails.
    this.#writer.closed.catch(() => {});
  }

  /** Bytes written so far. */
  written = 0;
  /** Resolves in a later turn of the event loop. A reader that is always ready would never give the page one. */
  nextTurn: () => Promise<void> = async () => {};
  #chunks = 0;

  /** Copies and writes bytes. @throws the error that ended the stream */
  async write(bytes: Uint8Array): Promise<void> {
    this.written += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + CHUNK - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === CHUNK) await this.#flush();
    }
  }

  async close(): Promise<void> {
    if (this.#filled > 0) await this.#flush();
    await this.#writer.close();
  }

  /** Ends the stream with an error, for its reader and for waiting writes. */
  fail(): void {
    const why = sinkFailed("The install failed or was cancelled, so the archive is incomplete.");
    void this.#writer.abort(why).catch(() => {});
  }

  async #flush(): Promise<void> {
    const chunk = this.#chunk.subarray(0, this.#filled);
    this.#chunk = new Uint8Array(CHUNK);
    this.#filled = 0;
    await this.#writer.ready;
    void this.#writer.write(chunk).catch(() => {});
    // Resolves when the chunk has room; rejects if the stream has failed.
    await this.#writer.ready;
    if (++this.#chunks % CHUNKS_AT_ONCE === 0) await this.nextTurn();
  }
}
