import { concat } from "../../src/base/concat.ts";
import type { Sha256 } from "../../src/metadata-cache/namespace.ts";
import type { MetadataCachePorts } from "../../src/metadata-cache/ports.ts";
import { nextTurn } from "./yield.ts";

/** What the platform has for the store; the caller adds what knows of records, `warn`, and `locks` where tabs share the blobs. */
export const PLATFORM_TOOLS: Pick<MetadataCachePorts, "now" | "after" | "deflate" | "inflate"> = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  deflate: (bytes) => pass(bytes, new CompressionStream("deflate")),
  inflate: (bytes) => pass(bytes, new DecompressionStream("deflate")),
};

/** Undefined where a page was not loaded safely: there it has no SubtleCrypto. */
export const digest: Sha256 | undefined =
  globalThis.crypto?.subtle && ((bytes) => crypto.subtle.digest("SHA-256", bytes));

/** Of these many bytes at a time: about a millisecond's work. */
const SLICE = 65_536;

/** In turns, since a stream does all that it can at once, and a page has other things to do. */
async function pass(bytes: Uint8Array<ArrayBuffer>, through: GenericTransformStream): Promise<Uint8Array> {
  const writer: WritableStreamDefaultWriter<Uint8Array> = through.writable.getWriter();
  const output = collect(through.readable);
  // What goes wrong is heard of at the other end, and ends the writing too.
  const input = (async () => {
    for (let at = 0; at < bytes.length; at += SLICE) {
      await writer.write(bytes.subarray(at, at + SLICE));
      await nextTurn();
    }
    await writer.close();
  })();
  input.catch(() => {});
  return await output;
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concat(parts);
    parts.push(value);
  }
}
