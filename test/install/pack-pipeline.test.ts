import fc from "fast-check";
import { expect, test } from "vitest";
import { failure } from "../../src/errors/failure.ts";
import { fakePipeline, settle, source } from "./pipeline.ts";

const codeOf = async (wait: Promise<{ ok: boolean; failure?: { code: string } }>): Promise<string> => {
  const outcome = await wait;
  return outcome.ok ? "ok" : (outcome.failure?.code ?? "");
};

test("one pack at twelve places is fetched, verified and kept once, and everybody hears of it", async () => {
  const { pipeline, downloads, extracts, kept } = fakePipeline();
  for (let i = 0; i < 12; i++) pipeline.want(source("a"));
  const waits = Array.from({ length: 12 }, () => pipeline.wait("a"));
  downloads[0]?.done();
  await settle();
  extracts[0]?.done();
  const codes = await Promise.all(waits.map(codeOf));
  expect(codes).toEqual(Array(12).fill("ok"));
  expect([downloads.length, extracts.length, kept]).toEqual([1, 1, ["a"]]);
});

test("each kind of work has its limit, and downloads are held back while the verifying is behind", async () => {
  const { pipeline, downloads, extracts } = fakePipeline({ downloads: 3, extractions: 1, backlog: 25 });
  for (const key of ["a", "b", "c", "d", "e", "f"]) pipeline.want(source(key));
  expect(downloads.map(({ key }) => key)).toEqual(["a", "b", "c"]);
  for (const gate of downloads.slice(0, 3)) gate.done(10);
  await settle();
  // With 10 and with 20 bytes waiting another began; with 30, of 25 that may, none does.
  expect([downloads.length, extracts.length]).toEqual([5, 1]);
  extracts[0]?.done();
  await settle();
  expect([downloads.length, extracts.length]).toEqual([6, 2]);
});

test("what is wanted most goes first, whoever asked first", () => {
  const { pipeline, downloads } = fakePipeline({ downloads: 1 });
  pipeline.want(source("a"));
  pipeline.want(source("late"), 3);
  pipeline.want(source("soon"), 1);
  pipeline.want(source("late"), 0);
  downloads[0]?.fail("E404");
  return settle().then(() => {
    expect(downloads.map(({ key }) => key)).toEqual(["a", "late"]);
  });
});

test("bytes that are not the promised ones are fetched once more past all caches, and then refused", async () => {
  const { pipeline, downloads, extracts, kept } = fakePipeline();
  pipeline.want(source("a"));
  const wait = codeOf(pipeline.wait("a"));
  downloads[0]?.done();
  await settle();
  extracts[0]?.fail("EINTEGRITY");
  await settle();
  expect(downloads.map(({ past }) => past)).toEqual([false, true]);
  downloads[1]?.done();
  await settle();
  extracts[1]?.fail("EINTEGRITY");
  expect(await wait).toBe("EINTEGRITY");
  expect([downloads.length, kept]).toEqual([2, []]);
  expect(pipeline.operations.all.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
    "download done",
    "extract failed",
    "download done",
    "extract failed",
  ]);
});

test("a second download that is right is taken", async () => {
  const { pipeline, downloads, extracts, kept } = fakePipeline();
  pipeline.want(source("a"));
  downloads[0]?.done();
  await settle();
  extracts[0]?.fail("EINTEGRITY");
  await settle();
  downloads[1]?.done();
  await settle();
  extracts[1]?.done();
  expect(await codeOf(pipeline.wait("a"))).toBe("ok");
  expect(kept).toEqual(["a"]);
});

test("the end tells everybody, whatever they wait for, and what comes later changes nothing", async () => {
  const { pipeline, downloads, extracts, kept } = fakePipeline({ downloads: 2 });
  for (const key of ["a", "b", "c"]) pipeline.want(source(key));
  downloads[0]?.done();
  await settle();
  const waits = ["a", "b", "c"].map((key) => codeOf(pipeline.wait(key)));
  pipeline.stop(failure("EABORTED", "enough"));
  expect(await Promise.all(waits)).toEqual(["EABORTED", "EABORTED", "EABORTED"]);
  extracts[0]?.done();
  downloads[1]?.done();
  await settle();
  pipeline.want(source("d"));
  expect(await codeOf(pipeline.wait("d"))).toBe("EABORTED");
  expect([downloads.length, extracts.length, kept]).toEqual([3, 1, []]);
  expect(pipeline.operations.all.every(({ end }) => end !== null)).toBe(true);
});

test("what is dropped is not kept, and can be wanted again", async () => {
  const { pipeline, downloads, extracts, kept } = fakePipeline();
  pipeline.want(source("a"));
  const first = codeOf(pipeline.wait("a"));
  pipeline.drop("a");
  expect(await first).toBe("EDROPPED");
  downloads[0]?.done();
  await settle();
  expect([extracts.length, kept]).toEqual([0, []]);
  pipeline.want(source("a"));
  downloads[1]?.done();
  await settle();
  extracts[0]?.done();
  expect(await codeOf(pipeline.wait("a"))).toBe("ok");
});

test("in any order of events everybody hears exactly one outcome, and no limit is passed", async () => {
  const event = fc.record({
    kind: fc.constantFrom("want", "download", "extract", "drop"),
    at: fc.nat(9),
    good: fc.boolean(),
  });
  const law = fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
    const { pipeline, downloads, extracts } = fakePipeline({ downloads: 2, extractions: 1, backlog: 25 });
    const ended = { downloads: 0, extracts: 0 };
    const waits: Promise<string>[] = [];
    for (const { kind, at, good } of events) {
      if (kind === "want") {
        pipeline.want(source(`${at}`), at % 3);
        waits.push(codeOf(pipeline.wait(`${at}`)));
      } else if (kind === "drop") pipeline.drop(`${at}`);
      else {
        const list = kind === "download" ? downloads : extracts;
        const which = kind === "download" ? "downloads" : "extracts";
        const gate = list[ended[which]];
        if (!gate) continue;
        ended[which]++;
        if (good) gate.done();
        else gate.fail(at < 5 ? "EINTEGRITY" : "E500");
      }
      await settle();
      expect(downloads.length - ended.downloads).toBeLessThanOrEqual(2);
      expect(extracts.length - ended.extracts).toBeLessThanOrEqual(1);
    }
    pipeline.stop(failure("EABORTED", ""));
    expect((await Promise.all(waits)).length).toBe(waits.length);
  });
  await fc.assert(law, { numRuns: 200 });
});
