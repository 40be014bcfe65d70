import type { Failure } from "../api/failure.ts";
import type { UnpackLimits } from "../api/install.ts";
import { OnceMap } from "../base/once-map.ts";
import { fail, type Outcome, ok } from "../errors/failure.ts";
import { storeFailed } from "../errors/store.ts";
import { beyondLimits } from "../errors/tarball.ts";
import type { PackCache } from "../pack-cache/pack-cache.ts";
import { type PackIndex, readPackIndex } from "../tarball/pack-index.ts";
import type { PackPipeline, PackSource } from "./pack-pipeline.ts";
import { hashesOf, packKey } from "./pack-source.ts";

/** A pack that can be read. */
export interface SuppliedPack {
  index: PackIndex;
  /** Whether it was in the store. */
  stored: boolean;
  warnings: readonly Failure[];
}

/** Indexes that are read in a turn. */
const SOME = 256;

/** Packs by what a lock says of them: from the store where it has them, else from the network. */
export class PackSupply {
  readonly #pipeline: PackPipeline;
  readonly #packCache: PackCache;
  readonly #breathe: () => Promise<void>;
  /** What the store has, by any of a pack's hashes. */
  readonly #found = new Map<string, PackIndex>();
  /** Of those, each once: sha512 SRI. */
  readonly #stored = new Set<string>();
  readonly #looked = new Set<string>();
  /** Questions to the store that are not answered. */
  readonly #looking = new Set<Promise<void>>();
  /** What came of them, by key: an outcome is no rejection, and so it is kept. */
  readonly #packs = new OnceMap<string, Outcome<SuppliedPack>>();

  /** @param breathe lets others have the thread */
  constructor(pipeline: PackPipeline, packCache: PackCache, breathe: () => Promise<void>) {
    this.#pipeline = pipeline;
    this.#packCache = packCache;
    this.#breathe = breathe;
  }

  /** Packs that were asked for, that are there, and of those the ones that were in the store. */
  get counts(): { known: number; done: number; stored: number } {
    const stored = this.#stored.size;
    return { known: stored + this.#pipeline.known, done: stored + this.#pipeline.fetched, stored };
  }

  /** Looks these up in the store, and has the others fetched. `rankOf`: which go first, 0 before all. */
  async want(sources: readonly PackSource[], rankOf: (source: PackSource) => number): Promise<void> {
    await this.look(sources.flatMap(({ integrity }) => integrity ?? []));
    for (const source of sources) if (!this.stored(source)) this.#pipeline.want(source, rankOf(source));
  }

  /** Looks packs up in the store, by what a lock has for their integrity. */
  async look(integrities: readonly string[]): Promise<void> {
    const asked = [...new Set(integrities.flatMap(hashesOf))].filter((hash) => !this.#looked.has(hash));
    for (const hash of asked) this.#looked.add(hash);
    if (asked.length > 0) {
      const looking = this.#find(asked);
      this.#looking.add(looking);
      void looking.finally(() => this.#looking.delete(looking));
    }
    // Somebody may have asked for some of them before.
    await Promise.all(this.#looking);
  }

  async #find(hashes: readonly string[]): Promise<void> {
    let read = 0;
    for (const [hash, { integrity, index }] of await this.#packCache.find(hashes)) {
      if (read++ % SOME === 0) await this.#breathe();
      const known = readPackIndex(index);
      // Another pack's index would give that one's files, and nothing but itself stands for a sha512.
      if (known?.integrity !== integrity || (hash.startsWith("sha512-") && hash !== integrity)) continue;
      this.#found.set(hash, known);
      this.#stored.add(integrity);
    }
  }

  /** The index of one that is in the store, once `want` has looked. */
  stored({ integrity }: Pick<PackSource, "integrity">): PackIndex | undefined {
    for (const hash of hashesOf(integrity)) {
      const index = this.#found.get(hash);
      if (index) return index;
    }
    return undefined;
  }

  /** What came of one that is wanted. */
  pack(source: Pick<PackSource, "integrity" | "url">): Promise<Outcome<SuppliedPack>> {
    const key = packKey(source.integrity, source.url);
    return this.#packs.run(key, () => this.#pack(source, key));
  }

  async #pack(source: Pick<PackSource, "integrity">, key: string): Promise<Outcome<SuppliedPack>> {
    const index = this.stored(source);
    if (index) return ok({ index, stored: true, warnings: [] });
    const facts = await this.#pipeline.wait(key);
    if (!facts.ok) return facts;
    const read = readPackIndex(facts.value.index);
    return read ? ok({ index: read, stored: false, warnings: facts.value.warnings }) : fail(unreadable(key));
  }
}

function unreadable(key: string): Failure {
  return storeFailed(`The index of ${key} cannot be read.`);
}

/** What was stored under wider limits. */
export function overLimit({ integrity, unpacked, sizes }: PackIndex, limits: UnpackLimits): Failure | undefined {
  // No file is larger than all of them.
  const hasLarge = unpacked > limits.file && sizes.some((size) => size > limits.file);
  const large = hasLarge || unpacked > limits.package || sizes.length > limits.files;
  return large ? beyondLimits(`The stored pack ${integrity} is beyond the limits`) : undefined;
}
