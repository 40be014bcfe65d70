import type { StoreTools } from "../src/store/kept.ts";
import type { Digest } from "../src/store/namespace.ts";

/** What the platform has for the store; the caller adds what knows of records, `warn`, and `locks` where tabs share the blobs. */
export const PLATFORM_TOOLS: Pick<StoreTools, "now" | "after" | "deflate" | "inflate"> = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  deflate: (bytes) => pass(bytes, new CompressionStream("deflate")),
  inflate: (bytes) => pass(bytes, new DecompressionStream("deflate")),
};

/** Undefined where a page was not loaded safely: there it has no SubtleCrypto. */
export const digest: Digest | undefined =
  globalThis.crypto?.subtle && ((bytes) => crypto.subtle.digest("SHA-256", bytes));

async function pass(bytes: Uint8Array<ArrayBuffer>, through: GenericTransformStream): Promise<Uint8Array> {
  const writer = through.writable.getWriter();
  // What goes wrong here is heard of at the other end.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  return new Uint8Array(await new Response(through.readable).arrayBuffer());
}
