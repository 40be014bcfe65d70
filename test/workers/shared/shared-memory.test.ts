import { afterEach, expect, test, vi } from "vitest";
import {
  createChunk,
  createSharedMemory,
  type Growable,
  growMemory,
  recycleMemory,
  releaseMemory,
} from "../../../workers/shared/shared-memory.ts";
import { SharedOnceMap } from "../../../workers/shared/shared-once-map.ts";

const MIB = 2 ** 20;
const Native = SharedArrayBuffer;

afterEach(() => vi.unstubAllGlobals());

/** Simulates a platform that allocates at most `most` bytes at once. `grows`: whether memory grows in place. */
function platform(most: number, grows = true): void {
  class Limited extends Native {
    constructor(bytes: number, options?: { maxByteLength: number }) {
      if (Math.max(bytes, options?.maxByteLength ?? 0) > most) throw new RangeError("refused");
      // @ts-expect-error the second parameter is from ES2024
      super(bytes, grows ? options : undefined);
    }
  }
  vi.stubGlobal("SharedArrayBuffer", Limited);
}

function firstOf(sizes?: Parameters<typeof createSharedMemory>[0]): Growable {
  return createSharedMemory(sizes).chunks[0] as Growable;
}

test("starts with 16 MiB, which can grow to 1 GiB", () => {
  const chunk = firstOf();
  expect(chunk.byteLength).toBe(16 * MIB);
  expect(chunk.maxByteLength).toBe(1024 * MIB);
});

test("allocates less if the browser refuses that much", () => {
  platform(300 * MIB);
  expect(firstOf()).toMatchObject({ byteLength: 16 * MIB, maxByteLength: 256 * MIB });
  platform(16 * MIB);
  expect(firstOf()).toMatchObject({ byteLength: 16 * MIB, growable: false });
  platform(5 * MIB);
  expect(firstOf()).toMatchObject({ byteLength: 4 * MIB, growable: false });
});

test("allocates 16 MiB if memory cannot grow in place", () => {
  platform(2048 * MIB, false);
  expect(firstOf()).toMatchObject({ byteLength: 16 * MIB, growable: false });
});

test("fails with EMEMORY if there is no memory at all", () => {
  platform(1000);
  expect(() => createSharedMemory()).toThrow(expect.objectContaining({ code: "EMEMORY" }));
  expect(() => createChunk(2000)).toThrow(expect.objectContaining({ code: "EMEMORY" }));
  vi.stubGlobal("SharedArrayBuffer", undefined);
  expect(() => createSharedMemory()).toThrow(expect.objectContaining({ code: "EMEMORY" }));
});

test("allocates an ample chunk if possible, and always at least the requested bytes", () => {
  expect(createChunk(100).byteLength).toBe(16 * MIB);
  expect(createChunk(20 * MIB + 1).byteLength).toBe(20 * MIB + 8);
  platform(3 * MIB);
  expect(createChunk(100).byteLength).toBe(2 * MIB);
  expect(createChunk(3 * MIB).byteLength).toBe(3 * MIB);
  expect(() => createChunk(2 ** 40)).toThrow(expect.objectContaining({ code: "EMEMORY" }));
});

test("two requests for the same room get one chunk, and each new chunk doubles the memory", () => {
  const memory = createSharedMemory({ slots: 8, initial: 1024, maximum: 1024 });
  const first = growMemory(memory, 100);
  expect(first).toMatchObject({ index: 1 });
  expect(growMemory(memory, 100)).toEqual(first);
  expect(memory.chunks.map(({ byteLength }) => byteLength)).toEqual([1024, 1024]);
  expect(growMemory(memory, 1500)).toMatchObject({ index: 2 });
  expect(memory.chunks[2]?.byteLength).toBe(2048);
  expect(growMemory(memory, 10_000).chunk.byteLength).toBe(10_000);
});

test("a chunk of the size for a payload holds the payload", () => {
  const memory = createSharedMemory({ slots: 8, initial: 64, maximum: 64 });
  const map = new SharedOnceMap({ ...memory, chunks: [...memory.chunks] });
  for (const length of [0, 1, 7, 8, 9, 1000]) {
    const key = `key ${length}`;
    const payload = new Uint8Array(length).fill(length);
    map.register(key);
    let bytes = map.done(key, payload);
    if (bytes) {
      const index = memory.chunks.push(createChunk(bytes, bytes)) - 1;
      map.addChunk(index, memory.chunks[index] as SharedArrayBuffer);
      bytes = map.done(key, payload);
    }
    expect(bytes).toBe(0);
    expect(map.get(key)).toEqual({ ok: true, value: payload });
  }
  expect(memory.chunks.length).toBeGreaterThan(1);
});

test("fails with EMEMORY when all chunks are used", () => {
  const memory = createSharedMemory({ slots: 8, initial: 64, maximum: 64 });
  const fill = (): unknown => growMemory(memory, (memory.chunks.at(-1)?.byteLength ?? 0) + 8);
  for (let count = 1; count < 31; count++) fill();
  expect(memory.chunks.length).toBe(31);
  expect(fill).toThrow(expect.objectContaining({ code: "EMEMORY" }));
});

test("released memory serves the next run, and is empty", () => {
  const memory = createSharedMemory({ slots: 8, initial: 1024, maximum: 1024 });
  const payload = new Uint8Array(600).fill(7);
  for (const run of ["first", "second", "third"]) {
    const map = new SharedOnceMap(memory);
    expect([...map.entries()]).toEqual([]);
    const keys = ["react", `of the ${run} run`];
    for (const key of keys) expect(map.register(key)).toBe(true);
    // There is room for one payload only, in each run.
    expect(map.done("react", payload)).toBe(0);
    expect(map.done(`of the ${run} run`, payload)).toBeGreaterThan(0);
    expect(map.get("react")).toEqual({ ok: true, value: payload });
    releaseMemory(memory);
    expect(recycleMemory(memory)).toBe(true);
    expect(recycleMemory(memory)).toBe(false);
  }
});

test("memory serves no other run if it is in use, was cancelled or closed, or has grown large", () => {
  const sizes = { slots: 8, initial: 1024, maximum: 1024 };
  expect(recycleMemory(createSharedMemory(sizes))).toBe(false);
  const ends: ((map: SharedOnceMap) => void)[] = [
    (map) => map.cancel(),
    (map) => map.failAll({ code: "EABORTED", message: "Cancelled.", details: {} } as never),
  ];
  for (const end of ends) {
    const memory = createSharedMemory(sizes);
    end(new SharedOnceMap(memory));
    releaseMemory(memory);
    expect(recycleMemory(memory)).toBe(false);
  }
  const large = createSharedMemory({ slots: 8, initial: 65 * MIB, maximum: 65 * MIB });
  releaseMemory(large);
  expect(recycleMemory(large)).toBe(false);
});
