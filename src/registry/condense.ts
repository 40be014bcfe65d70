import { parseVersion, readRelease, type Version } from "../spec/version.ts";
import { GrowingText } from "./byte-text.ts";
import { HashList, SHA512_TEXT } from "./hash-list.ts";
import { CLOSE_BRACE, COLON, COMMA, JsonFinder, OPEN_BRACE, QUOTE } from "./json-finder.ts";
import { COPIED, DIST, INSTALL, INTEGRITY, memberAt, NAME, SCRIPTS, TARBALL, VERSION } from "./members.ts";
import { Packument } from "./packument.ts";
import {
  COLD,
  CURRENT_FORMAT,
  DIST_TAGS,
  FLAGS,
  FORMAT,
  HASH,
  HEADER,
  inOrder,
  isPlain,
  LENGTH,
  ODD_KEYS,
  ODD_TIME,
  PARTS,
  PREFIX,
  REGULAR_DIST,
  RELEASES,
  RESTRICTIONS,
  readKey,
  SAME_NAME,
  SAME_VERSION,
  TIME,
  VERSIONS,
  WORDS,
} from "./record.ts";

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

/** Words for each version: start and end of its key, number of its shape. */
const STRIDE = 3;

// These grow to the largest document seen; a record is a copy.
const text: GrowingText = new GrowingText(new Uint8Array(1 << 14));
let rows: Uint32Array = new Uint32Array(STRIDE << 6);
const hashes: HashList = new HashList();

class Condenser {
  readonly #json: JsonFinder;
  readonly #name: Uint8Array;
  /** Start and end of each part in the document. */
  readonly #parts = new Uint32Array(2 * PARTS);
  #oddTime = 0;
  #oddKeys = 0;
  #versions = 0;
  /** Where each shape starts in the text, and the last one of each hash. */
  #shapes: number[] = [];
  #byHash = new Map<number, number>();
  /** Before the next member that is copied: a brace or a comma. */
  #separator = OPEN_BRACE;

  constructor(name: string, bytes: Uint8Array) {
    this.#json = new JsonFinder(name, bytes);
    this.#name = new TextEncoder().encode(JSON.stringify(name));
  }

  record(): Uint8Array {
    const json = this.#json;
    text.length = 0;
    for (let more = json.enter(); more; more = json.next()) this.#part(json.key());
    json.end();
    return this.#assemble();
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
    const part =
      key === "dist-tags" ? DIST_TAGS : key === "time" ? TIME : key === "policyRestrictions" ? RESTRICTIONS : -1;
    if (part > 0) this.#parts.set([start, json.at], 2 * part);
  }

