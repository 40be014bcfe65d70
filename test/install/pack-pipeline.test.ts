import fc from "fast-check";
import { expect, test } from "vitest";
import { failure } from "../../src/errors/failure.ts";
import { type FakePipeline, fakePipeline, runMicrotasks, source } from "./pipeline.ts";

const codeOf = async (wait: Promise<{ ok: boolean; failure?: { code: string } }>): Promise<string> => {
  const outcome = await wait;
  return outcome.ok ? "ok" : (outcome.failure?.code ?? "");
};

/** Starts a pack whose first download has the wrong hash. Its second download has started when this resolves. */
async function refusedOnce(): Promise<FakePipeline & { wait: Promise<string> }> {
  const fake = fakePipeline();
  const wait = codeOf(fake.pipeline.fetch(source("a")));
  fake.downloads[0]?.done();
  await runMicrotasks();
  fake.extracts[0]?.fail("EINTEGRITY");
  await runMicrotasks();
  return { ...fake, wait };
}

test("a pack that is asked for twelve times is downloaded and verified once, and every caller gets it", async () => {
  const { pipeline, downloads, extracts } = fakePipeline();
  const waits = Array.from({ length: 12 }, () => pipeline.fetch(source("a")));
  downloads[0]?.done();
  await runMicrotasks();
  extracts[0]?.done();
  const codes = await Promise.all(waits.map(codeOf));
  expect(codes).toEqual(Array(12).fill("ok"));
  expect([downloads.length, extracts.length, pipeline.fetched, pipeline.bytes]).toEqual([1, 1, 1, 10]);
});

test("downloads and verifications have a limit each, and no download starts while verification is behind", async () => {
  const { pipeline, downloads, extracts } = fakePipeline({ downloads: 3, extractions: 1, backlog: 25 });
  for (const key of ["a", "b", "c", "d", "e", "f"]) void pipeline.fetch(source(key));
  expect(downloads.map(({ key }) => key)).toEqual(["a", "b", "c"]);
  for (const gate of downloads.slice(0, 3)) gate.done(10);
  await runMicrotasks();
  // With a backlog of 10 and of 20 bytes another download started. With 30 of 25 bytes none does.
  expect([downloads.length, extracts.length]).toEqual([5, 1]);
  extracts[0]?.done();
  await runMicrotasks();
  expect([downloads.length, extracts.length]).toEqual([6, 2]);
});

test("the download with the lowest rank goes first, and a later call or `promote` can improve a rank", async () => {
  const { pipeline, downloads } = fakePipeline({ downloads: 1 });
  void pipeline.fetch(source("a"));
  void pipeline.fetch(source("late"), 3);
  void pipeline.fetch(source("last"), 3);
  void pipeline.fetch(source("soon"), 1);
  void pipeline.fetch(source("late"), 0);
  pipeline.promote("last", 0);
  for (let i = 0; i < 3; i++) {
    downloads[i]?.fail("E404");
    await runMicrotasks();
  }
  expect(downloads.map(({ key }) => key)).toEqual(["a", "late", "last", "soon"]);
});

test("a tarball with the wrong hash is downloaded once more past all caches, and then refused", async () => {
  const { pipeline, operations, downloads, extracts, wait } = await refusedOnce();
  expect(downloads.map(({ fresh }) => fresh)).toEqual([false, true]);
  downloads[1]?.done();
  await runMicrotasks();
  extracts[1]?.fail("EINTEGRITY");
  expect(await wait).toBe("EINTEGRITY");
  expect([downloads.length, pipeline.fetched]).toEqual([2, 0]);
  expect(operations.all.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
    "download done",
    "extract failed",
    "download done",
    "extract failed",
  ]);
});

test("a second download with the right hash is accepted", async () => {
  const { pipeline, downloads, extracts, wait } = await refusedOnce();
  downloads[1]?.done();
  await runMicrotasks();
  extracts[1]?.done();
  expect(await wait).toBe("ok");
  expect(pipeline.fetched).toBe(1);
});

test("if the second download fails, the caller gets the integrity failure of the first", async () => {
  const { downloads, wait } = await refusedOnce();
  downloads[1]?.fail("EUNREACHABLE");
  expect(await wait).toBe("EINTEGRITY");
});

test("after `stop` every caller gets its reason, and work that ends later changes nothing", async () => {
  const { pipeline, operations, downloads, extracts } = fakePipeline({ downloads: 2 });
  const waits = ["a", "b", "c"].map((key) => codeOf(pipeline.fetch(source(key))));
  downloads[0]?.done();
  await runMicrotasks();
  pipeline.stop(failure("EABORTED", "enough"));
  expect(await Promise.all(waits)).toEqual(["EABORTED", "EABORTED", "EABORTED"]);
  extracts[0]?.done();
  downloads[1]?.done();
  await runMicrotasks();
  expect(await codeOf(pipeline.fetch(source("d")))).toBe("EABORTED");
  expect([downloads.length, extracts.length, pipeline.fetched]).toEqual([3, 1, 0]);
  expect(operations.all.every(({ end }) => end !== null)).toBe(true);
});

test("a dropped pack is not verified, and can be fetched again", async () => {
  const { pipeline, downloads, extracts } = fakePipeline();
  const first = codeOf(pipeline.fetch(source("a")));
  expect([pipeline.drop("a"), pipeline.drop("a")]).toEqual([true, false]);
  expect(await first).toBe("EDROPPED");
  downloads[0]?.done();
  await runMicrotasks();
  expect([extracts.length, pipeline.fetched]).toEqual([0, 0]);
  const second = codeOf(pipeline.fetch(source("a")));
  downloads[1]?.done();
  await runMicrotasks();
  extracts[0]?.done();
  expect(await second).toBe("ok");
});

test("in any order of events every caller gets exactly one outcome, and no limit is exceeded", async () => {
  const event = fc.record({
    kind: fc.constantFrom("fetch", "download", "extract", "drop"),
    at: fc.nat(9),
    good: fc.boolean(),
  });
  const law = fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
    const { pipeline, downloads, extracts } = fakePipeline({ downloads: 2, extractions: 1, backlog: 25 });
    const ended = { downloads: 0, extracts: 0 };
    const waits: Promise<string>[] = [];
    for (const { kind, at, good } of events) {
      if (kind === "fetch") waits.push(codeOf(pipeline.fetch(source(`${at}`), at % 3)));
      else if (kind === "drop") pipeline.drop(`${at}`);
      else {
        const list = kind === "download" ? downloads : extracts;
        const which = kind === "download" ? "downloads" : "extracts";
        const gate = list[ended[which]];
        if (!gate) continue;
        ended[which]++;
        if (good) gate.done();
        else gate.fail(at < 5 ? "EINTEGRITY" : "E500");
      }
      await runMicrotasks();
      expect(downloads.length - ended.downloads).toBeLessThanOrEqual(2);
      expect(extracts.length - ended.extracts).toBeLessThanOrEqual(1);
    }
    pipeline.stop(failure("EABORTED", ""));
    expect((await Promise.all(waits)).length).toBe(waits.length);
  });
  await fc.assert(law, { numRuns: 200 });
});
