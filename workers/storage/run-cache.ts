import type { Failure } from "../../src/api/failure.ts";
import type { CacheMode, MetadataForm } from "../../src/api/resolve.ts";
import { fail, type Outcome, ok } from "../../src/errors/failure.ts";
import { notStored, outdated } from "../../src/errors/store.ts";
import { freshness } from "../../src/metadata-cache/freshness.ts";
import type { MetadataCache } from "../../src/metadata-cache/metadata-cache.ts";
import type { MetadataCaches } from "../../src/metadata-cache/metadata-caches.ts";
import type { TabLock } from "../../src/metadata-cache/tab-lock.ts";
import type { FetchRecord, RecordCache } from "../../src/registry/packument-source.ts";
import { hasUrlSecrets } from "../../src/registry/record-secrets.ts";
import { type RegistryConfig, registryOf } from "../../src/registry/registry-config.ts";
import type { RegistryResponse } from "../../src/registry/transport.ts";
import { encodeAbsence, readAbsence } from "./absence.ts";

export interface RunCacheOptions {
  caches: MetadataCaches;
  /** Whether the stored data outlives this page. */
  lasting: boolean;
  config: RegistryConfig;
  metadata: MetadataForm;
  cache: CacheMode;
  warn: (warning: Failure) => void;
  /** Returns the namespace of a registry's packuments; null if they must not be cached. */
  namespace(registry: string, metadata: MetadataForm): Promise<string | null>;
  /** Receives the run's last write. */
  writing: (flush: Promise<void>) => void;
}

/** The cache of one registry. */
interface RegistryCache {
  /** Null if nothing may be stored. */
  namespace: string | null;
  metadataCache: MetadataCache | null;
  /** The lock that keeps other tabs from fetching the same packuments. Requested before the first fetch. */
  lock?: Promise<TabLock | null>;
}

interface StoredAnswer {
  answer: Outcome<RegistryResponse>;
  etag: string | undefined;
  isFresh: boolean;
}

/**
 * Answers the packument requests of one run from the metadata caches of its registries.
 *
 * 1. If a fresh packument is cached, use it.
 * 2. In `offline` mode fail: the packument is missing.
 * 3. Before the first fetch from a registry, lock its namespace. If another tab held the lock, open the cache again: the
 *    packument may be fresh now.
 * 4. Fetch, with the ETag of the cached packument. If the registry confirms it, renew it. If the package does not exist,
 *    cache that as well.
 * 5. In `default` mode, if the registry gives no answer, use the cached packument although it is old, and warn once.
 * 6. `close` writes everything that is new, and releases the locks.
 */
export class RunCache implements RecordCache {
  /** Packuments that were requested in `offline` mode and are not cached. */
  readonly missing: Set<string> = new Set();
  readonly #options: RunCacheOptions;
  readonly #registries = new Map<string, Promise<RegistryCache>>();
  readonly #closed = new AbortController();
  /** Registries that gave no answer. */
  readonly #unreached = new Set<string>();

  constructor(options: RunCacheOptions) {
    this.#options = options;
  }

  async record(name: string, fetch: FetchRecord): Promise<Outcome<RegistryResponse>> {
    const { config, cache, lasting } = this.#options;
    const registry = await this.#registryCache(registryOf(config, name));
    const stored = await this.#stored(name, registry);
    if (stored?.isFresh) return stored.answer;
    if (cache === "offline") {
      this.missing.add(name);
      return fail(notStored(name, { package: name }));
    }
    const waited = await this.#lock(registry);
    const now = waited ? await this.#stored(name, registry) : stored;
    if (now?.isFresh) return now.answer;
    const fetched = await fetch({ etag: now?.etag, isKept: lasting && registry.metadataCache !== null });
    if (!fetched.ok) {
      this.#addAbsence(name, fetched.failure, registry);
      if (cache === "default" && now?.answer.ok && isOutage(fetched.failure)) {
        this.#warnOfOutage(registryOf(config, name), fetched.failure);
        return now.answer;
      }
    }
    if (!now || !fetched.ok || !fetched.value.notModified) return fetched;
    registry.metadataCache?.renew(name, Date.now());
    return now.answer;
  }