  #forgetVersions(): void {
    this.#versions = 0;
    this.#oddKeys = 0;
    this.#shapes = [];
    this.#byHash = new Map();
    this.#parts.fill(0, 2 * PREFIX, 2 * PREFIX + 2);
    text.length = 0;
  }

  /** Notes whether some publish time does not look like `2020-01-31T12:…`: only such a one may be no date. */
  #times(): void {
    const json = this.#json;
    const { bytes } = json;
    this.#oddTime = 0;
    for (let more = json.enter(); more; more = json.next()) {
      const start = json.at;
      json.value();
      // the quote stands at 0
      const regular =
        bytes[start] === QUOTE && bytes[start + 8] === 45 && bytes[start + 11] === 84 && bytes[start + 14] === COLON;
      if (!regular) this.#oddTime = ODD_TIME;
    }
  }

  #version(): void {
    const json = this.#json;
    if (!json.plainKey) {
      json.key();
      this.#oddKeys = ODD_KEYS;
    }
    const entry = this.#versions++;
    const row = entry * STRIDE;
    if (rows.length === row) growRows();
    const start = json.at;
    rows[row] = json.keyStart;
    rows[row + 1] = json.keyEnd;
    const from = text.length;
    try {
      this.#manifest(row);
    } catch {
      json.at = start;
      json.value();
      text.length = from;
      text.put(0);
      text.copy(json, start, json.at);
    }
    if (!((text.bytes[from] as number) & REGULAR_DIST)) hashes.clear(entry);
    rows[row + 2] = this.#intern(from);
  }

  /** Copies a shape: flags, and those members of a manifest that an installer reads. Throws at whatever is not usual. */
  #manifest(row: number): void {
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
      if (member === NAME && this.#sameName()) flags |= SAME_NAME;
      else if (member === VERSION && this.#sameVersion(row)) flags |= SAME_VERSION;
      else if (member === DIST && this.#dist(row)) flags |= REGULAR_DIST;
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

  /** Steps over a name that is the packument's. */
  #sameName(): boolean {
    const json = this.#json;
    const { bytes, at } = json;
    const name = this.#name;
    for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
    json.at = at + name.length;
    return true;
  }

  /** Steps over a version that is the key. */
  #sameVersion(row: number): boolean {
    const json = this.#json;
    const { bytes, at } = json;
    const key = rows[row] as number;
    const length = (rows[row + 1] as number) - key;
    if (bytes[at] !== QUOTE || !json.same(at + 1, key, length) || bytes[at + 1 + length] !== QUOTE) return false;
    json.at = at + length + 2;
    return true;
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
  #dist(row: number): boolean {
    const json = this.#json;
    let seen = 0;
    let regular = 0;
    for (let more = json.enter(); more; more = json.next()) {
      const member = this.#member(seen);
      seen |= 1 << member;
      if (member === TARBALL && this.#tarball(row)) regular++;
      else if (member === INTEGRITY && this.#integrity(row)) regular++;
      else json.value();
    }
    return regular === 2;
  }

  /** Steps over a URL that is the package's prefix, the version's key and `.tgz`. The first such one tells the prefix. */
  #tarball(row: number): boolean {
    const json = this.#json;
    const { bytes, at } = json;
    const key = rows[row] as number;
    const keyLength = (rows[row + 1] as number) - key;
    const prefix = this.#parts[2 * PREFIX] as number;
    const prefixEnd = this.#parts[2 * PREFIX + 1] as number;
    let keyAt = at + 1 + prefixEnd - prefix;
    if (prefixEnd === 0) {
      json.value();
      keyAt = json.at - keyLength - 5;
      json.at = at;
      if (keyAt <= at || !isPlain(bytes, at + 1, keyAt)) return false;
    } else if (bytes[at] !== QUOTE || !json.same(at + 1, prefix, prefixEnd - prefix)) return false;
    const end = keyAt + keyLength;
    // the last four bytes are `.tgz`
    if (!json.same(keyAt, key, keyLength) || bytes[end + 4] !== QUOTE || json.view.getInt32(end, true) !== 0x7a67742e)
      return false;
    if (prefixEnd === 0) this.#parts.set([at + 1, keyAt], 2 * PREFIX);
    json.at = end + 5;
    return true;
  }

  /** Steps over an integrity that is one sha512, and notes it. */
  #integrity(row: number): boolean {
    const json = this.#json;
    if (!hashes.read(json.view, json.at, row / STRIDE)) return false;
    json.at += SHA512_TEXT;
    return true;
  }

  /** The number of the shape that starts at `from`: of an earlier one when it is the same. */
  #intern(from: number): number {
    const shapes = this.#shapes;
    const length = text.length - from;
    // small enough to be no object
    const hash = (text.hash ^ (text.bytes[from] as number)) >>> 2;
    const known = this.#byHash.get(hash);
    if (known !== undefined) {
      const start = shapes[known] as number;
      if ((shapes[known + 1] ?? from) - start === length && text.same(start, from, length)) {
        text.length = from;
        return known;
      }
    }
    this.#byHash.set(hash, shapes.length);
    return shapes.push(from) - 1;
  }

  #release(entry: number): Version | null {
    const { bytes } = this.#json;
    const start = rows[entry * STRIDE] as number;
    const end = rows[entry * STRIDE + 1] as number;
    const release = readRelease(bytes, start, end);
    if (release !== undefined) return release;
    const version = parseVersion(readKey(bytes, start, end));
    return version?.pre ? null : version;
  }

  #assemble(): Uint8Array {
    const versions = this.#versions;
    const shapes = this.#shapes;
    const releases = inOrder(versions, (entry) => this.#release(entry));
    const first = HEADER + versions + releases.length;
    const words = first + versions + shapes.length + PARTS;
    let size = words * 4 + text.length;
    for (let row = 0; row < versions * STRIDE; row += STRIDE) size += (rows[row + 1] as number) - (rows[row] as number);
    for (let at = 0; at < 2 * PARTS; at += 2) size += (this.#parts[at + 1] as number) - (this.#parts[at] as number);
    const cold = (size + 3) & ~3;
    const record = new Uint8Array(cold + versions * HASH);
    const out = new Uint32Array(record.buffer, 0, words);
    out[FORMAT] = CURRENT_FORMAT;
    out[LENGTH] = record.length;
    out[WORDS] = words;
    out[VERSIONS] = versions;
    out[RELEASES] = releases.length;
    out[FLAGS] = this.#oddTime | this.#oddKeys;
    out[COLD] = cold;
    for (let entry = 0; entry < versions; entry++) {
      out[HEADER + entry] = versions + (rows[entry * STRIDE + 2] as number);
    }
    out.set(releases, HEADER + versions);
    this.#slices(record, out.subarray(first));
    record.set(hashes.bytes.subarray(0, versions * HASH), cold);
    return record;
  }

  /** Fills in the slices, one after the other, and their lengths. */
  #slices(record: Uint8Array, lengths: Uint32Array): void {
    const { bytes } = this.#json;
    const parts = this.#parts;
    const shapes = this.#shapes;
    let slice = 0;
    let at = lengths.byteOffset + lengths.byteLength;
    const copy = (start: number, end: number): void => {
      lengths[slice++] = end - start;
      // a view costs more than a short copy
      if (end - start > 64) {
        record.set(bytes.subarray(start, end), at);
        at += end - start;
      } else while (start < end) record[at++] = bytes[start++] as number;
    };
    for (let row = 0; row < this.#versions * STRIDE; row += STRIDE) copy(rows[row] as number, rows[row + 1] as number);
    for (const [shape, start] of shapes.entries()) lengths[slice++] = (shapes[shape + 1] ?? text.length) - start;
    record.set(text.bytes.subarray(0, text.length), at);
    at += text.length;
    for (let part = 0; part < 2 * PARTS; part += 2) copy(parts[part] as number, parts[part + 1] as number);
  }
}

function growRows(): void {
  const more = new Uint32Array(rows.length * 2);
  more.set(rows);
  rows = more;
}
