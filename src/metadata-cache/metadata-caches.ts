import type { BlobStore } from "../blobs/blob-store.ts";
import { InstallError } from "../errors/failure.ts";
import { storeFailed } from "../errors/store.ts";
import { emptyIndex, readIndex } from "./cache-index.ts";
import { indexKey } from "./keys.ts";
import { MetadataCache } from "./metadata-cache.ts";
import { MetadataWriter } from "./metadata-writer.ts";
import type { StoreTools } from "./ports.ts";
import { readIndexes } from "./prune.ts";
import { type Claim, type ClaimOptions, claim } from "./tab-lock.ts";

export interface MetadataUsage {
  /** Of packuments, as they are stored. */
  bytes: number;
  packuments: number;
  namespaces: number;
}

/** Packuments between visits (docs/metadata-cache.md). */
export class MetadataCaches {
  readonly #blobs: BlobStore;
  readonly #tools: StoreTools;
  readonly #writer: MetadataWriter;

  constructor(blobs: BlobStore, tools: StoreTools) {
    this.#blobs = blobs;
    this.#tools = tools;
    this.#writer = new MetadataWriter(blobs, tools);
  }

  /** What is kept under a name that {@link namespaceOf} gave. Never rejects: a store that cannot be read is an empty one. */
  async open(namespace: string): Promise<MetadataCache> {
    const [blob] = await this.#writer.read([indexKey(namespace)]);
    return new MetadataCache(namespace, this.#writer, (blob && readIndex(blob)) ?? emptyIndex());
  }

  /**
   * Taken by who is about to fetch: a second tab that wants the same waits for the first one's flush, then opens its shelf
   * again. It goes ahead after a while in any case.
   * @throws `signal.reason` when it aborts while waiting
   */
  claim(namespace: string, options?: ClaimOptions): Promise<Claim> {
    return claim(this.#tools, `fetch ${namespace}`, options);
  }

  /** Zeros where the store cannot be read. */
  async usage(): Promise<MetadataUsage> {
    const usage = { bytes: 0, packuments: 0, namespaces: 0 };
    try {
      for (const index of (await readIndexes(this.#blobs, await this.#blobs.keys())).values()) {
        if (!index) continue;
        usage.namespaces++;
        usage.packuments += index.entries.size;
        for (const { bytes } of index.groups.values()) usage.bytes += bytes;
      }
    } catch (error) {
      this.#writer.fail(error);
    }
    return usage;
  }

  /** Everything of every namespace. @throws InstallError ESTORE */
  async clear(): Promise<void> {
    try {
      await this.#blobs.clear();
      this.#writer.cleared();
    } catch (error) {
      throw new InstallError(storeFailed(`The metadata cache could not be emptied: ${String(error)}`));
    }
  }

  close(): void {
    this.#blobs.close();
  }
}