  async keep(name: string, record: Uint8Array, etag: string | undefined): Promise<void> {
    const { metadataCache } = await this.#registryCache(registryOf(this.#options.config, name));
    if (metadataCache && !hasUrlSecrets(record))
      metadataCache.add({ name, record, fetchedAt: Date.now(), ...(etag && { etag }) });
  }

  /** Returns the fresh packuments that were stored together with these. A run that needs these will need most of them. */
  async relatedNames(names: readonly string[]): Promise<string[]> {
    const { config, cache } = this.#options;
    const fresh: string[] = [];
    for (const registry of new Set(names.map((name) => registryOf(config, name)))) {
      const { metadataCache } = await this.#registryCache(registry);
      for (const name of metadataCache?.relatedNames(names) ?? []) {
        if (freshness(metadataCache?.entry(name), cache, Date.now()) === "fresh") fresh.push(name);
      }
    }
    return fresh;
  }

  #warnOfOutage(registry: string, { code }: Failure): void {
    if (this.#unreached.has(registry)) return;
    this.#unreached.add(registry);
    this.#options.warn(outdated(registry, code));
  }

  #addAbsence(name: string, failure: Failure, { metadataCache }: RegistryCache): void {
    if (failure.code === "E404") metadataCache?.add({ name, record: encodeAbsence(failure), fetchedAt: Date.now() });
  }

  /** Writes everything that is new. The run does not wait for it. Locks that were not granted yet are given up. */
  close(): void {
    this.#closed.abort();
    this.#options.writing(this.#flush());
  }

  async #flush(): Promise<void> {
    for (const opened of this.#registries.values()) {
      // The run has seen the error of a cache that does not open. The other caches are written all the same.
      const registry = await opened.catch(() => null);
      if (!registry) continue;
      const { namespace, metadataCache, lock } = registry;
      await metadataCache?.flush();
      if (namespace !== null && metadataCache) this.#options.caches.keep(namespace, metadataCache);
      (await lock)?.release();
    }
  }

  async #stored(name: string, { metadataCache }: RegistryCache): Promise<StoredAnswer | undefined> {
    const { cache } = this.#options;
    const entry = metadataCache?.entry(name);
    if (!metadataCache || freshness(entry, cache, Date.now()) === "missing") return undefined;
    await metadataCache.load([name]);
    const packument = metadataCache.get(name);
    if (!packument) return undefined;
    const { record, etag } = packument;
    const absence = readAbsence(record);
    // A package that was missing long ago may exist by now.
    const trust = absence && cache === "prefer-offline" ? "default" : cache;
    const isFresh = freshness(packument, trust, Date.now()) === "fresh";
    return { answer: absence ? fail(absence) : ok({ bytes: record, transferred: 0 }), etag, isFresh };
  }

  /** Locks a registry before its first fetch. Returns true if another tab held the lock: then the cache was opened again. */
  async #lock(registry: RegistryCache): Promise<boolean> {
    const { caches } = this.#options;
    const { namespace } = registry;
    if (namespace === null) return false;
    registry.lock ??= caches.lock(namespace, { signal: this.#closed.signal }).then(
      async (lock) => {
        if (lock.waited) registry.metadataCache = await caches.open(namespace);
        return lock;
      },
      () => null,
    );
    return (await registry.lock)?.waited ?? false;
  }

  #registryCache(registry: string): Promise<RegistryCache> {
    let opened = this.#registries.get(registry);
    if (!opened) {
      opened = this.#open(registry);
      this.#registries.set(registry, opened);
    }
    return opened;
  }

  async #open(registry: string): Promise<RegistryCache> {
    const { caches, metadata } = this.#options;
    const namespace = await this.#options.namespace(registry, metadata);
    return { namespace, metadataCache: namespace === null ? null : await caches.open(namespace) };
  }
}

/** Checks whether a registry could not be asked: no answer, or a server's fault. */
function isOutage({ code }: Failure): boolean {
  return code === "EUNREACHABLE" || code === "ETIMEDOUT" || /^E5\d\d$/.test(code);
}
