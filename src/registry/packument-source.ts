import type { Manifest } from "../api/manifest.ts";
import type { MetadataForm } from "../api/resolve.ts";
import { OnceMap } from "../base/once-map.ts";
import { runToEnd } from "../base/run-to-end.ts";
import type { SharedRun } from "../base/shared-work.ts";
import { fail, InstallError, type Outcome, ok } from "../errors/failure.ts";
import { invalidPackageName } from "../errors/packages.ts";
import { packageNameProblem } from "../spec/package-name.ts";
import { condensePausing } from "./condense.ts";
import { Packument } from "./packument.ts";
import { manifestUrl, packumentUrl, type RegistryConfig } from "./registry-config.ts";
import type { RegistryRequest, RegistryResponse, Transport } from "./transport.ts";

export interface PackumentSourceOptions {
  transport: Transport;
  config: RegistryConfig;
  metadata: MetadataForm;
  signal?: AbortSignal | undefined;
  runCache?: RecordCache | undefined;
  /** Runs `job`, which works on the package `name`, when this thread has time, and lets other work run where it yields. */
  work?: <T>(name: string, job: Generator<undefined, T>) => Promise<T>;
  /** Called before each request for a packument. */
  fetching?: () => void;
  /** Called when a package that is being fetched gets a better rank. */
  promoted?: (name: string) => void;
  /** Shares a record with other threads. The returned record replaces the given one. */
  publish?: (name: string, record: Outcome<Uint8Array>) => Promise<Outcome<Uint8Array>>;
  /** Shares fetched records with runs of the same thread. */
  shared?: SharedRun<Outcome<RegistryResponse>> | undefined;
}

/** The rank of a package that a caller waits for: lower than all others. */
export const FIRST_RANK = -1;

/**
 * Fetches a packument. `isKept`: the metadata cache will store the answer. Then a first answer (one without an `etag`) is not
 * written to the browser's HTTP cache too, because that takes a quarter of the time of a first run.
 */
export type FetchRecord = (known: { etag?: string | undefined; isKept: boolean }) => Promise<Outcome<RegistryResponse>>;

/** Records that outlive a run. */
export interface RecordCache {
  /**
   * Returns a packument's record: the stored one if it is fresh, otherwise the result of `fetch`, which is given the ETag of
   * the stored one. In both cases `bytes` is a record, not the registry's document.
   */
  record(name: string, fetch: FetchRecord): Promise<Outcome<RegistryResponse>>;
  /** Stores the record that `fetch` produced, after `publish` may have moved it. */
  keep(name: string, record: Uint8Array, etag: string | undefined): void;
}

export interface SourceCounts {
  /** Packuments requested, and how many of these requests have ended, with or without success. */
  known: number;
  fetched: number;
  /** Packuments indexed. */
  packuments: number;
  /** Requests of every kind given to the transport. Its retries do not count. */
  requests: number;
  /** Transferred bytes if known, otherwise the size of the bodies. */
  bytes: number;
}

/**
 * Fetches packuments, manifests and tarballs for one run. Each document is requested once, however many callers need it. Its
 * first outcome, even a failure, holds for the whole run, as in npm (npm-tree §3.2). The tree therefore does not depend on the
 * order in which answers arrive. Never throws.
 */
export class PackumentSource {
  readonly counts: SourceCounts = { known: 0, fetched: 0, packuments: 0, requests: 0, bytes: 0 };
  readonly #options: PackumentSourceOptions;
  readonly #packuments = new OnceMap<string, Outcome<Packument>>();
  readonly #manifests = new OnceMap<string, Outcome<Manifest>>();
  readonly #tarballs = new OnceMap<string, Outcome<Uint8Array>>();

  /** The rank of each requested package; lower is sooner. */
  readonly #ranks = new Map<string, number>();
  readonly #indexed: Packument[] = [];

  constructor(options: PackumentSourceOptions) {
    this.#options = options;
  }

  get metadata(): MetadataForm {
    return this.#options.metadata;
  }

