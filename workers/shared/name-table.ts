import { InstallError } from "../../src/errors/failure.ts";
import { memoryDamaged, outOfMemory } from "../../src/errors/threads.ts";
import { interleave } from "./interleave.ts";
import { NAME, NAMES_END, SLOT_WORDS, take } from "./layout.ts";
import type { SharedMemory } from "./shared-memory.ts";

/**
 * Maps a key to its slot, which is the same in all threads. Uses open addressing; keys are never removed. A thread writes the name
 * first and then takes the slot with one compare-exchange, so the name of a taken slot can always be read. No thread waits for
 * another, and a thread that dies in between only wastes a few bytes.
 */
export class NameTable {
  readonly #control: Int32Array;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #slots: number;
  /** The first word after the slots. */
  readonly end: number;
  /** The slots that this thread has looked up, by key. */
  readonly #found = new Map<string, number>();
  /** Words reserved for a name that another thread had written first. Used for the next name. */
  #spare = { at: 0, size: 0 };

  constructor({ control, table, slots }: SharedMemory) {
    this.#control = new Int32Array(control);
    this.#words = new Int32Array(table, 0, table.byteLength >>> 2);
    this.#bytes = new Uint8Array(table);
    this.#slots = slots;
    this.end = this.#slots * SLOT_WORDS;
  }

  /** Checks that the key still has its slot, as another thread finds it. @throws InstallError EWORKER */
  check(key: string): void {
    if (this.#seek(key, false) !== this.find(key)) throw memoryDamaged("a name is gone");
  }

  /** Returns the first word of the key's slot, or -1. @throws InstallError EWORKER if a name cannot be right */
  find(key: string): number {
    return this.#found.get(key) ?? this.#seek(key, false);
  }

  /** Returns the key's slot, and takes one if it has none. @throws InstallError EMEMORY if there is no room for another key */
  insert(key: string): number {
    const slot = this.#found.get(key) ?? this.#seek(key, true);
    if (slot < 0) {
      throw new InstallError(outOfMemory(`no room for another name (${key})`));
    }
    return slot;
  }

  *names(): Iterable<[slot: number, key: string]> {
    for (let slot = 0; slot < this.end; slot += SLOT_WORDS) {
      const name = Atomics.load(this.#words, slot + NAME);
      // A decoder refuses shared memory: `slice` copies.
      if (this.#isName(name)) yield [slot, decoder.decode(this.#nameAt(name).slice())];
    }
  }

  #seek(key: string, adds: boolean): number {
    const bytes = encoded(key);
    const hash = hashOf(bytes);
    let written = 0;
    for (let step = 0; step < this.#slots; step++) {
      const slot = (((hash >>> 0) + step) % this.#slots) * SLOT_WORDS;
      let name = Atomics.load(this.#words, slot + NAME);
      if (!name) {
        if (adds) written ||= this.#write(bytes, hash);
        if (!written) return -1;
        interleave("name");
        name = Atomics.compareExchange(this.#words, slot + NAME, 0, written) || written;
      }
      if (!this.#isName(name)) throw memoryDamaged("a name is outside of its heap");
      if (name !== written && !this.#isAt(name, bytes, hash)) continue;
      if (written && name !== written) this.#spare = { at: written, size: sizeOf(bytes) };
      this.#found.set(key, slot);
      return slot;
    }
    return -1;
  }

  /** Writes a name: its hash, its length in bytes, and its bytes. Returns its first word, or 0 if there is no room. */
  #write(bytes: Uint8Array, hash: number): number {
    const size = sizeOf(bytes);
    const fits = size <= this.#spare.size;
    const used = Atomics.load(this.#control, NAMES_END);
    if (used < this.end || used > this.#words.length)
      throw memoryDamaged("the heap of names ends outside of its memory");
    const at = fits ? this.#spare.at : take(this.#control, NAMES_END, { size, limit: this.#words.length });
    if (at < 0) return 0;
    if (fits) this.#spare = { at: 0, size: 0 };
    this.#words[at] = hash;
    this.#words[at + 1] = bytes.length;
    this.#bytes.set(bytes, (at + 2) * 4);
    return at;
  }

  #isName(name: number): boolean {
    return name >= this.end && name < this.#words.length;
  }

  #isAt(name: number, bytes: Uint8Array, hash: number): boolean {
    if (this.#words[name] !== hash || this.#words[name + 1] !== bytes.length) return false;
    // Compares without a view, because creating one takes longer than the comparison.
    const start = (name + 2) * 4;
    for (let at = 0; at < bytes.length; at++) if (this.#bytes[start + at] !== bytes[at]) return false;
    return true;
  }

  #nameAt(name: number): Uint8Array {
    return this.#bytes.subarray((name + 2) * 4, (name + 2) * 4 + (this.#words[name + 1] as number));
  }
}

const encoder = new TextEncoder();
/** Large enough for most keys. */
const scratch = new Uint8Array(256);

/** Returns the key as UTF-8, valid until the next call. Short ASCII keys are copied here; an encoder takes ten times as long. */
function encoded(key: string): Uint8Array {
  const { length } = key;
  if (length > scratch.length) return encoder.encode(key);
  for (let at = 0; at < length; at++) {
    const code = key.charCodeAt(at);
    if (code > 127) return encoder.encode(key);
    scratch[at] = code;
  }
  return scratch.subarray(0, length);
}

const decoder = new TextDecoder();

/** Returns the number of words of a name. */
function sizeOf(bytes: Uint8Array): number {
  return 2 + Math.ceil(bytes.length / 4);
}

/** Returns the hash of a key, as an Int32. */
export function hashOfKey(key: string): number {
  return hashOf(encoded(key));
}

/** Returns the FNV-1a hash, as an Int32. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash;
}
