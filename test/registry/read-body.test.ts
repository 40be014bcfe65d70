import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { Answer } from "../../workers/net/exchange.ts";
import { readBody } from "../../workers/net/read-body.ts";
import { Watch } from "../../workers/net/watch.ts";

const LIMIT = 300_000;

async function read(
  chunks: readonly Uint8Array[],
  stated: string | null,
): Promise<Awaited<ReturnType<typeof readBody>>> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const headers = new Headers(stated === null ? {} : { "content-length": stated });
  const answer: Answer = { kind: "answer", status: 200, headers, bytes: new Uint8Array() };
  const { signal } = new AbortController();
  return await readBody(body, { answer, limit: LIMIT, watch: new Watch({}), signal, touch: () => {} });
}

const sizes = fc.array(fc.oneof(fc.nat(9), fc.nat(5_000), fc.nat(90_000)), { maxLength: 6 });
/** What `Content-Length` says of the body: the truth, less, more, nonsense, or nothing. */
const statements = fc.constantFrom<(length: number) => string | null>(
  (length) => String(length),
  (length) => String(length >> 1),
  (length) => String(length + 1),
  () => "99999999999999",
  () => "-1",
  () => "many",
  () => null,
);

test("a body has its own bytes in a buffer of their size, whatever its Content-Length says", async () => {
  const property = fc.asyncProperty(sizes, statements, async (all, state) => {
    const length = all.reduce((sum, size) => sum + size, 0);
    const whole = Uint8Array.from({ length }, (_, at) => at * 31 + (at >> 8));
    const ends = all.map((_, i) => all.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
    const chunks = all.map((size, i) => whole.slice((ends[i] as number) - size, ends[i]));
    const reply = await read(chunks, state(length));
    if (length > LIMIT) {
      expect(reply).toEqual({ kind: "large" });
      return;
    }
    expect(reply).toMatchObject({ kind: "answer", status: 200 });
    const { bytes } = reply as Answer;
    expect(Buffer.compare(bytes, whole)).toBe(0);
    expect(bytes.buffer.byteLength).toBe(length);
  });
  await fc.assert(property, { numRuns: 300 });
});

test.each([
  [LIMIT, "answer"],
  [LIMIT + 1, "large"],
])("a body of %i bytes, without a Content-Length, is %s", async (length, kind) => {
  expect(await read([new Uint8Array(length - 7), new Uint8Array(7)], null)).toMatchObject({ kind });
});

test.each([
  ["nothing", [0], [65_536]],
  ["one byte", [1], [65_536]],
  ["all of it", [100_000, 100_000, 50_000], [65_536, 250_000]],
])("a Content-Length of 250,000 of which %s arrives allocates as the data arrives", async (_, lengths, expected) => {
  const sizes: number[] = [];
  const chunks = lengths.map((length) => new Uint8Array(length));
  const construct = (target: Uint8ArrayConstructor, args: unknown[]): Uint8Array => {
    if (typeof args[0] === "number") sizes.push(args[0]);
    return Reflect.construct(target, args) as Uint8Array;
  };
  vi.stubGlobal("Uint8Array", new Proxy(Uint8Array, { construct }));
  try {
    await read(chunks, "250000");
  } finally {
    vi.unstubAllGlobals();
  }
  expect(sizes).toEqual(expected);
});
