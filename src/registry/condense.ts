// Turns a registry's document (packument) into a record, whose layout is in record.ts. A document has up to thousands of versions
// and several megabytes, while an install reads only a few of its manifests. `JSON.parse` would build values for all of it. `condense`
// makes one pass over the bytes instead, and stores the parts that versions have in common once:
//
//   {"name":"a","dist-tags":{"latest":"1.1.0"},"versions":{
//     "1.0.0":{"name":"a","version":"1.0.0","readme":"…","dependencies":{"b":"^1"},
//              "dist":{"tarball":"https://r/a/-/a-1.0.0.tgz","integrity":"sha512-…"}},
//     "1.1.0":{ the same but for its version and its dist }}}
//
//   keys       1.0.0  1.1.0
//   shapes     0: SAME_NAME | SAME_VERSION | REGULAR_DIST, {"dependencies":{"b":"^1"}}
//   shape of   0      0          both versions use shape 0
//   PREFIX     https://r/a/-/a-  with the key and `.tgz`, the URL of a tarball
//   hashes     64 + 64 bytes     the sha512 of each tarball

import { runToEnd } from "../base/run-to-end.ts";
import { parseVersion, readRelease } from "../spec/version.ts";
import { GrowingBytes } from "./byte-text.ts";
import { CLOSE_BRACE, COLON, COMMA, JsonFinder, OPEN_BRACE, QUOTE } from "./json-finder.ts";
import {
  DIST_MEMBER,
  FIRST_COPIED,
  INSTALL_MEMBER,
  INTEGRITY_MEMBER,
  memberAt,
  NAME_MEMBER,
  SCRIPTS_MEMBER,
  TARBALL_MEMBER,
  VERSION_MEMBER,
} from "./members.ts";
import { Packument } from "./packument.ts";
import {
  CURRENT_FORMAT,
  DIST_TAGS,
  decodeUtf8,
  FORMAT,
  HASH_BYTES,
  HASHES,
  HEADER,
  LENGTH,
  NON_PLAIN_KEYS,
  PARTS,
  PREFIX,
  plainEnd,
  RECORD_FLAGS,
  REGULAR_DIST,
  RELEASES,
  RESTRICTIONS,
  SAME_NAME,
  SAME_VERSION,
  sortedEntries,
  TIME,
  UNCHECKED_TIME,
  VERSIONS,
  type VersionEntry,
  WORD_COUNT,
} from "./record.ts";
import { readSha512, SHA512_TEXT } from "./sha512-text.ts";

/** Bytes of a document that is condensed without a pause: up to about 15 milliseconds of work. */
const AT_ONCE = 4 * 2 ** 20;
/** Bytes between two pauses in a larger document. */
const STRETCH = 2 ** 20;

/**
 * Makes the record of a registry's document: the parts that an installer needs. A version with a broken or unusual manifest is
 * copied unchanged, and fails only when it is read. Pauses between the versions of a large document.
 * @throws InstallError EINVALIDPACKUMENT if the document is not a JSON object. Skipped values are not checked completely
 */
export function condensePausing(name: string, bytes: Uint8Array): Generator<undefined, Uint8Array> {
  return new Condenser(name, bytes).record();
}

/** Does the same without pauses. */
export function condense(name: string, bytes: Uint8Array): Uint8Array {
  return runToEnd(condensePausing(name, bytes));
}

/** Makes the record of a document and opens it. */
export function indexPackument(name: string, bytes: Uint8Array): Packument {
  return new Packument(name, condense(name, bytes));
}

interface Buffers {
  keys: GrowingBytes;
  shapeText: GrowingBytes;
  hashes: GrowingBytes;
}

function newBuffers(): Buffers {
  return { keys: new GrowingBytes(), shapeText: new GrowingBytes(), hashes: new GrowingBytes() };
}

/** Reused by all documents that are condensed without a pause. They grow to the largest one; each record is a copy. */
const sharedBuffers: Buffers = newBuffers();

/** The bytes of `exports`, and of `*`. */
const EXPORTS = [101, 120, 112, 111, 114, 116, 115];
const STAR = 42;
/** A longer `exports` is left out. */
const MAX_EXPORTS = 2048;

