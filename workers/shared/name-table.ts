import { InstallError } from "../../src/errors/failure.ts";
import { outOfMemory } from "../../src/errors/threads.ts";
import { interleave } from "./interleave.ts";
import { NAME, NAMES_END, SLOT_COUNT, SLOT_WORDS, take } from "./layout.ts";
import type { SharedMemory } from "./shared-memory.ts";

/**
 * From a key to its slot, the same in all threads, for ever: open addressing, and no key is ever removed. A name is written
 * before its slot is taken by one compare-exchange, so a slot that is taken can always be read: nobody waits for anybody,
 * and a thread that dies in between has only wasted a few bytes.
 */
export class NameTable {
  readonly #control: Int32Array;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #slots: number;
  /** The first word after the slots. */
  readonly end: number;
  /** Slots this thread has found. */
  readonly #found = new Map<string, number>();
  /** Room for a name, in words, that was written when another thread was faster. */
  #spare = { at: 0, size: 0 };

  constructor({ control, table }: SharedMemory) {
    this.#control = new Int32Array(control);
    this.#words = new Int32Array(table, 0, table.byteLength >>> 2);
    this.#bytes = new Uint8Array(table);
    this.#slots = this.#control[SLOT_COUNT] as number;
    this.end = this.#slots * SLOT_WORDS;
  }

  /** First word of the key's slot, or -1. */
  find(key: string): number {
    return this.#found.get(key) ?? this.#seek(key, false);
  }

  /** @throws InstallError EMEMORY: as many keys as there is room for have been registered */
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
      if (name) yield [slot, decoder.decode(this.#nameAt(name).slice())];
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
      if (name !== written && !this.#isAt(name, bytes, hash)) continue;
      if (written && name !== written) this.#spare = { at: written, size: sizeOf(bytes) };
      this.#found.set(key, slot);
      return slot;
    }
    return -1;
  }

  /** A name is its hash, its length in bytes and its bytes. The word it starts at, or 0 where the heap is full. */
  #write(bytes: Uint8Array, hash: number): number {
    const size = sizeOf(bytes);
    const fits = size <= this.#spare.size;
    const at = fits ? this.#spare.at : take(this.#control, NAMES_END, { size, limit: this.#words.length });
    if (at < 0) return 0;
    if (fits) this.#spare = { at: 0, size: 0 };
    this.#words[at] = hash;
    this.#words[at + 1] = bytes.length;
    this.#bytes.set(bytes, (at + 2) * 4);
    return at;
  }

  #isAt(name: number, bytes: Uint8Array, hash: number): boolean {
    if (this.#words[name] !== hash || this.#words[name + 1] !== bytes.length) return false;
    // Without a view of its own, which costs more than what is looked at.
    const start = (name + 2) * 4;
    for (let at = 0; at < bytes.length; at++) if (this.#bytes[start + at] !== bytes[at]) return false;
    return true;
  }

  #nameAt(name: number): Uint8Array {
    return this.#bytes.subarray((name + 2) * 4, (name + 2) * 4 + (this.#words[name + 1] as number));
  }
}

const encoder = new TextEncoder();
/** Room for most keys. */
const scratch = new Uint8Array(256);

/** UTF-8, good until the next call. By hand where it is short ASCII, as nearly all are: an encoder takes ten times as long. */
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

/** Words of a name. */
function sizeOf(bytes: Uint8Array): number {
  return 2 + Math.ceil(bytes.length / 4);
}

/** FNV-1a, as an Int32. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash;
}
