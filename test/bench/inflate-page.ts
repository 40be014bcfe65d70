import { type GunzipOptions, gunzipSync } from "fflate";
import { gunzip } from "../../src/tarball/gunzip.ts";

// Runs in a page, in a worker and in Node for inflate-bench.mjs.

type Inflate = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array | Promise<Uint8Array>;

/** The library's way: fflate, the checksum, and the check for a second member. */
function ours(bytes: Uint8Array): Uint8Array {
  const out = gunzip(bytes);
  if (!out.ok) throw new Error(out.failure.message);
  return out.value;
}

const lengthOf = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);

/** fflate alone. */
function fflate(bytes: Uint8Array): Uint8Array {
  const options: GunzipOptions = { out: new Uint8Array(lengthOf(bytes)) };
  return gunzipSync(bytes, options);
}

/** The platform's way, in chunks, into memory of the size that the trailer gives. */
async function native(bytes: Uint8Array<ArrayBuffer>, slice: number = bytes.length): Promise<Uint8Array> {
  const out = new Uint8Array(lengthOf(bytes));
  const stream = new DecompressionStream("gzip");
  const writer = stream.writable.getWriter();
  const write = async (): Promise<void> => {
    for (let at = 0; at < bytes.length; at += slice) await writer.write(bytes.subarray(at, at + slice));
    await writer.close();
  };
  write().catch(() => {});
  const reader = stream.readable.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return out;
    out.set(value, at);
    at += value.length;
  }
}

const WAYS: Record<string, Inflate> = {
  ours,
  fflate,
  native,
  "by 16k": (bytes) => native(bytes, 16_384),
  "by 64k": (bytes) => native(bytes, 65_536),
};

/** Returns the milliseconds for all tarballs, one after the other: the least of several rounds. */
export async function time(way: string, files: readonly Uint8Array<ArrayBuffer>[], rounds: number): Promise<number> {
  const inflate = WAYS[way] as Inflate;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    let sum = 0;
    for (const bytes of files) sum += (await inflate(bytes)).length;
    if (sum === 0) throw new Error("nothing");
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** Reads `/tarballs`: a line of JSON with the length of each tarball, then the tarballs. */
export async function fetched(address: string): Promise<Uint8Array<ArrayBuffer>[]> {
  const bytes = new Uint8Array(await (await fetch(address)).arrayBuffer());
  const end = bytes.indexOf(10);
  let at = end + 1;
  return (JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as number[]).map((length) => {
    at += length;
    return bytes.slice(at - length, at);
  });
}

Object.assign(globalThis, { bench: { time, fetched } });
