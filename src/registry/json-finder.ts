// Walks through a JSON document without building its values. A packument is mostly text that an installer never reads, so the
// walk enters only the objects that matter, and skips all others by counting brackets and looking for quotes:
//
//   {"name":"a","readme":"…","versions":{"1.0.0":{…}}}
//    enter()     value() skips     enter(): keyStart to keyEnd is 1.0.0, `at` is its `{`

import { ByteText } from "./byte-text.ts";
import { invalidPackument, latin1, plainEnd, readKey } from "./record.ts";

export const QUOTE = 34;
export const COMMA = 44;
export const COLON = 58;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
export const OPEN_BRACE = 123;
export const CLOSE_BRACE = 125;

/** The open brackets of the value being skipped. Shared by all documents: a skip is never interrupted. */
const stack: number[] = [];

/**
 * A position in a JSON document. `for (let more = json.enter(); more; more = json.next()) …` visits an object's members. The
 * key is between `keyStart` and `keyEnd`, without its quotes, and the value starts at `at`. The loop's body must move past
 * the value. Each method throws an InstallError (EINVALIDPACKUMENT), which names the byte, if the text is not JSON.
 */
export class JsonFinder extends ByteText {
  readonly #name: string;
  readonly #lastQuote: number;
  at = 0;
  keyStart = 0;
  keyEnd = 0;
  /** False if the key has an escape or is not ASCII. */
  plainKey = true;

  constructor(name: string, bytes: Uint8Array) {
    super(bytes);
    this.#name = name;
    this.#lastQuote = bytes.lastIndexOf(QUOTE);
    // a byte order mark
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.at = 3;
    this.#blank();
  }

  /** Moves to the first member of the object that starts here. If it has none, moves past the object and returns false. */
  enter(): boolean {
    this.#expect(OPEN_BRACE, "expected an object");
    this.#blank();
    if (this.bytes[this.at] !== CLOSE_BRACE) return this.#key();
    this.at++;
    return false;
  }

  /** Moves from the end of a value to the next member. If there is none, moves past the object and returns false. */
  next(): boolean {
    this.#blank();
    if (this.bytes[this.at] !== CLOSE_BRACE) {
      this.#expect(COMMA, "expected a comma or a brace");
      this.#blank();
      return this.#key();
    }
    this.at++;
    return false;
  }

  /** Checks that nothing follows the document. */
  end(): void {
    this.#blank();
    if (this.at < this.bytes.length) this.bad("unexpected text after the document");
  }

  #key(): true {
    this.#expect(QUOTE, "expected a key");
    const { at: start, bytes } = this;
    let end = plainEnd(bytes, start, bytes.length);
    this.plainKey = bytes[end] === QUOTE;
    if (!this.plainKey) end = this.#string(start) - 1;
    this.keyStart = start;
    this.keyEnd = end;
    this.at = end + 1;
    this.#blank();
    this.#expect(COLON, "expected a colon");
    this.#blank();
    return true;
  }

  /** Skips the text at `at` if it equals the text from `start` to `end`. */
  skip(start: number, end: number): boolean {
    const isSame = this.same(this.at, start, end - start);
    if (isSame) this.at += end - start;
    return isSame;
  }

  /** Returns the text of the last key. */
  key(): string {
    try {
      return readKey(this.bytes, this.keyStart, this.keyEnd);
    } catch {
      this.at = this.keyStart;
      return this.bad("a key is not a JSON string");
    }
  }

  /** Skips a value. Inside an object or array, only the balance of the brackets is checked. */
  value(): void {
    const first = this.bytes[this.at];
    if (first === QUOTE) this.at = this.#longString(this.at + 1);
    else if (first === OPEN_BRACE || first === OPEN_BRACKET) this.at = this.#nested(this.at);
    else this.#scalar();
  }

  #scalar(): void {
    const { at: start, bytes } = this;
    // the scalar ends at a comma, bracket, brace, quote or blank
    for (let code = 0; code !== COMMA && code !== CLOSE_BRACKET && code !== CLOSE_BRACE; ) {
      code = bytes[++this.at] as number;
      if (!(code > QUOTE)) break;
    }
    if (!SCALAR.test(latin1(bytes, start, this.at))) {
      this.at = start;
      this.bad("expected a value");
    }
  }

  /**
   * Returns the position after the bracket that closes the one at `at`. Nearly every byte of a packument passes through here,
   * and most of them are in strings. Strings are therefore read eight bytes at a time, and the next string is looked for
   * directly after `":"` and `","`.
   */
  #nested(at: number): number {
    const bytes = this.bytes;
    const length = bytes.length;
    let depth = 0;
    while (at < length) {
      const code = bytes[at++];
      if (code === QUOTE) {
        at = this.#longString(at);
        while (bytes[at + 1] === QUOTE && (bytes[at] === COLON || bytes[at] === COMMA)) at = this.#longString(at + 2);
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        stack[depth++] = code;
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        // in ASCII, the code of a closing bracket or brace is that of the opening one plus two
        if (stack[--depth] !== code - 2) {
          this.at = at - 1;
          this.bad("brackets do not match");
        }
        if (depth === 0) return at;
      }
    }
    return this.#brokenOff();
  }

  /** Does the same as {@link #string}, four bytes at a time. */
  #longString(at: number): number {
    const view = this.view;
    const whole = this.bytes.length - 8;
    while (at <= whole) {
      const first = quotesIn(view.getInt32(at, true));
      if (first !== 0) return this.#string(at + bytePlace(first));
      const second = quotesIn(view.getInt32(at + 4, true));
      if (second !== 0) return this.#string(at + 4 + bytePlace(second));
      at += 8;
    }
    return this.#string(at);
  }

  /** Returns the position after the closing quote of the string whose text starts at `at`. */
  #string(at: number): number {
    const bytes = this.bytes;
    for (;;) {
      if (at > this.#lastQuote) this.#brokenOff();
      // This loop ends, because a quote follows.
      while (bytes[at] !== QUOTE) at++;
      let before = at - 1;
      while (bytes[before] === BACKSLASH) before--;
      // "a\\" ends here, "a\" continues
      if ((at++ - before) % 2 === 1) return at;
    }
  }

  #blank(): void {
    const { bytes } = this;
    let code = bytes[this.at] as number;
    if (code > 32) return;
    while (code === 32 || code === 10 || code === 13 || code === 9) code = bytes[++this.at] as number;
  }

  #expect(code: number, why: string): void {
    if (this.bytes[this.at] !== code) this.bad(why);
    this.at++;
  }

  #brokenOff(): never {
    this.at = this.bytes.length;
    return this.bad("the text ends too early");
  }

  /** Throws EINVALIDPACKUMENT with the current position. */
  bad(why: string): never {
    throw invalidPackument(this.#name, `${why} at byte ${this.at}`, { offset: this.at });
  }
}

const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/** Marks the highest bit of each byte that is a quote. Bytes after the first quote may be marked wrongly. */
function quotesIn(word: number): number {
  const zeroes = word ^ 0x22222222;
  return (zeroes - 0x01010101) & ~zeroes & 0x80808080;
}

/** Returns the index of the first marked byte, 0 to 3. */
function bytePlace(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >> 3;
}