/** One pass over one document. */
class Condenser {
  readonly #json: JsonFinder;
  readonly #name: string;
  readonly #keys: GrowingBytes;
  readonly #shapeText: GrowingBytes;
  readonly #hashes: GrowingBytes;
  /** Whether this document has buffers of its own, so that others can be condensed during a pause. */
  readonly #mayPause: boolean;
  /** The position of the last pause. */
  #paused = 0;
  /** Position of the package's name in the document. The end is 0 until the name is found. */
  #nameStart = 0;
  #nameEnd = 0;
  /** Position of the current version's key. */
  #keyStart = 0;
  #keyEnd = 0;
  /** Start and end of each part (`PREFIX` to `RESTRICTIONS`) in the document. */
  readonly #parts = [0, 0, 0, 0, 0, 0, 0, 0];
  #flags = 0;
  #keyLengths!: number[];
  #shapeOf!: number[];
  #shapeLengths!: number[];
  /** The last shape with each hash: its number and its start in `text`. */
  #shapes!: Map<number, { shape: number; start: number }>;
  #releases!: VersionEntry[];
  /** Written before the next copied member: a brace or a comma. */
  #separator = OPEN_BRACE;

  constructor(name: string, bytes: Uint8Array) {
    this.#json = new JsonFinder(name, bytes);
    this.#name = JSON.stringify(name);
    this.#mayPause = bytes.length > AT_ONCE;
    const buffers = this.#mayPause ? newBuffers() : sharedBuffers;
    this.#keys = buffers.keys;
    this.#shapeText = buffers.shapeText;
    this.#hashes = buffers.hashes;
    this.#forgetVersions();
  }

  /** Reads the whole document and returns its record. */
  *record(): Generator<undefined, Uint8Array> {
    const json = this.#json;
    for (let more = json.enter(); more; more = json.next()) yield* this.#part(json.key());
    json.end();
    return yield* this.#assemble();
  }

  /** Checks whether to pause: once after each stretch of a large document. */
  #takePause(): boolean {
    const { at } = this.#json;
    if (!this.#mayPause || at - this.#paused < STRETCH) return false;
    this.#paused = at;
    return true;
  }

