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

/** Brackets that are open. */
const stack: number[] = [];

/**
 * Steps over a JSON document without building its values: into the objects that matter, past everything else. Each
 * method throws an InstallError (`EINVALIDPACKUMENT`) that names the byte where the text is none.
 *
 * `for (let more = json.enter(); more; more = json.next()) …` visits an object's members: the key stands from `keyStart` to
 * `keyEnd`, quotes left out, and the value at `at`. The body must step past the value.
 */
export class JsonFinder extends ByteText {
  readonly #name: string;
  readonly #lastQuote: number;
  at = 0;
  keyStart = 0;
  keyEnd = 0;
  /** False when the key has an escape or is not ASCII. */
  plainKey = true;

  constructor(name: string, bytes: Uint8Array) {
    super(bytes);
    this.#name = name;
    this.#lastQuote = bytes.lastIndexOf(QUOTE);
    // a byte order mark
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.at = 3;
    this.#blank();
  }

  /** Goes to the first member of the object that starts here; past it and false when there is none. */
  enter(): boolean {
    this.#expect(OPEN_BRACE, "an object was expected");
    this.#blank();
    if (this.bytes[this.at] !== CLOSE_BRACE) return this.#key();
    this.at++;
    return false;
  }

  /** From the end of a value to the next member; past the object and false when there is none. */
  next(): boolean {
    this.#blank();
    if (this.bytes[this.at] !== CLOSE_BRACE) {
      this.#expect(COMMA, "a comma or a brace was expected");
      this.#blank();
      return this.#key();
    }
    this.at++;
    return false;
  }

  /** Nothing may follow. */
  end(): void {
    this.#blank();
    if (this.at < this.bytes.length) this.bad("something follows the document");
  }

  #key(): true {
    this.#expect(QUOTE, "a key was expected");
    const { at: start, bytes } = this;
    let end = plainEnd(bytes, start, bytes.length);
    this.plainKey = bytes[end] === QUOTE;
    if (!this.plainKey) end = this.#string(start) - 1;
    this.keyStart = start;
    this.keyEnd = end;
    this.at = end + 1;
    this.#blank();
    this.#expect(COLON, "a colon was expected");
    this.#blank();
    return true;
  }

  /** Steps over a value, or its beginning, that is the text from `start` to `end`. */
  skip(start: number, end: number): boolean {
    const isSame = this.same(this.at, start, end - start);
    if (isSame) this.at += end - start;
    return isSame;
  }

  /** The last key's text. */
  key(): string {
    try {
      return readKey(this.bytes, this.keyStart, this.keyEnd);
    } catch {
      this.at = this.keyStart;
      return this.bad("a key is not a JSON string");
    }
  }

  /** Steps over a value. What is inside an object or an array is only checked for balance. */
  value(): void {
    const first = this.bytes[this.at];
    if (first === QUOTE) this.at = this.#longString(this.at + 1);
    else if (first === OPEN_BRACE || first === OPEN_BRACKET) this.at = this.#nested(this.at);
    else this.#scalar();
  }

  #scalar(): void {
    const { at: start, bytes } = this;
    // to a comma, a bracket, a brace, a quote or a blank
    for (let code = 0; code !== COMMA && code !== CLOSE_BRACKET && code !== CLOSE_BRACE; ) {
      code = bytes[++this.at] as number;
      if (!(code > QUOTE)) break;
    }
    if (!SCALAR.test(latin1(bytes, start, this.at))) {
      this.at = start;
      this.bad("a value was expected");
    }
  }

  /**
   * The place after the bracket that closes the one at `at`. Nearly every byte of a packument passes here, most of them
   * inside strings, so strings are read eight bytes at a time and the next one is looked for right after `":"` and `","`.
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
        // in ASCII a bracket and a brace close two places after they open
        if (stack[--depth] !== code - 2) {
          this.at = at - 1;
          this.bad("brackets do not match");
        }
        if (depth === 0) return at;
      }
    }
    return this.#brokenOff();
  }

  /** {@link #string} by words of four bytes: for what is long or many. */
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

  /** The place after the closing quote of the string whose text starts at `at`. */
  #string(at: number): number {
    const bytes = this.bytes;
    for (;;) {
      if (at > this.#lastQuote) this.#brokenOff();
      // there is a quote ahead, so this ends
      while (bytes[at] !== QUOTE) at++;
      let before = at - 1;
      while (bytes[before] === BACKSLASH) before--;
      // "a\\" ends here, "a\" goes on
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
    return this.bad("it breaks off");
  }

  bad(why: string): never {
    throw invalidPackument(this.#name, `${why} at byte ${this.at}`, { offset: this.at });
  }
}

const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

/** The highest bit of each byte that is a quote; bytes after the first quote may be marked too. */
function quotesIn(word: number): number {
  const zeroes = word ^ 0x22222222;
  return (zeroes - 0x01010101) & ~zeroes & 0x80808080;
}

/** Of marked bytes, the place of the first: 0 to 3. */
function bytePlace(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >> 3;
}
