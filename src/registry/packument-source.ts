import type { Manifest } from "../api/manifest.ts";
import type { MetadataForm } from "../api/resolve.ts";
import { OnceMap } from "../base/once-map.ts";
import { fail, InstallError, type Outcome, ok } from "../errors/failure.ts";
import { invalidPackageName } from "../errors/packages.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import { condense } from "./condense.ts";
import { Packument } from "./packument.ts";
import { manifestUrl, packumentUrl, type RegistryConfig } from "./registry-config.ts";
import type { RegistryRequest, RegistryResponse, Transport } from "./transport.ts";

export interface PackumentSourceOptions {
  transport: Transport;
  config: RegistryConfig;
  metadata: MetadataForm;
  signal?: AbortSignal | undefined;
  runCache?: RecordCache | undefined;
  /** Does work on a package when this thread has the time for it. */
  work?: <T>(name: string, job: () => T) => Promise<T>;
  /** Told whenever a packument has to be asked for. */
  fetching?: () => void;
  /** Told when a package that is in flight came to be wanted sooner. */
  promoted?: (name: string) => void;
  /** Puts a record where others find it too; what it answers is used from then on. */
  publish?: (name: string, record: Outcome<Uint8Array>) => Promise<Outcome<Uint8Array>>;
}

/** The rank of what somebody waits for. */
export const FIRST_RANK = -1;

/**
 * Fetches a packument. A browser's cache costs a quarter of the time that a first run takes, so what is stored for the first time
 * (`isKept`, without an `etag`) is not written there too. What is asked for again is: next time there is nothing to send.
 */
export type FetchRecord = (known: { etag?: string | undefined; isKept: boolean }) => Promise<Outcome<RegistryResponse>>;

/** What is stored beyond a run. */
export interface RecordCache {
  /**
   * A packument's record: a stored one that counts, else by `fetch`, with the ETag of the one at hand if there is one.
   * In what `fetch` and this answer, `bytes` are a record.
   */
  record(name: string, fetch: FetchRecord): Promise<Outcome<RegistryResponse>>;
  /** What `fetch` brought, where it lies by now. */
  keep(name: string, record: Uint8Array, etag: string | undefined): void;
}

export interface SourceCounts {
  /** Package documents asked for, and those that have come, well or not. */
  known: number;
  fetched: number;
  /** Packuments indexed. */
  packuments: number;
  /** Requests handed to the transport, of every kind; its retries are its own. */
  requests: number;
  /** Bytes over the wire where known, else body bytes. */
  bytes: number;
}

/**
 * What one run asks a registry for. Each document is asked for once, whoever wants it, and its first outcome, a failure
 * too, holds for the run: npm's own rule, and what makes the tree independent of the order of arrival. Never throws.
 */
export class PackumentSource {
  readonly counts: SourceCounts = { known: 0, fetched: 0, packuments: 0, requests: 0, bytes: 0 };
  readonly #options: PackumentSourceOptions;
  readonly #packuments = new OnceMap<string, Outcome<Packument>>();
  readonly #manifests = new OnceMap<string, Outcome<Manifest>>();
  readonly #tarballs = new OnceMap<string, Outcome<Uint8Array>>();

  /** How soon each package is wanted: of those that were asked for at all. */
  readonly #ranks = new Map<string, number>();
  private readonly indexed: Packument[] = [];

  constructor(options: PackumentSourceOptions) {
    this.#options = options;
  }

  get metadata(): MetadataForm {
    return this.#options.metadata;
  }

  /** @param rank how soon it is wanted, beside others; lower is sooner */
  packument(name: string, rank = 0): Promise<Outcome<Packument>> {
    const before = this.#ranks.get(name);
    if (before === undefined) this.#ranks.set(name, rank);
    else if (rank < before) this.#promote(name, rank);
    return this.#packuments.run(name, () => this.#loadPackument(name));
  }

