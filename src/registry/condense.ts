import { parseVersion, readRelease } from "../spec/version.ts";
import { GrowingBytes } from "./byte-text.ts";
import { CLOSE_BRACE, COLON, COMMA, JsonFinder, OPEN_BRACE, QUOTE } from "./json-finder.ts";
import { COPIED, DIST, INSTALL, INTEGRITY, memberAt, NAME, SCRIPTS, TARBALL, VERSION } from "./members.ts";
import { Packument } from "./packument.ts";
import {
  CURRENT_FORMAT,
  DIST_TAGS,
  decode,
  FLAGS,
  FORMAT,
  HASH_BYTES,
  HASHES,
  HEADER,
  inOrder,
  LENGTH,
  NON_PLAIN_KEYS,
  PARTS,
  PREFIX,
  plainEnd,
  REGULAR_DIST,
  RELEASES,
  RESTRICTIONS,
  SAME_NAME,
  SAME_VERSION,
  TIME,
  UNCHECKED_TIME,
  VERSIONS,
  type VersionEntry,
  WORDS,
} from "./record.ts";
import { readSha512, SHA512_TEXT } from "./sha512-text.ts";

/**
 * What an installer needs of a registry's document, as a record. Throws an InstallError (`EINVALIDPACKUMENT`) when it is not a
 * JSON object as far as it is read; a version whose manifest is broken or odd inside is kept as it stands.
 */
export function condense(name: string, bytes: Uint8Array): Uint8Array {
  return new Condenser(name, bytes).record();
}

export function indexPackument(name: string, bytes: Uint8Array): Packument {
  return new Packument(name, condense(name, bytes));
}

// These grow to the largest document seen; a record is a copy.
const keys: GrowingBytes = new GrowingBytes();
const text: GrowingBytes = new GrowingBytes();
const hashes: GrowingBytes = new GrowingBytes();

class Condenser {
  readonly #json: JsonFinder;
  readonly #name: string;
  /** Where the package's name stands in the document; the end is 0 until it was found. */
  #nameStart = 0;
  #nameEnd = 0;
  /** Where the key of this version stands. */
  #keyStart = 0;
  #keyEnd = 0;
  /** Start and end of each part in the document. */
  readonly #parts = [0, 0, 0, 0, 0, 0, 0, 0];
  #flags = 0;
  #keyLengths!: number[];
  #shapeOf!: number[];
  #shapeLengths!: number[];
  /** The last shape of each hash: its number and where it starts. */
  #shapes!: Map<number, { shape: number; start: number }>;
  #releases!: VersionEntry[];
  /** Before the next member that is copied: a brace or a comma. */
  #separator = OPEN_BRACE;

  constructor(name: string, bytes: Uint8Array) {
    this.#json = new JsonFinder(name, bytes);
    this.#name = JSON.stringify(name);
    this.#forgetVersions();
  }

  record(): Uint8Array {
    const json = this.#json;
    for (let more = json.enter(); more; more = json.next()) this.#part(json.key());
    json.end();
    return this.#assemble();
  }

  #forgetVersions(): void {
    keys.length = text.length = hashes.length = 0;
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