  #forgetVersions(): void {
    this.#keys.length = this.#shapeText.length = this.#hashes.length = 0;
    this.#keyLengths = [];
    this.#shapeOf = [];
    this.#shapeLengths = [];
    this.#shapes = new Map();
    this.#releases = [];
    this.#flags &= ~NON_PLAIN_KEYS;
    this.#setPart(PREFIX, 0, 0);
  }

  #setPart(part: number, start: number, end: number): void {
    this.#parts[2 * part] = start;
    this.#parts[2 * part + 1] = end;
  }

  /** Reads one member of the document. As in JSON.parse, a repeated key wins over the earlier one. */
  *#part(key: string): Generator<undefined, void> {
    const json = this.#json;
    const start = json.at;
    const isObject = json.bytes[start] === OPEN_BRACE;
    if (key === "versions") {
      this.#forgetVersions();
      if (!isObject) json.value();
      else {
        for (let more = json.enter(); more; more = json.next()) {
          this.#version();
          if (this.#takePause()) yield;
        }
      }
      return;
    }
    if (key === "time" && isObject) yield* this.#times();
    else json.value();
    if (key === "name" && decodeUtf8(json.bytes, start, json.at) === this.#name) {
      this.#nameStart = start;
      this.#nameEnd = json.at;
    }
    const part =
      key === "dist-tags" ? DIST_TAGS : key === "time" ? TIME : key === "policyRestrictions" ? RESTRICTIONS : 0;
    if (part) this.#setPart(part, start, json.at);
  }

  /** Sets UNCHECKED_TIME if a publish time does not look like `2020-01-31T12:…`. Only such a time may be an invalid date. */
  *#times(): Generator<undefined, void> {
    const json = this.#json;
    const { bytes } = json;
    this.#flags &= ~UNCHECKED_TIME;
    for (let more = json.enter(); more; more = json.next()) {
      const start = json.at;
      json.value();
      if (this.#takePause()) yield;
      // position 0 is the quote
      const regular =
        bytes[start] === QUOTE && bytes[start + 8] === 45 && bytes[start + 11] === 84 && bytes[start + 14] === COLON;
      if (!regular) this.#flags |= UNCHECKED_TIME;
    }
  }

  /** Reads one member of `versions`. */
  #version(): void {
    const json = this.#json;
    const { at: start, keyStart, keyEnd } = json;
    this.#keyStart = keyStart;
    this.#keyEnd = keyEnd;
    if (!json.plainKey) {
      json.key();
      this.#flags |= NON_PLAIN_KEYS;
    }
    this.#keys.copy(json, keyStart, keyEnd);
    const entry = this.#keyLengths.push(keyEnd - keyStart) - 1;
    const release = readRelease(json.bytes, keyStart, keyEnd);
    const version = release === undefined ? parseVersion(json.key()) : release;
    if (version && !version.pre) this.#releases.push({ entry, version });
    const from = this.#shapeText.length;
    try {
      this.#manifest();
    } catch {
      json.at = start;
      json.value();
      this.#shapeText.length = from;
      this.#shapeText.put(0);
      this.#shapeText.copy(json, start, json.at);
    }
    this.#hashes.reserve(HASH_BYTES);
    const hash = this.#hashes.length;
    this.#hashes.length += HASH_BYTES;
    if (!((this.#shapeText.bytes[from] as number) & REGULAR_DIST))
      this.#hashes.bytes.fill(0, hash, this.#hashes.length);
    this.#shapeOf.push(this.#intern(from));
  }

  /** Appends a shape: flags, and the members of the manifest that an installer reads. Throws if the manifest is unusual. */
  #manifest(): void {
    const json = this.#json;
    const from = this.#shapeText.length;
    let flags = 0;
    let seen = 0;
    this.#shapeText.hash = 0;
    this.#shapeText.put(0);
    this.#separator = OPEN_BRACE;
    for (let more = json.enter(); more; more = json.next()) {
      const member = this.#member(seen);
      seen |= 1 << member;
      const { keyStart, at } = json;
      // the quotes around the key are compared too
      if (member === VERSION_MEMBER && json.skip(this.#keyStart - 1, this.#keyEnd + 1)) flags |= SAME_VERSION;
      else if (member === NAME_MEMBER && this.#nameEnd && json.skip(this.#nameStart, this.#nameEnd)) flags |= SAME_NAME;
      else if (member === DIST_MEMBER && this.#dist()) flags |= REGULAR_DIST;
      else if (member === DIST_MEMBER) this.#trimmed(keyStart, at, TARBALL_MEMBER);
      else if (member === SCRIPTS_MEMBER) this.#trimmed(keyStart, at, INSTALL_MEMBER);
      else {
        json.value();
        if (member >= FIRST_COPIED || member === NAME_MEMBER || member === VERSION_MEMBER) this.#copy(keyStart);
        else if (member === 0 && this.#hasPatterns(keyStart, at)) this.#copy(keyStart);
      }
    }
    this.#close();
    this.#shapeText.bytes[from] = flags;
  }

  /**
   * Returns the number of the member whose key was just read. Throws if the key is repeated, or has escapes that may hide
   * another key.
   */
  #member(seen: number): number {
    const json = this.#json;
    const number = memberAt(json.bytes, json.keyStart, json.keyEnd);
    if (!json.plainKey || (number && seen & (1 << number))) json.bad("unusual key");
    return number;
  }

  /** Checks whether the member is an `exports` with patterns. Only import maps for a CDN read it, and warn of them. */
  #hasPatterns(keyStart: number, at: number): boolean {
    const { bytes, at: end } = this.#json;
    // Most members fail here: this runs for each of them.
    if (bytes[keyStart] !== EXPORTS[0] || bytes[keyStart + 7] !== QUOTE || end - at > MAX_EXPORTS) return false;
    return EXPORTS.every((code, n) => bytes[keyStart + n] === code) && bytes.subarray(at, end).includes(STAR);
  }

  /** Appends the member that starts at `keyStart` and whose value was just skipped. */
  #copy(keyStart: number): void {
    this.#shapeText.put(this.#separator);
    this.#shapeText.copy(this.#json, keyStart - 1, this.#json.at);
    this.#separator = COMMA;
  }

  /** Ends the object that is being written. */
  #close(): void {
    if (this.#separator === OPEN_BRACE) this.#shapeText.put(OPEN_BRACE);
    this.#shapeText.put(CLOSE_BRACE);
    this.#separator = COMMA;
  }

  /**
   * Appends an object (`dist` or `scripts`) with only three of its members, number `first` and the next two. Appends nothing
   * if it has none of them.
   */
  #trimmed(keyStart: number, at: number, first: number): void {
    const json = this.#json;
    const separator = this.#separator;
    const { length, hash } = this.#shapeText;
    let seen = 0;
    this.#shapeText.put(separator);
    this.#shapeText.copy(json, keyStart - 1, at);
    this.#separator = OPEN_BRACE;
    json.at = at;
    for (let more = json.enter(); more; more = json.next()) {
      const member = this.#member(seen);
      seen |= 1 << member;
      const from = json.keyStart;
      json.value();
      if (member >= first && member < first + 3) this.#copy(from);
    }
    if (this.#separator === OPEN_BRACE) {
      this.#shapeText.length = length;
      this.#shapeText.hash = hash;
      this.#separator = separator;
    } else this.#close();
  }

  /**
   * Skips a `dist`. Returns true if it is regular: the tarball's URL follows from the version, and the only hash, a sha512,
   * was stored.
   */
  #dist(): boolean {
    const json = this.#json;
    let seen = 0;
    let regular = 0;
    for (let more = json.enter(); more; more = json.next()) {
      const member = this.#member(seen);
      seen |= 1 << member;
      if (member === TARBALL_MEMBER && this.#tarball()) regular++;
      else if (member === INTEGRITY_MEMBER && readSha512(json.view, json.at, this.#hashes)) {
        json.at += SHA512_TEXT;
        regular++;
      } else json.value();
    }
    return regular === 2;
  }

  /** Skips a tarball's URL if it is the prefix, the version's key and `.tgz`. The first such URL defines the prefix. */
  #tarball(): boolean {
    const json = this.#json;
    const { at, bytes } = json;
    let start = this.#parts[2 * PREFIX] as number;
    let end = this.#parts[2 * PREFIX + 1] as number;
    if (!end) {
      json.value();
      start = at + 1;
      end = json.at - (this.#keyEnd - this.#keyStart) - 5;
      json.at = at;
      if (start > end || plainEnd(bytes, start, end) < end) return false;
    }
    const regular = json.skip(start - 1, end) && json.skip(this.#keyStart, this.#keyEnd);
    // the bytes of `.tgz`, and a quote
    if (regular && json.view.getInt32(json.at, true) === 0x7a67742e && bytes[json.at + 4] === QUOTE) {
      json.at += 5;
      this.#setPart(PREFIX, start, end);
      return true;
    }
    json.at = at;
    return false;
  }

  /**
   * Returns the number of the shape that starts at `from`. If it equals an earlier one, drops it and returns that one's
   * number.
   */
  #intern(from: number): number {
    const lengths = this.#shapeLengths;
    const length = this.#shapeText.length - from;
    // 30 bits, which engines store without allocating
    const hash = (this.#shapeText.hash ^ (this.#shapeText.bytes[from] as number)) >>> 2;
    const known = this.#shapes.get(hash);
    if (known && lengths[known.shape] === length && this.#shapeText.same(known.start, from, length)) {
      this.#shapeText.length = from;
      return known.shape;
    }
    const shape = lengths.push(length) - 1;
    this.#shapes.set(hash, { shape, start: from });
    return shape;
  }

  /** Puts the parts together as record.ts describes. */
  *#assemble(): Generator<undefined, Uint8Array> {
    const parts = this.#parts;
    const versions = this.#keyLengths.length;
    const sorting = sortedEntries(this.#releases);
    // Another document would take the shared buffers during a pause.
    const releases = this.#mayPause ? yield* sorting : runToEnd(sorting);
    const lengths = [...this.#keyLengths, ...this.#shapeLengths];
    for (let at = 0; at < 2 * PARTS; at += 2) {
      const [start, end] = [parts[at] as number, parts[at + 1] as number];
      this.#shapeText.copy(this.#json, start, end);
      lengths.push(end - start);
    }
    const start = (HEADER + versions + releases.length + lengths.length) * 4;
    const hashesStart = (start + this.#keys.length + this.#shapeText.length + 3) & ~3;
    const record = new Uint8Array(hashesStart + this.#hashes.length);
    const words = new Uint32Array(record.buffer);
    words[FORMAT] = CURRENT_FORMAT;
    words[LENGTH] = record.length;
    words[WORD_COUNT] = start / 4;
    words[VERSIONS] = versions;
    words[RELEASES] = releases.length;
    words[RECORD_FLAGS] = this.#flags;
    words[HASHES] = hashesStart;
    words.set(this.#shapeOf, HEADER);
    words.set(releases, HEADER + versions);
    words.set(lengths, HEADER + versions + releases.length);
    record.set(this.#keys.bytes.subarray(0, this.#keys.length), start);
    record.set(this.#shapeText.bytes.subarray(0, this.#shapeText.length), start + this.#keys.length);
    record.set(this.#hashes.bytes.subarray(0, this.#hashes.length), hashesStart);
    return record;
  }
}
