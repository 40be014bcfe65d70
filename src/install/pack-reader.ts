import { InstallError, type Outcome } from "../errors.ts";
import type { PackShelf } from "../packs/pack-shelf.ts";
import { inflatePack } from "../tarball/index-tarball.ts";
import type { Extractor } from "./extractor.ts";

export interface ReaderOptions {
  shelf: PackShelf;
  extractor: Pick<Extractor, "inflate">;
  /** Opens what the store gives by its full hash, if that is to be checked. It takes the bytes with it. */
  verify?: ((tarball: Uint8Array, pack: Readable) => Promise<Outcome<Uint8Array>>) | undefined;
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

/** What is asked of one pack, until it is answered. */
interface Question {
  pack: Readable;
  /** As many bytes from its start as somebody needs. */
  end: number;
  /** Whether it may still come to be more of them. */
  open: boolean;
  answer: Promise<Uint8Array>;
}

/**
 * Inflates packs one at a time as they are read, and keeps those that were read last. Of a pack that is read for the first time
 * only as much is inflated as the files asked for take, the second time all of it. Packs are named by sha512 SRI.
 */
export class PackReader {
  readonly #options: ReaderOptions;
  /** Tarballs that no store has yet. */
  readonly #held = new Map<string, Uint8Array>();
  /** Archives, or their starts. The one read last is last. */
  readonly #recent = new Map<string, Uint8Array>();
  /** Those that stay. */
  readonly #loaded = new Map<string, Uint8Array>();
  #used = 0;
  /** What is asked in this turn: of the store in one go at its end. */
  #asked = new Map<string, Question>();
  #tarballs: Promise<ReadonlyMap<string, Uint8Array>> | undefined;

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
    this.#forget(integrity);
    this.#used += archive.length;
    this.#recent.set(integrity, archive);
    for (const oldest of this.#recent.keys()) {
      if (this.#used <= this.#options.room || this.#recent.size === 1) return;
      this.#forget(oldest);
    }
  }

  /** The archive's first `end` bytes at least, where they are inflated. */
  cached({ integrity, unpacked }: Readable, end: number = unpacked): Uint8Array | undefined {
    const known = this.#loaded.get(integrity) ?? this.#recent.get(integrity);
    if (!known || known.length < end) return undefined;
    if (this.#recent.delete(integrity)) this.#recent.set(integrity, known);
    return known;
  }

  /** The archive where it can be had at once: inflated before, or its tarball in memory. */
  peek(pack: Readable): Uint8Array | undefined {
    const known = this.cached(pack);
    const held = known ? undefined : this.#held.get(pack.integrity);
    const archive = held && inflatePack(held, pack.unpacked);
    if (archive?.ok) this.keep(pack.integrity, archive.value);
    return known ?? (archive?.ok ? archive.value : undefined);
  }

  /**
   * The archive, or its first `end` bytes at least.
   * @throws InstallError what keeps it from being read, and from being fetched again
   */
  async archive(pack: Readable, end: number = pack.unpacked): Promise<Uint8Array> {
    const { integrity, unpacked } = pack;
    for (;;) {
      const known = this.cached(pack, end);
      if (known) return known;
      const asked = this.#asked.get(integrity);
      if (!asked) break;
      if (asked.open) asked.end = Math.max(asked.end, end);
      const archive = await asked.answer;
      if (archive.length >= end) return archive;
    }
    // Whoever comes back to a pack will come again.
    const wanted = this.#recent.has(integrity) ? unpacked : end;
    const question: Question = { pack, end: wanted, open: true, answer: Promise.resolve(new Uint8Array()) };
    this.#asked.set(integrity, question);
    question.answer = this.#answer(question).finally(() => this.#asked.delete(integrity));
    return await question.answer;
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

  #forget(integrity: string): void {
    this.#used -= this.#recent.get(integrity)?.length ?? 0;
    this.#recent.delete(integrity);
  }

  async #answer(question: Question): Promise<Uint8Array> {
    const { integrity, unpacked } = question.pack;
    const { extractor, refetch, verify } = this.#options;
    this.#tarballs ??= Promise.resolve().then(() => this.#ask());
    const stored = (await this.#tarballs).get(integrity);
    const open = (tarball: Uint8Array): Promise<Outcome<Uint8Array>> =>
      extractor.inflate(tarball, unpacked, question.end);
    const held = this.#held.get(integrity);
    let archive: Outcome<Uint8Array> | undefined;
    if (held) archive = await open(held);
    else if (stored) archive = await (verify ? verify(stored, question.pack) : open(stored));
    // The store has lost it, or it is damaged in a way that only shows now.
    if (!archive?.ok) {
      const fetched = await refetch(integrity);
      archive = fetched.ok ? await open(fetched.value) : fetched;
    }
    if (!archive.ok) throw new InstallError(archive.failure);
    this.keep(integrity, archive.value);
    return archive.value;
  }

  /** Ends the turn: one question to the store for all of it. */
  async #ask(): Promise<ReadonlyMap<string, Uint8Array>> {
    this.#tarballs = undefined;
    const open = [...this.#asked.values()].filter((question) => question.open);
    for (const question of open) question.open = false;
    const missing = open.map(({ pack }) => pack.integrity).filter((integrity) => !this.#held.has(integrity));
    return missing.length > 0 ? await this.#options.shelf.read(missing) : new Map();
  }
}
