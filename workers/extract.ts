import { ok } from "../src/errors.ts";
import type { Extractor } from "../src/install/extractor.ts";
import { indexTarball, inflatePackFast, readPack } from "../src/tarball/index-tarball.ts";
import { webDigest } from "../src/tarball/integrity.ts";
import { encodePackIndex } from "../src/tarball/pack-index.ts";
import { nextTurn } from "./yield.ts";

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
    dispose() {},
  };
}
