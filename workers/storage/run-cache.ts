import type { Failure } from "../../src/api/failure.ts";
import type { CacheMode, MetadataForm } from "../../src/api/resolve.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { notStored } from "../../src/errors/store.ts";
import { freshness } from "../../src/metadata-cache/freshness.ts";
import type { MetadataCache } from "../../src/metadata-cache/metadata-cache.ts";
import type { MetadataCaches } from "../../src/metadata-cache/metadata-caches.ts";
import type { Claim } from "../../src/metadata-cache/tab-lock.ts";
import type { FetchRecord, RecordCache } from "../../src/registry/packument-source.ts";
import { type RegistryConfig, registryOf } from "../../src/registry/registry-config.ts";
import type { RegistryResponse } from "../../src/registry/transport.ts";
import { encodeAbsence, readAbsence } from "./absence.ts";

export interface RunCacheOptions {
  store: MetadataCaches;
  /** What is stored outlives this page. */
  lasting: boolean;
  config: RegistryConfig;
  metadata: MetadataForm;
  cache: CacheMode;
  warn: (warning: Failure) => void;
  /** Whose packuments of a registry may be read; null: nobody's. */
  namespace(registry: string, metadata: MetadataForm): Promise<string | null>;
  /** Hears of the last write. */
  writing: (flush: Promise<void>) => void;
}

/** One registry's place in the store. */
interface Place {
  /** Null: nothing is stored. */
  namespace: string | null;
  metadataCache: MetadataCache | null;
  /** Once somebody had to fetch: the turn that keeps other tabs from fetching the same. */
  claim?: Promise<Claim | null>;
}

interface Stored {
  answer: Outcome<RegistryResponse>;
  etag: string | undefined;
  isFresh: boolean;
}

/** What is stored of the registries of one run, and what the run adds to it. */
export class RunCache implements RecordCache {
  /** Packuments that were asked for, are not stored and may not be fetched. */
  readonly missing: Set<string> = new Set();
  readonly #options: RunCacheOptions;
  readonly #places = new Map<string, Promise<Place>>();
  readonly #life = new AbortController();

  constructor(options: RunCacheOptions) {
    this.#options = options;
  }

  async record(name: string, fetch: FetchRecord): Promise<Outcome<RegistryResponse>> {
    const { config, cache, lasting } = this.#options;
    const place = await this.#place(registryOf(config, name));
    const stored = await this.#stored(name, place);
    if (stored?.isFresh) return stored.answer;
    if (cache === "offline") {
      this.missing.add(name);
      return fail(notStored(name, { package: name }));
    }
    const waited = await this.#turn(place);
    const now = waited ? await this.#stored(name, place) : stored;
    if (now?.isFresh) return now.answer;
    const fetched = await fetch({ etag: now?.etag, isKept: lasting && place.metadataCache !== null });
    if (!fetched.ok) this.#keepAbsence(name, fetched.failure, place);
    if (!now || !fetched.ok || !fetched.value.notModified) return fetched;
    place.metadataCache?.renew(name, Date.now());
    return now.answer;
  }

  async keep(name: string, record: Uint8Array, etag: string | undefined): Promise<void> {
    const { metadataCache } = await this.#place(registryOf(this.#options.config, name));
    metadataCache?.keep({ name, record, fetchedAt: Date.now(), ...(etag && { etag }) });
  }

  /** What is fresh of all that was stored along with these: most of it will be needed by who needs these again. */
  async mates(names: readonly string[]): Promise<string[]> {
    const { config, cache } = this.#options;
    const mates: string[] = [];
    for (const registry of new Set(names.map((name) => registryOf(config, name)))) {
      const { metadataCache } = await this.#place(registry);
      for (const name of metadataCache?.mates(names) ?? []) {
        if (freshness(metadataCache?.entry(name), cache, Date.now()) === "fresh") mates.push(name);
      }
    }
    return mates;
  }

  #keepAbsence(name: string, failure: Failure, { metadataCache }: Place): void {
    if (failure.code === "E404") metadataCache?.keep({ name, record: encodeAbsence(failure), fetchedAt: Date.now() });
  }

  /** Writes what is new. The run does not wait for it. Turns that have not come yet are not waited for. */
  close(): void {
    this.#life.abort();
    this.#options.writing(this.#flush());
  }

  async #flush(): Promise<void> {
    for (const opened of this.#places.values()) {
      const { metadataCache, claim } = await opened;
      await metadataCache?.flush();
      (await claim)?.release();
    }
  }

  async #stored(name: string, { metadataCache }: Place): Promise<Stored | undefined> {
    const { cache } = this.#options;
    const entry = metadataCache?.entry(name);
    if (!metadataCache || freshness(entry, cache, Date.now()) === "missing") return undefined;
    await metadataCache.load([name]);
    const kept = metadataCache.get(name);
    if (!kept) return undefined;
    const { record, etag } = kept;
    const absence = readAbsence(record);
    // What has been missing for long may be there by now.
    const trust = absence && cache === "prefer-offline" ? "default" : cache;
    const isFresh = freshness(kept, trust, Date.now()) === "fresh";
    return { answer: absence ? fail(absence) : ok({ bytes: record, transferred: 0 }), etag, isFresh };
  }

  /** Before the first request. True: another tab has fetched in the meantime, and the shelf is a new one. */
  async #turn(place: Place): Promise<boolean> {
    const { store } = this.#options;
    const { namespace } = place;
    if (namespace === null) return false;
    place.claim ??= store.claim(namespace, { signal: this.#life.signal }).then(
      async (claim) => {
        if (claim.waited) place.metadataCache = await store.open(namespace);
        return claim;
      },
      () => null,
    );
    return (await place.claim)?.waited ?? false;
  }

  #place(registry: string): Promise<Place> {
    let place = this.#places.get(registry);
    if (!place) {
      place = this.#open(registry);
      this.#places.set(registry, place);
    }
    return place;
  }

  async #open(registry: string): Promise<Place> {
    const { store, metadata } = this.#options;
    const namespace = await this.#options.namespace(registry, metadata);
    return { namespace, metadataCache: namespace === null ? null : await store.open(namespace) };
  }
}