  /** Returns a package's packument. @param rank its priority among other requests; lower is sooner */
  packument(name: string, rank = 0): Promise<Outcome<Packument>> {
    const before = this.#ranks.get(name);
    if (before === undefined) this.#ranks.set(name, rank);
    else this.#promote(name, rank);
    return this.#packuments.run(name, () => this.#loadPackument(name));
  }

  /** Returns a package's packument before all others, because the caller cannot continue without it. */
  hurry(name: string): Promise<Outcome<Packument>> {
    if (this.#ranks.has(name)) this.#promote(name, FIRST_RANK);
    else this.#ranks.set(name, FIRST_RANK);
    return this.packument(name, FIRST_RANK);
  }

  /** Returns the rank of a package: {@link FIRST_RANK}, or 0 and above. */
  rankOf(name: string): number {
    return this.#ranks.get(name) ?? 0;
  }

  #promote(name: string, rank: number): void {
    if (rank >= this.rankOf(name)) return;
    this.#ranks.set(name, rank);
    const { transport, config, promoted, shared } = this.#options;
    if (this.#packuments.get(name)) return;
    const url = packumentUrl(config, name);
    transport.hurry?.(url, rank);
    shared?.hurry((key) => key.startsWith(`${url} `), rank);
    promoted?.(name);
  }

  /** Returns the number of manifests parsed so far. A packument has thousands, but only those that a decision needs are parsed. */
  get manifestsParsed(): number {
    return this.#indexed.reduce((sum, packument) => sum + packument.manifestsParsed, 0);
  }

  /** Returns the packument's outcome if it has already arrived. */
  peek(name: string): Outcome<Packument> | undefined {
    return this.#packuments.get(name);
  }

  /** Fetches the full manifest of one version, without normalising it. */
  manifest(name: string, version: string): Promise<Outcome<Manifest>> {
    return this.#manifests.run(`${name}@${version}`, async () => {
      const url = manifestUrl(this.#options.config, name, version);
      const answer = await this.#get({ kind: "manifest", name, url, metadata: "full" });
      if (!answer.ok) return answer;
      const { parseManifest } = await import("./parse-manifest.ts");
      return parseManifest(name, version, answer.value.bytes);
    });
  }

  /** Fetches the tarball at a `resolved` URL. The caller checks its integrity. `name` is for messages. */
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
    if (fetched && !fetched.unstorable) runCache?.keep(name, record.value, fetched.etag);
    const packument = new Packument(name, record.value);
    this.counts.packuments++;
    this.#indexed.push(packument);
    return ok(packument);
  }

  /** Returns the record of a packument from the registry: this run's own or, of the same document, that of another run. */
  #fetch(name: string, known: Parameters<FetchRecord>[0]): Promise<Outcome<RegistryResponse>> {
    const { config, metadata, shared } = this.#options;
    const url = packumentUrl(config, name);
    this.#options.fetching?.();
    const work = (): Promise<Outcome<RegistryResponse>> => this.#request(name, url, known);
    if (!shared) return work();
    const key = [url, metadata, known.etag, known.isKept].join(" ");
    return shared.run({ key, work, hurry: (rank) => this.#promote(name, rank), rank: this.rankOf(name) });
  }

  /** Fetches a packument from the registry and makes its record. */
  async #request(
    name: string,
    url: string,
    { etag, isKept }: Parameters<FetchRecord>[0],
  ): Promise<Outcome<RegistryResponse>> {
    const { metadata, shared } = this.#options;
    // The rank may have changed while the store was being read.
    const request: RegistryRequest = { kind: "packument", name, url, metadata, rank: this.rankOf(name) };
    if (etag) request.etag = etag;
    else if (isKept) request.kept = true;
    if (shared) request.shared = true;
    const answer = await this.#get(request);
    if (!answer.ok || answer.value.notModified) return answer;
    try {
      const { work } = this.#options;
      const record = condensePausing(name, answer.value.bytes);
      return ok({ ...answer.value, bytes: work ? await work(name, record) : runToEnd(record) });
    } catch (error) {
      if (!(error instanceof InstallError)) throw error;
      const { refusedDocument } = await import("./refused-document.ts");
      return fail(refusedDocument({ package: name, ...error.failure }, answer.value.bytes, url));
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
