import { InstallError, type Outcome, ok } from "../errors/failure.ts";
import type { PackCache } from "../pack-cache/pack-cache.ts";
import { rangeReadsOf, readSeekPoints, SEEK_POINTS_FROM } from "../pack-cache/seek-points.ts";
import type { Range } from "../tarball/gunzip.ts";
import { inflatePack } from "../tarball/index-tarball.ts";
import type { Extractor } from "./extractor.ts";

export interface ReaderOptions {
  packCache: PackCache;
  extractor: Pick<Extractor, "read">;
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

/** What is asked of one pack in one turn. */
interface Question {
  pack: Readable;
  /** Where in the archive the files are; none where all of it is wanted. */
  ranges: Range[];
  /** What the store has of it, once it is asked: at the end of the turn. */
  stored: Promise<Stored> | undefined;
  answer: Promise<Uint8Array[]>;
}

/** What the store has of the packs that are asked for in a turn. */
interface Stored {
  tarballs: ReadonlyMap<string, Uint8Array>;
  seekPoints: ReadonlyMap<string, Uint8Array> | undefined;
}

/** Packs that the store is asked for at once. */
const AT_ONCE = 16;

/** Bytes of an archive that is inflated as a whole at once: those who ask for one of its files ask for others. */
const SMALL = 256 * 1024;

/**
 * Inflates packs one at a time as they are read, and keeps those that were read last. Of a large pack that is read for the first time
 * nothing is kept but the files that are asked for in that turn; the second time all of it. Packs are named by sha512 SRI.
 */
export class PackReader {
  readonly #options: ReaderOptions;
  /** Tarballs that no store has yet. */
  readonly #held = new Map<string, Uint8Array>();
  /** Archives. The one read last is last. */
  readonly #recent = new Map<string, Uint8Array>();
  /** Those that stay. */
  readonly #loaded = new Map<string, Uint8Array>();
  #used = 0;
  /** Packs of which some files were read. */
  readonly #touched = new Set<string>();
  /** What is asked in this turn: of the store in one go at its end. */
  #questions: Question[] = [];
  /** Of these, the last about each pack: others may join it. */
  readonly #asked = new Map<string, Question>();
  /** Archives that are being inflated. */
  readonly #running = new Map<string, Promise<Uint8Array>>();
  #turn: Promise<void> | undefined;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** A tarball that stays in memory until `letGo`. */
  hold(integrity: string, tarball: Uint8Array): void {
    this.#held.set(integrity, tarball);
  }

