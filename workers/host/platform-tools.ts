import { concat } from "../../src/base/concat.ts";
import type { Sha256 } from "../../src/metadata-cache/namespace.ts";
import type { MetadataCachePorts } from "../../src/metadata-cache/ports.ts";
import { nextTurn } from "./yield.ts";

/** The store's tools that the platform provides. The caller adds `warn`, the checks of records, and `locks` if tabs share the blobs. */
export const PLATFORM_TOOLS: Pick<MetadataCachePorts, "now" | "after" | "deflate" | "inflate"> = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  deflate: (bytes) => pipe(bytes, new CompressionStream("deflate")),
  inflate: (bytes) => pipe(bytes, new DecompressionStream("deflate")),
};

/** Undefined on a page that was not loaded over HTTPS or from localhost, because it has no SubtleCrypto. */
export const digest: Sha256 | undefined =
  globalThis.crypto?.subtle && ((bytes) => crypto.subtle.digest("SHA-256", bytes));

/** Bytes that are deflated or inflated in one turn: about a millisecond's work. */
const SLICE = 65_536;

/** Sends bytes through a stream, one slice a turn. A stream would otherwise do all its work at once and block the page. */
async function pipe(bytes: Uint8Array<ArrayBuffer>, through: GenericTransformStream): Promise<Uint8Array> {
  const writer: WritableStreamDefaultWriter<Uint8Array> = through.writable.getWriter();
  const output = collect(through.readable);
  // Errors of the stream also reject `output`, which is awaited.
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
