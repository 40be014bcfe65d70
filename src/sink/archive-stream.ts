import { sinkFailed } from "../errors/sink.ts";

/** Bytes that are handed on at once, and that may wait for a reader. */
const CHUNK = 64 * 1024;

/**
 * The writing end of a stream. Small pieces are gathered into chunks; `write` waits while the reader is behind, so that no
 * more than two chunks are in memory.
 */
export class Outlet {
  readonly stream: ReadableStream<Uint8Array>;
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
    this.stream = readable;
    this.#writer = writable.getWriter();
    // Whoever writes next is told; a reader that leaves while nobody writes is no defect.
    this.#writer.closed.catch(() => {});
  }

  /** Bytes so far. */
  written = 0;

  /** Copies the bytes. @throws what the stream was ended with */
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

  /** The stream ends with an error, for its reader and for who waits to write. */
  fail(): void {
    const why = sinkFailed("The install was given up, so the archive is incomplete.");
    void this.#writer.abort(why).catch(() => {});
  }

  async #flush(): Promise<void> {
    const chunk = this.#chunk.subarray(0, this.#filled);
    this.#chunk = new Uint8Array(CHUNK);
    this.#filled = 0;
    await this.#writer.ready;
    void this.#writer.write(chunk).catch(() => {});
    // It is handed over once there is room for it; what is wrong with the stream shows here.
    await this.#writer.ready;
  }
}