  /** {@link packument}, for somebody who can do nothing else meanwhile. */
  hurry(name: string): Promise<Outcome<Packument>> {
    if (this.#ranks.has(name)) this.#promote(name, FIRST_RANK);
    else this.#ranks.set(name, FIRST_RANK);
    return this.packument(name, FIRST_RANK);
  }

  /** How soon a package is wanted: 0 and up, and {@link NEXT}. */
  rankOf(name: string): number {
    return this.#ranks.get(name) ?? 0;
  }

  #promote(name: string, rank: number): void {
    this.#ranks.set(name, rank);
    const { transport, config, promoted } = this.#options;
    if (this.#packuments.get(name)) return;
    transport.hurry?.(packumentUrl(config, name), rank);
    promoted?.(name);
  }

  /** Manifests parsed so far: of the thousands in a packument, those that something was decided by. */
  get manifestsParsed(): number {
    return this.indexed.reduce((sum, packument) => sum + packument.manifestsParsed, 0);
  }

  /** The packument's outcome if it is here already. */
  peek(name: string): Outcome<Packument> | undefined {
    return this.#packuments.get(name);
  }

  /** One version's full manifest, by a request of its own, as the registry gave it. */
  manifest(name: string, version: string): Promise<Outcome<Manifest>> {
    return this.#manifests.run(`${name}@${version}`, async () => {
      const url = manifestUrl(this.#options.config, name, version);
      const answer = await this.#get({ kind: "manifest", name, url, metadata: "full" });
      if (!answer.ok) return answer;
      const { parseManifest } = await import("./parse-manifest.ts");
      return parseManifest(name, version, answer.value.bytes);
    });
  }

  /** The bytes behind a `resolved` URL, unverified: integrity is the reader's to check. `name` is for messages. */
  tarball(name: string, resolved: string): Promise<Outcome<Uint8Array>> {
    return this.#tarballs.run(resolved, async () => {
      const { tarballUrl } = await import("./tarball-url.ts");
      const url = tarballUrl(this.#options.config, resolved);
      const answer = await this.#get({ kind: "tarball", name, url, metadata: "full" });
      return answer.ok ? ok(answer.value.bytes) : answer;
    });
  }

  async #loadPackument(name: string): Promise<Outcome<Packument>> {
    this.counts.known++;
    const { runCache, publish } = this.#options;
    let fetched: RegistryResponse | undefined;
    const fetch: FetchRecord = async (known) => {
      const answer = await this.#fetch(name, known);
      if (answer.ok && !answer.value.notModified) fetched = answer.value;
      return answer;
    };
    const answer = await (runCache ? runCache.record(name, fetch) : fetch({ isKept: false }));
    this.counts.fetched++;
    let record: Outcome<Uint8Array> = answer.ok ? ok(answer.value.bytes) : answer;
    if (publish) record = await publish(name, record);
    if (!record.ok) return record;
    if (fetched) runCache?.keep(name, record.value, fetched.etag);
    const packument = new Packument(name, record.value);
    this.counts.packuments++;
    this.indexed.push(packument);
    return ok(packument);
  }

  /** A packument from the registry, as a record. */
  async #fetch(
    name: string,
    { etag, isKept }: { etag?: string | undefined; isKept: boolean },
  ): Promise<Outcome<RegistryResponse>> {
    const { config, metadata } = this.#options;
    const url = packumentUrl(config, name);
    this.#options.fetching?.();
    // Its rank may have changed while it was in the store's hands.
    const request: RegistryRequest = { kind: "packument", name, url, metadata, rank: this.rankOf(name) };
    if (etag) request.etag = etag;
    else if (isKept) request.kept = true;
    const answer = await this.#get(request);
    if (!answer.ok || answer.value.notModified) return answer;
    try {
      const { work } = this.#options;
      const record = (): Uint8Array => condense(name, answer.value.bytes);
      return ok({ ...answer.value, bytes: work ? await work(name, record) : record() });
    } catch (error) {
      if (error instanceof InstallError) return fail(error.failure);
      throw error;
    }
  }

  async #get(request: RegistryRequest): Promise<Outcome<RegistryResponse>> {
    const { name } = request;
    const problem = packageNameProblem(name);
    if (problem && request.kind !== "tarball") {
      return fail(invalidPackageName(name, problem));
    }
    const { transport, signal } = this.#options;
    this.counts.requests++;
    const answer = await transport.get(signal ? { ...request, signal } : request);
    if (answer.ok) this.counts.bytes += answer.value.transferred;
    return answer;
  }
}
