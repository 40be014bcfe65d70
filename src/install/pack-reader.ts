import { failure, InstallError, type Outcome } from "../errors.ts";
import type { PackShelf } from "../packs/pack-shelf.ts";
import { inflatePack } from "../tarball/index-tarball.ts";
import type { Extractor } from "./extractor.ts";

export interface ReaderOptions {
  shelf: PackShelf;
  extractor: Pick<Extractor, "inflate">;
  /** A verified tarball from the network, where the store has lost it. */
  refetch(integrity: string): Promise<Outcome<Uint8Array>>;
  /** Bytes of inflated packs that are kept, beside those that are loaded. */
  room: number;
}

/** A pack to be read: sha512 SRI, and the bytes that it inflates to. */
export interface Readable {
  readonly integrity: string;
  readonly unpacked: number;
}

/** Inflates packs one at a time as they are read, and keeps those that were read last. Packs are named by sha512 SRI. */
export class PackReader {
  readonly #options: ReaderOptions;
  /** Tarballs that no store has yet. */
  readonly #held = new Map<string, Uint8Array>();
  /** The one read last is last. */
  readonly #recent = new Map<string, Uint8Array>();
  /** Those that stay. */
  readonly #loaded = new Map<string, Uint8Array>();
  readonly #running = new Map<string, Promise<Uint8Array>>();
  #used = 0;
  /** Asked of the store in one go, at the end of this turn. */
  #asked: Map<string, (tarball: Uint8Array | undefined) => void> | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** A tarball that stays in memory until `letGo`. */
  hold(integrity: string, tarball: Uint8Array): void {
    this.#held.set(integrity, tarball);
  }

  /** What the store has by now need not be held. */
  async letGo(): Promise<void> {
    const stored = await this.#options.shelf.find([...this.#held.keys()]);
    for (const integrity of stored.keys()) this.#held.delete(integrity);
  }

  /** An archive that is at hand. */
  keep(integrity: string, archive: Uint8Array): void {
    if (this.#loaded.has(integrity)) return;
    this.#used += archive.length - (this.#recent.get(integrity)?.length ?? 0);
    this.#recent.delete(integrity);
    this.#recent.set(integrity, archive);
    for (const [oldest, { length }] of this.#recent) {
      if (this.#used <= this.#options.room || this.#recent.size === 1) return;
      this.#recent.delete(oldest);
      this.#used -= length;
    }
  }

  /** The archive where it is inflated. */
  cached(integrity: string): Uint8Array | undefined {
    return this.#known(integrity);
  }

  /** The archive where it can be had at once: inflated before, or its tarball in memory. */
  peek({ integrity, unpacked }: Readable): Uint8Array | undefined {
    const known = this.#known(integrity);
    const held = known ? undefined : this.#held.get(integrity);
    const archive = held && inflatePack(held, unpacked);
    if (archive?.ok) this.keep(integrity, archive.value);
    return known ?? (archive?.ok ? archive.value : undefined);
  }

  /** @throws InstallError what keeps it from being read, and from being fetched again */
  archive(pack: Readable): Promise<Uint8Array> {
    const { integrity } = pack;
    const known = this.#known(integrity);
    if (known) return Promise.resolve(known);
    const running = this.#running.get(integrity) ?? this.#inflate(pack).finally(() => this.#running.delete(integrity));
    this.#running.set(integrity, running);
    return running;
  }

  /** Brings packs into memory, to stay. */
  async load(packs: Iterable<Readable>): Promise<void> {
    const load = async (pack: Readable): Promise<void> => {
      const archive = await this.archive(pack);
      this.#forget(pack.integrity);
      this.#loaded.set(pack.integrity, archive);
    };
    await Promise.all([...packs].map(load));
  }

  unload(): void {
    this.#loaded.clear();
    this.#recent.clear();
    this.#used = 0;
  }

  dispose(): void {
    this.unload();
    this.#held.clear();
  }

  #known(integrity: string): Uint8Array | undefined {
    const recent = this.#recent.get(integrity);
    if (recent) {
      this.#recent.delete(integrity);
      this.#recent.set(integrity, recent);
    }
    return recent ?? this.#loaded.get(integrity);
  }

  #forget(integrity: string): void {
    this.#used -= this.#recent.get(integrity)?.length ?? 0;
    this.#recent.delete(integrity);
  }

  async #inflate({ integrity, unpacked }: Readable): Promise<Uint8Array> {
    let tarball = this.#held.get(integrity) ?? (await this.#ask(integrity));
    if (!tarball) {
      const fetched = await this.#options.refetch(integrity);
      if (!fetched.ok) throw new InstallError(fetched.failure);
      tarball = fetched.value;
    }
    const archive = await this.#options.extractor.inflate(tarball, unpacked);
    if (!archive.ok) throw new InstallError(failure("ESTORE", `${integrity}: ${archive.failure.message}`));
    this.keep(integrity, archive.value);
    return archive.value;
  }

  /** Of the store, with all others of this turn. */
  #ask(integrity: string): Promise<Uint8Array | undefined> {
    if (!this.#asked) {
      const asked = new Map<string, (tarball: Uint8Array | undefined) => void>();
      this.#asked = asked;
      queueMicrotask(async () => {
        this.#asked = undefined;
        const found = await this.#options.shelf.read([...asked.keys()]);
        for (const [each, tell] of asked) tell(found.get(each));
      });
    }
    return new Promise((tell) => this.#asked?.set(integrity, tell));
  }
}
