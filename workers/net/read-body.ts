import { onAbort } from "../../src/base/on-abort.ts";
import type { Answer, Reply } from "./exchange.ts";
import type { Watch } from "./watch.ts";

interface BodyContext {
  /** The answer that gets the bytes. */
  answer: Answer;
  /** Bytes at most. */
  limit: number;
  watch: Watch;
  signal: AbortSignal;
  /** Called at each chunk. */
  touch: () => void;
}

/** Bytes that are allocated at first. A header alone, without any data, gets no more. */
const START = 1 << 16;
/** How many times the size of the data that arrived may be allocated because a header says so. */
const TRUSTED = 8;
/** A slow body is excused while all bodies together arrive at this multiple of the minimum rate, because they share the bandwidth. */
const BUSY = 16;

/**
 * Reads a body chunk by chunk. Stops after `limit` bytes, and when fewer bytes than the minimum rate arrived during `watch.timeout`.
 * @throws what the stream rejects with
 */
export async function readBody(body: ReadableStream<Uint8Array>, context: BodyContext): Promise<Reply> {
  const { answer, limit, watch, signal, touch } = context;
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  if (signal.aborted) stop();
  const forget = onAbort(signal, stop);
  // The length of the compressed body if there is a `Content-Encoding`, which a page may not see.
  const header = Number(answer.headers.get("content-length"));
  const stated = header > 0 ? header : START;
  // One buffer that grows: a list of chunks would let a body of tiny chunks take many times its size.
  let bytes = new Uint8Array(Math.min(stated, limit, START));
  let length = 0;
  const least = (watch.minRate * watch.timeout) / 1000;
  let window = { since: performance.now(), own: 0, all: watch.bytes };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        answer.bytes = length === bytes.length ? bytes : bytes.slice(0, length);
        return answer;
      }
      touch();
      const end = length + value.length;
      if (end > limit) return { kind: "large" };
      if (end > bytes.length) {
        const grown = new Uint8Array(Math.max(end, Math.min(limit, nextSize(bytes.length, stated))));
        grown.set(bytes.subarray(0, length));
        bytes = grown;
      }
      bytes.set(value, length);
      length = end;
      watch.bytes += value.length;
      const since = performance.now();
      if (since - window.since < watch.timeout) continue;
      if (length - window.own < least && watch.bytes - window.all < BUSY * least) {
        return { kind: "timeout", late: "minRate" };
      }
      window = { since, own: length, all: watch.bytes };
    }
  } finally {
    forget();
    // Releases the connection. Does nothing after the end of the body.
    stop();
  }
}

/** Returns the next size of a full buffer: the stated length if enough of the body has arrived to trust it, otherwise twice the size. */
function nextSize(size: number, stated: number): number {
  if (size < stated) return Math.min(stated, TRUSTED * size);
  return Math.max(START, 2 * size);
}
