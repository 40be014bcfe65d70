import { LocalScheduler, type Task } from "../../src/base/spawn-local.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { brokenArchive } from "../../src/errors/tarball.ts";
import type { Extractor } from "../../src/install/extractor.ts";
import { makeSeekPoints } from "../../src/pack-cache/make-seek-points.ts";
import { inflateRange, type RangeRead } from "../../src/pack-cache/range-read.ts";
import { indexTarball, readPack } from "../../src/tarball/index-tarball.ts";
import { webDigest } from "../../src/tarball/integrity.ts";
import { encodePackIndex } from "../../src/tarball/pack-index.ts";
import { PLATFORM_TOOLS } from "./platform-tools.ts";
import { localClock, nextTurn } from "./yield.ts";

/** Creates an extractor on this thread. It takes a turn of the event loop for each tarball, so that other work is not blocked. */
export function localExtractor(): Extractor {
  const digest = webDigest(globalThis.crypto?.subtle);
  const scheduler = new LocalScheduler(localClock);
  let last: Promise<unknown> = Promise.resolve();
  /** Runs reads one after the other, because concurrent reads would finish no sooner. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(nextTurn).then(work);
    last = mine.catch(() => {});
    return mine;
  };
  return {
    async extract(tarball, wanted) {
      await nextTurn();
      const opened = await indexTarball(tarball, wanted, digest, nextTurn);
      if (!opened.ok) return opened;
      const { index, archive, warnings } = opened.value;
      const { integrity } = index;
      return ok({ integrity, tarball, index: encodePackIndex(index), warnings, ...(wanted.archive && { archive }) });
    },
    read: (order) =>
      inTurn(() =>
        "rangeReads" in order
          ? scheduler.spawn(readRanges(order.rangeReads))
          : readPack(order.tarball, order.unpacked, order.ranges),
      ),
    seekPoints: async (tarball, unpacked) =>
      ok(await scheduler.spawn(makeSeekPoints(tarball, unpacked, PLATFORM_TOOLS.deflate))),
    dispose() {},
  };
}

/** Inflates each range. Fails if one of them is damaged. */
function* readRanges(rangeReads: readonly RangeRead[]): Task<Outcome<Uint8Array[]>> {
  const parts: Uint8Array[] = [];
  for (const rangeRead of rangeReads) {
    const read = yield* inflateRange(rangeRead);
    if (!read) return fail(brokenArchive("Cannot read part of the tarball: its seek index is damaged."));
    parts.push(...read);
  }
  return ok(parts);
}