  /** One member of the document. A repeated key wins over the earlier one. */
  #part(key: string): void {
    const json = this.#json;
    const start = json.at;
    const isObject = json.bytes[start] === OPEN_BRACE;
    if (key === "versions") {
      this.#forgetVersions();
      if (isObject) for (let more = json.enter(); more; more = json.next()) this.#version();
      else json.value();
      return;
    }
    if (key === "time" && isObject) this.#times();
    else json.value();
    if (key === "name" && decode(json.bytes, start, json.at) === this.#name) {
      this.#nameStart = start;
      this.#nameEnd = json.at;
    }
    const part =
      key === "dist-tags" ? DIST_TAGS : key === "time" ? TIME : key === "policyRestrictions" ? RESTRICTIONS : 0;
    if (part) this.#setPart(part, start, json.at);
  }

  /** Notes whether some publish time does not look like `2020-01-31T12:…`: only such a one may be no date. */
  #times(): void {
    const json = this.#json;
    const { bytes } = json;
    this.#flags &= ~UNCHECKED_TIME;
    for (let more = json.enter(); more; more = json.next()) {
      const start = json.at;
      json.value();
      // the quote stands at 0
      const regular =
        bytes[start] === QUOTE && bytes[start + 8] === 45 && bytes[start + 11] === 84 && bytes[start + 14] === COLON;
      if (!regular) this.#flags |= UNCHECKED_TIME;
    }
  }

  #version(): void {
    const json = this.#json;
    const { at: start, keyStart, keyEnd } = json;
    this.#keyStart = keyStart;
    this.#keyEnd = keyEnd;
    if (!json.plainKey) {
      json.key();
      this.#flags |= NON_PLAIN_KEYS;
    }
    keys.copy(json, keyStart, keyEnd);
    const entry = this.#keyLengths.push(keyEnd - keyStart) - 1;
    const release = readRelease(json.bytes, keyStart, keyEnd);
    const version = release === undefined ? parseVersion(json.key()) : release;
    if (version && !version.pre) this.#releases.push({ entry, version });
    const from = text.length;
    try {
      this.#manifest();
    } catch {
      json.at = start;
      json.value();
      text.length = from;
      text.put(0);
      text.copy(json, start, json.at);
    }
    hashes.reserve(HASH_BYTES);
    const hash = hashes.length;
    hashes.length += HASH_BYTES;
    if (!((text.bytes[from] as number) & REGULAR_DIST)) hashes.bytes.fill(0, hash, hashes.length);
    this.#shapeOf.push(this.#intern(from));
  }

  /** Copies a shape: flags, and those members of a manifest that an installer reads. Throws at whatever is not usual. */
  #manifest(): void {
    const json = this.#json;
    const from = text.length;
    let flags = 0;
    let seen = 0;
    text.hash = 0;
    text.put(0);
    this.#separator = OPEN_BRACE;
    for (let more = json.enter(); more; more = json.next()) {
      const member = this.#member(seen);
      seen |= 1 << member;
      const { keyStart, at } = json;
      // a key stands between quotes too
      if (member === VERSION && json.skip(this.#keyStart - 1, this.#keyEnd + 1)) flags |= SAME_VERSION;
      else if (member === NAME && this.#nameEnd && json.skip(this.#nameStart, this.#nameEnd)) flags |= SAME_NAME;
      else if (member === DIST && this.#dist()) flags |= REGULAR_DIST;
      else if (member === DIST) this.#trimmed(keyStart, at, TARBALL);
      else if (member === SCRIPTS) this.#trimmed(keyStart, at, INSTALL);
      else {
        json.value();
        if (member >= COPIED || member === NAME || member === VERSION) this.#copy(keyStart);
      }
    }
    this.#close();
    text.bytes[from] = flags;
  }

  /** The number of the member whose key was just read. Throws at one that was there before, or that may be another than it looks. */
  #member(seen: number): number {
    const json = this.#json;
    const number = memberAt(json.bytes, json.keyStart, json.keyEnd);
    if (!json.plainKey || (number && seen & (1 << number))) json.bad("an unusual key");
    return number;
  }

  /** Copies the member whose value has just been stepped over. */
  #copy(keyStart: number): void {
    text.put(this.#separator);
    text.copy(this.#json, keyStart - 1, this.#json.at);
    this.#separator = COMMA;
  }

  #close(): void {
    if (this.#separator === OPEN_BRACE) text.put(OPEN_BRACE);
    text.put(CLOSE_BRACE);
    this.#separator = COMMA;
  }

  /** Copies a member whose value starts at `at` with three of its own members, from number `first` on; not at all without them. */
  #trimmed(keyStart: number, at: number, first: number): void {
    const json = this.#json;
    const separator = this.#separator;
    const { length, hash } = text;
    let seen = 0;
    text.put(separator);
    text.copy(json, keyStart - 1, at);
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
      text.length = length;
      text.hash = hash;
      this.#separator = separator;
    } else this.#close();
  }

  /** Steps over a `dist`. Whether it can be told from the version: where the tarball is, and one hash, which is noted. */
  #dist(): boolean {
    const json = this.#json;
    let seen = 0;
    let regular = 0;
    for (let more = json.enter(); more; more = json.next()) {
      const member = this.#member(seen);
      seen |= 1 << member;
      if (member === TARBALL && this.#tarball()) regular++;
      else if (member === INTEGRITY && readSha512(json.view, json.at, hashes)) {
        json.at += SHA512_TEXT;
        regular++;
      } else json.value();
    }
    return regular === 2;
  }

  /** Steps over a URL that is the package's prefix, the version's key and `.tgz`. The first such one tells the prefix. */
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
    // `.tgz` and a quote
    if (regular && json.view.getInt32(json.at, true) === 0x7a67742e && bytes[json.at + 4] === QUOTE) {
      json.at += 5;
      this.#setPart(PREFIX, start, end);
      return true;
    }
    json.at = at;
    return false;
  }

  /** The number of the shape that starts at `from`: of an earlier one when it is the same. */
  #intern(from: number): number {
    const lengths = this.#shapeLengths;
    const length = text.length - from;
    // small enough to be no object
    const hash = (text.hash ^ (text.bytes[from] as number)) >>> 2;
    const known = this.#shapes.get(hash);
    if (known && lengths[known.shape] === length && text.same(known.start, from, length)) {
      text.length = from;
      return known.shape;
    }
    const shape = lengths.push(length) - 1;
    this.#shapes.set(hash, { shape, start: from });
    return shape;
  }

  #assemble(): Uint8Array {
    const parts = this.#parts;
    const versions = this.#keyLengths.length;
    const releases = inOrder(this.#releases);
    const lengths = [...this.#keyLengths, ...this.#shapeLengths];
    for (let at = 0; at < 2 * PARTS; at += 2) {
      const [start, end] = [parts[at] as number, parts[at + 1] as number];
      text.copy(this.#json, start, end);
      lengths.push(end - start);
    }
    const start = (HEADER + versions + releases.length + lengths.length) * 4;
    const cold = (start + keys.length + text.length + 3) & ~3;
    const record = new Uint8Array(cold + hashes.length);
    const words = new Uint32Array(record.buffer);
    words[FORMAT] = CURRENT_FORMAT;
    words[LENGTH] = record.length;
    words[WORDS] = start / 4;
    words[VERSIONS] = versions;
    words[RELEASES] = releases.length;
    words[FLAGS] = this.#flags;
    words[HASHES] = cold;
    words.set(this.#shapeOf, HEADER);
    words.set(releases, HEADER + versions);
    words.set(lengths, HEADER + versions + releases.length);
    record.set(keys.bytes.subarray(0, keys.length), start);
    record.set(text.bytes.subarray(0, text.length), start + keys.length);
    record.set(hashes.bytes.subarray(0, hashes.length), cold);
    return record;
  }
}
