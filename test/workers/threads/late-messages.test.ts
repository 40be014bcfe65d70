import { afterEach, beforeEach, expect, test } from "vitest";
import { needPackument } from "../../../src/engine/need.ts";
import type { Outcome } from "../../../src/errors/failure.ts";
import { condense } from "../../../src/registry/condense.ts";
import type { Packument } from "../../../src/registry/packument.ts";
import { prepareRun } from "../../../workers/run/prepare-run.ts";
import {
  createChunk,
  createSharedMemory,
  growMemory,
  recycleMemory,
  type SharedMemory,
} from "../../../workers/shared/shared-memory.ts";
import { SharedOnceMap } from "../../../workers/shared/shared-once-map.ts";
import { ThreadMetadataCache } from "../../../workers/storage/thread-metadata-cache.ts";
import { startFetchWorker } from "../../../workers/threads/fetch-worker.ts";
import {
  type EngineMessage,
  type FetchMessage,
  type FetchRunStart,
  packumentKey,
} from "../../../workers/threads/protocol.ts";
import { ThreadSupply } from "../../../workers/threads/thread-supply.ts";

// Both ends of the channel between the two workers, on one thread. The engine's end never sleeps here.

const RECORD = condense(
  "a",
  new TextEncoder().encode('{"name":"a","versions":{"1.0.0":{"name":"a","version":"1.0.0"}}}'),
);

let channel: MessageChannel;
beforeEach(() => {
  channel = new MessageChannel();
});
afterEach(() => channel.port1.close());

async function openSupply(memory: SharedMemory): Promise<ThreadSupply> {
  const input = { files: { "package.json": "{}" } };
  const { signal } = new AbortController();
  const run = await prepareRun({ settings: { cache: "none" }, input, options: {}, signal });
  return new ThreadSupply(memory, { role: "engine", net: [], workerPort: channel.port1 }, run);
}

/** Collects the messages that arrive at the fetch worker's end. */
function collected(): EngineMessage[] {
  const messages: EngineMessage[] = [];
  channel.port2.onmessage = ({ data }: MessageEvent<EngineMessage>) => void messages.push(data);
  return messages;
}

/** Publishes the record of `a` in a second chunk, which the engine does not have yet. */
function publishInNewChunk(shared: SharedMemory): { index: number; chunk: SharedArrayBuffer } {
  const memory = { ...shared, chunks: [...shared.chunks] };
  const map = new SharedOnceMap(memory);
  for (const key of ["filler", packumentKey("a")]) map.register(key);
  expect(map.done("filler", new Uint8Array(960))).toBe(0);
  const added = growMemory(memory, map.done(packumentKey("a"), RECORD));
  map.addChunk(added.index, added.chunk);
  expect(map.done(packumentKey("a"), RECORD)).toBe(0);
  return added;
}

test("neither a reply to an earlier check nor a message of an earlier run ends the wait for a chunk", async () => {
  const memory = createSharedMemory({ slots: 8, initial: 1024, maximum: 1024 });
  const added = publishInNewChunk(memory);
  let runId = 0;
  const send = (message: FetchMessage): void => channel.port2.postMessage(message);
  channel.port2.onmessage = ({ data }: MessageEvent<EngineMessage>) => {
    if (data.kind === "start") {
      runId = data.run.runId;
      send({ runId: runId - 1, kind: "addChunk", index: added.index, chunk: createChunk(added.chunk.byteLength) });
      send({ runId: runId - 1, kind: "checked", check: 1000 });
    } else if (data.kind === "check") {
      send({ runId, kind: "checked", check: data.check - 1 });
      send({ runId, kind: "addChunk", ...added });
      send({ runId, kind: "checked", check: data.check });
    }
  };
  const supply = await openSupply(memory);
  const answer: Outcome<Packument> = await supply.drive(needPackument("a"), () => {});
  expect(answer.ok && answer.value.record).toEqual(RECORD);
  supply.dispose();
});

test("an engine sends nothing of a run after its end, and numbers its runs", async () => {
  const messages = collected();
  for (let run = 0; run < 2; run++) {
    const supply = await openSupply(createSharedMemory({ slots: 8, initial: 1024, maximum: 1024 }));
    supply.dispose();
    supply.stopPreload();
  }
  await expect.poll(() => messages.length).toBe(4);
  expect(messages.map(({ kind }) => kind)).toEqual(["start", "close", "start", "close"]);
  const ids = messages.flatMap((message) => (message.kind === "start" ? message.run.runId : []));
  expect(ids[1]).toBe((ids[0] as number) + 1);
});

test("a fetch worker answers with the numbers of the run and of the check, and releases the memory at the end", async () => {
  const memory = createSharedMemory({ slots: 8, initial: 1024, maximum: 1024 });
  const messages = collected();
  (await openSupply(memory)).dispose();
  await expect.poll(() => messages.length).toBe(2);
  const { run } = messages[0] as { run: FetchRunStart };
  const [worker, net] = [new MessageChannel(), new MessageChannel()];
  const replies: FetchMessage[] = [];
  worker.port1.onmessage = ({ data }: MessageEvent<FetchMessage>) => void replies.push(data);
  const workerPort = worker.port2;
  const lastRunClosed = startFetchWorker({ role: "fetch", net: [net.port1], workerPort }, new ThreadMetadataCache());
  const ask = (message: EngineMessage): void => worker.port1.postMessage(message);
  ask({ kind: "start", run: { ...run, runId: 7 } });
  ask({ kind: "check", check: 3 });
  await expect.poll(() => replies).toEqual([{ kind: "checked", check: 3, runId: 7 }]);
  expect(recycleMemory(memory)).toBe(false);
  ask({ kind: "close" });
  await lastRunClosed();
  await expect.poll(() => recycleMemory(memory)).toBe(true);
  for (const port of [worker.port1, net.port1]) port.close();
});
