import type { Readable, Writable } from "node:stream";

interface Message {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: { message: string };
}

type Listener = (params: unknown) => void;
interface Waiting {
  method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * Chromium's debugging protocol over its pipe: JSON texts, each ended by a zero byte. Not a driver library,
 * because those let the browser report every request, and two thousand reports would distort the measurement.
 */
export class DevTools {
  readonly #input: Writable;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<{ method: string; sessionId: string | undefined; listener: Listener }>();
  #pieces: Buffer[] = [];
  #last = 0;
  #ended: Error | undefined;

  constructor(input: Writable, output: Readable) {
    this.#input = input;
    output.on("data", (chunk: Buffer) => this.#take(chunk));
    output.once("close", () => this.end(new Error("The browser has ended")));
    // Errors of writing to a crashed browser are ignored; `close` reports the crash.
    input.on("error", () => {});
    output.on("error", () => {});
  }

  /** Sends a command. @throws Error with the protocol's message, or if the browser has ended */
  send<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = ++this.#last;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { method, resolve: resolve as Waiting["resolve"], reject });
      this.#input.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
    });
  }

  /** Calls `listener` for each event of that name in that session. Returns a function that stops this. */
  on(method: string, sessionId: string | undefined, listener: Listener): () => void {
    const entry = { method, sessionId, listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  once(method: string, sessionId?: string): Promise<unknown> {
    return new Promise((resolve) => {
      const forget = this.on(method, sessionId, (params) => {
        forget();
        resolve(params);
      });
    });
  }

  /** Rejects every call in flight. */
  end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #take(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, start)) {
      this.#pieces.push(chunk.subarray(start, end));
      start = end + 1;
      this.#receive(JSON.parse(Buffer.concat(this.#pieces).toString()) as Message);
      this.#pieces = [];
    }
    this.#pieces.push(chunk.subarray(start));
  }

  #receive({ id, sessionId, method, params, result, error }: Message): void {
    if (id === undefined) {
      for (const entry of this.#listeners) {
        if (entry.method === method && entry.sessionId === sessionId) entry.listener(params);
      }
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new Error(`${waiting.method}: ${error.message}`));
    else waiting?.resolve(result);
  }
}
