/**
 * Inflated archives in memory, by sha512 SRI. Recently used archives stay as long as they fit into `limit` bytes; loaded ones stay
 * until `clear`.
 */
export class ArchiveMemory {
  readonly #limit: number;
  /** The archive used last is the last entry. */
  readonly #recent = new Map<string, Uint8Array>();
  readonly #loaded = new Map<string, Uint8Array>();
  /** Bytes of `#recent`. */
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(integrity: string): Uint8Array | undefined {
    const recent = this.#recent.get(integrity);
    if (recent) {
      this.#recent.delete(integrity);
      this.#recent.set(integrity, recent);
    }
    return recent ?? this.#loaded.get(integrity);
  }

  /** Keeps an archive, and forgets those used least recently until the rest fits. The newest one always stays. */
  keep(integrity: string, archive: Uint8Array): void {
    if (this.#loaded.has(integrity)) return;
    this.#forget(integrity);
    this.#used += archive.length;
    this.#recent.set(integrity, archive);
    for (const oldest of this.#recent.keys()) {
      if (this.#used <= this.#limit || this.#recent.size === 1) return;
      this.#forget(oldest);
    }
  }

  /** Keeps an archive until `clear`. */
  load(integrity: string, archive: Uint8Array): void {
    this.#forget(integrity);
    this.#loaded.set(integrity, archive);
  }

  clear(): void {
    this.#loaded.clear();
    this.#recent.clear();
    this.#used = 0;
  }

  #forget(integrity: string): void {
    this.#used -= this.#recent.get(integrity)?.length ?? 0;
    this.#recent.delete(integrity);
  }
}
