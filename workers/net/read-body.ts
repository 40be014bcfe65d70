// Loaded on demand: for large tarballs and for second attempts. Other bodies are read in one piece.

import { onAbort } from "../../src/base/on-abort.ts";

/** Reads a body chunk by chunk, and calls `touch` at each chunk. @throws what the stream rejects with */
export async function readBody(response: Response, signal: AbortSignal, touch: () => void): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(await response.arrayBuffer());
  const stop = (): void => void reader.cancel().catch(() => {});
  if (signal.aborted) stop();
  const forget = onAbort(signal, stop);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      touch();
      chunks.push(value);
      length += value.byteLength;
    }
  } finally {
    forget();
  }
  return join(chunks, length);
}

/** Joins the chunks into an array that fills its buffer, so that it can be transferred. */
function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first?.buffer.byteLength === length) return first;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
