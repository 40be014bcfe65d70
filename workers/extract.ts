import { ok } from "../src/errors.ts";
import type { Extractor } from "../src/install/extractor.ts";
import { inflateStretch, makeWaypoints } from "../src/packs/waypoints.ts";
import { indexTarball, inflatePackFast, readPack } from "../src/tarball/index-tarball.ts";
import { webDigest } from "../src/tarball/integrity.ts";
import { encodePackIndex } from "../src/tarball/pack-index.ts";
import { localClock, nextTurn } from "./yield.ts";

/** Milliseconds of inflating at a time. */
const SLICE = 8;

/** Opens tarballs on this thread: a turn of the event loop for each, so that whoever else works here has theirs. */
export function localExtractor(): Extractor {
  const digest = webDigest(globalThis.crypto?.subtle);
  let last: Promise<unknown> = Promise.resolve();
  /** One at a time: many at once end no sooner. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(nextTurn).then(work);
    last = mine.catch(() => {});
    return mine;
  };
  return {
    async extract(tarball, wanted) {
      await nextTurn();
      const opened = await indexTarball(tarball, wanted, digest);
      if (!opened.ok) return opened;
      const { index, archive, warnings } = opened.value;
      const { integrity } = index;
      return ok({ integrity, tarball, index: encodePackIndex(index), warnings, ...(wanted.archive && { archive }) });
    },
    inflate: (tarball, unpacked) => inTurn(() => inflatePackFast(tarball, unpacked)),
    read: (tarball, unpacked, ranges) => inTurn(() => readPack(tarball, unpacked, ranges)),
    async waypoints(tarball, unpacked) {
      const steps = makeWaypoints(tarball, unpacked);
      let since = localClock.now();
      for (;;) {
        const { done, value } = steps.next();
        if (done) return ok(value);
        if (localClock.now() - since < SLICE) continue;
        await nextTurn();
        since = localClock.now();
      }
    },
    readStretches: (stretches) =>
      inTurn(async () => {
        const parts: (Uint8Array[] | null)[] = [];
        let since = localClock.now();
        for (const stretch of stretches) {
          parts.push(inflateStretch(stretch));
          if (localClock.now() - since < SLICE) continue;
          await nextTurn();
          since = localClock.now();
        }
        return ok(parts);
      }),
    dispose() {},
  };
}