  /** What the store has by now need not be held. */
  async letGo(): Promise<void> {
    const stored = await this.#options.packCache.find([...this.#held.keys()]);
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

  /** The archive where it is inflated. */
  cached(integrity: string): Uint8Array | undefined {
    const recent = this.#recent.get(integrity);
    if (recent) {
      this.#recent.delete(integrity);
      this.#recent.set(integrity, recent);
    }
    return recent ?? this.#loaded.get(integrity);
  }

  /** The archive where it can be had at once: inflated before, or its tarball in memory. */
  peek(pack: Readable): Uint8Array | undefined {
    const known = this.cached(pack.integrity);
    const held = known ? undefined : this.#held.get(pack.integrity);
    const archive = held && inflatePack(held, pack.unpacked);
    if (archive?.ok) this.keep(pack.integrity, archive.value);
    return known ?? (archive?.ok ? archive.value : undefined);
  }

  /** A part of an archive, in memory of its own. @throws InstallError as `archive` */
  async read(pack: Readable, range: Range): Promise<Uint8Array> {
    const { integrity, unpacked } = pack;
    const known = this.cached(integrity);
    if (known) return known.slice(...range);
    const asked = this.#asked.get(integrity);
    if (asked && asked.ranges.length > 0) {
      const place = asked.ranges.push(range) - 1;
      return (await asked.answer)[place] as Uint8Array;
    }
    // Whoever comes back to a pack will come again.
    if (unpacked <= SMALL || this.#touched.has(integrity)) return (await this.archive(pack)).slice(...range);
    this.#touched.add(integrity);
    return (await this.#ask(pack, [range]))[0] as Uint8Array;
  }

  /** @throws InstallError what keeps it from being read, and from being fetched again */
  async archive(pack: Readable): Promise<Uint8Array> {
    const { integrity } = pack;
    const known = this.cached(integrity);
    if (known) return known;
    let running = this.#running.get(integrity);
    if (!running) {
      running = this.#inflate(pack).finally(() => this.#running.delete(integrity));
      this.#running.set(integrity, running);
    }
    return await running;
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
    this.#touched.clear();
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

  async #inflate(pack: Readable): Promise<Uint8Array> {
    const [archive] = await this.#ask(pack, []);
    this.keep(pack.integrity, archive as Uint8Array);
    return archive as Uint8Array;
  }

  /** Files of a pack, or where there are no ranges all of it. What is added to the ranges in this turn is answered too. */
  #ask(pack: Readable, ranges: Range[]): Promise<Uint8Array[]> {
    const question: Question = { pack, ranges, stored: undefined, answer: Promise.resolve([]) };
    this.#questions.push(question);
    this.#asked.set(pack.integrity, question);
    this.#turn ??= Promise.resolve().then(() => this.#endTurn());
    question.answer = this.#answer(question, this.#turn);
    return question.answer;
  }

  async #answer(question: Question, turn: Promise<void>): Promise<Uint8Array[]> {
    const { pack, ranges } = question;
    const { integrity } = pack;
    const { refetch, verify } = this.#options;
    // Once it is stored it is let go.
    const held = this.#held.get(integrity);
    await turn;
    const { tarballs, seekPoints } = (await question.stored) ?? {};
    const stored = tarballs?.get(integrity);
    const points = seekPoints?.get(integrity);
    let parts: Outcome<Uint8Array[]> | undefined;
    if (held) parts = await this.#open(held, pack, ranges);
    else if (stored && !verify)
      parts = (points && (await this.#openInside(stored, points, ranges))) ?? (await this.#open(stored, pack, ranges));
    else if (stored) parts = cut(await verify!(stored, pack), ranges);
    // The store has lost it, or it is damaged in a way that only shows now.
    if (!parts?.ok) {
      const fetched = await refetch(integrity);
      parts = fetched.ok ? await this.#open(fetched.value, pack, ranges) : fetched;
    }
    if (!parts.ok) throw new InstallError(parts.failure);
    return parts.value;
  }

  #open(tarball: Uint8Array, { unpacked }: Readable, ranges: readonly Range[]): Promise<Outcome<Uint8Array[]>> {
    return this.#options.extractor.read({ tarball, unpacked, ranges });
  }

  /** Without what is before it in the archive. Undefined where that cannot be: then it is inflated from the start. */
  async #openInside(
    tarball: Uint8Array,
    points: Uint8Array,
    ranges: readonly Range[],
  ): Promise<Outcome<Uint8Array[]> | undefined> {
    const seekPoints = readSeekPoints(points, tarball);
    if (!seekPoints) return undefined;
    const { rangeReads, places } = rangeReadsOf(seekPoints, tarball, ranges);
    const inflated = rangeReads.reduce((sum, { at, end }) => sum + end - at, 0);
    // The platform is faster at the whole of it.
    if (inflated > seekPoints.unpacked / 2) return undefined;
    const read = await this.#options.extractor.read({ rangeReads });
    return read.ok ? ok(places.map((place) => read.value[place] as Uint8Array)) : undefined;
  }

  /** Some questions to the store for all of a turn: the first packs are inflated while others are read. */
  #endTurn(): void {
    const missing = this.#questions.filter(({ pack }) => !this.#held.has(pack.integrity));
    this.#questions = [];
    this.#asked.clear();
    this.#turn = undefined;
    while (missing.length > 0) {
      const some = missing.splice(0, AT_ONCE);
      const stored = this.#look(some);
      for (const question of some) question.stored = stored;
    }
  }

  async #look(missing: readonly Question[]): Promise<Stored> {
    const { packCache, verify } = this.#options;
    const large = missing.filter(
      ({ pack, ranges }) => ranges.length > 0 && pack.unpacked >= SEEK_POINTS_FROM && !verify,
    );
    const namesOf = (questions: readonly Question[]): string[] => [
      ...new Set(questions.map(({ pack }) => pack.integrity)),
    ];
    const [tarballs, seekPoints] = await Promise.all([
      packCache.read(namesOf(missing)),
      large.length > 0 ? packCache.seekPoints(namesOf(large)) : undefined,
    ]);
    return { tarballs, seekPoints };
  }
}

function cut(archive: Outcome<Uint8Array>, ranges: readonly Range[]): Outcome<Uint8Array[]> {
  if (!archive.ok) return archive;
  const { value } = archive;
  return ok(ranges.length > 0 ? ranges.map(([start, end]) => value.slice(start, end)) : [value]);
}
