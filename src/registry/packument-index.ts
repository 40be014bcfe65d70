import { failure, InstallError } from "../errors.ts";

/**
 * Where the parts of a packument stand, as offsets into its bytes: a start and an end for `dist-tags`, `time` and
 * `policyRestrictions` (both 0 when absent), a word that is 1 when a publish time has an unusual form, a word that is 1
 * when a version's key is not plain ASCII, then four words for each version: start and end of its key (quotes left out), start and end of its manifest.
 */
export type PackumentIndex = Uint32Array;

export const DIST_TAGS = 0;
export const TIME = 2;
export const RESTRICTIONS = 4;
export const ODD_TIME = 6;
export const ODD_KEYS = 7;
export const VERSIONS = 8;
export const STRIDE = 4;

export function invalidPackument(name: string, why: string, offset: number): InstallError {
  return new InstallError(
    failure("EINVALIDPACKUMENT", `The registry's document on ${name} is not valid: ${why} at byte ${offset}`, {
      package: name,
      details: { offset },
    }),
  );
}

/** Text of a slice. A decoder refuses shared memory: the bytes are copied first. */
export function decode(bytes: Uint8Array, start: number, end: number): string {
  return DECODER.decode(bytes.slice(start, end));
}

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Finds the parts in one pass. Throws an InstallError (`EINVALIDPACKUMENT`) that names the byte where it went wrong. */
export function findParts(name: string, bytes: Uint8Array): PackumentIndex {
  return new Finder(name, bytes).document();
}

// Grows to the largest document seen; a finished index is a copy.
let scratch: Uint32Array = new Uint32Array(1 << 12);
let stack: Uint8Array = new Uint8Array(64);

class Finder {
  readonly #name: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #lastQuote: number;
  #at = 0;
  #length = VERSIONS;

  constructor(name: string, bytes: Uint8Array) {
    this.#name = name;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#lastQuote = bytes.lastIndexOf(QUOTE);
    // a byte order mark
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#at = 3;
  }

  document(): PackumentIndex {
    scratch.fill(0, 0, VERSIONS);
    this.#blank();
    this.#members((start, end) => this.#part(this.#key(start, end)));
    this.#blank();
    if (this.#at < this.#bytes.length) this.#bad("something follows the document");
    return scratch.slice(0, this.#length);
  }

  /** One member of the document. A repeated key wins over the earlier one. */
  #part(key: string): void {
    const start = this.#at;
    if (key === "versions") {
      this.#length = VERSIONS;
      if (this.#bytes[start] === OPEN_BRACE) this.#members((from, to) => this.#version(from, to));
      else this.#value();
      return;
    }
    const slot =
      key === "dist-tags" ? DIST_TAGS : key === "time" ? TIME : key === "policyRestrictions" ? RESTRICTIONS : -1;
    if (key === "time" && this.#bytes[start] === OPEN_BRACE) this.#times();
    else this.#value();
    if (slot < 0) return;
    scratch[slot] = start;
    scratch[slot + 1] = this.#at;
  }

  #version(start: number, end: number): void {
    if (this.#length + STRIDE > scratch.length) {
      const larger = new Uint32Array(scratch.length * 2);
      larger.set(scratch);
      scratch = larger;
    }
    const at = this.#length;
    this.#length += STRIDE;
    if (!isPlain(this.#bytes, start, end)) {
      this.#key(start, end);
      scratch[ODD_KEYS] = 1;
    }
    scratch[at] = start;
    scratch[at + 1] = end;
    scratch[at + 2] = this.#at;
    this.#value();
    scratch[at + 3] = this.#at;
  }

  /** Notes whether some publish time does not look like `2020-01-31T12:…`: only such a one may be no date. */
  #times(): void {
    const bytes = this.#bytes;
    scratch[ODD_TIME] = 0;
    this.#members(() => {
      const start = this.#at;
      this.#value();
      // the quote stands at 0
      const regular =
        bytes[start] === QUOTE && bytes[start + 8] === 45 && bytes[start + 11] === 84 && bytes[start + 14] === COLON;
      if (!regular) scratch[ODD_TIME] = 1;
    });
  }

  /** Reads `{ "key": value, … }`, calling `member` with the key's ends where each value starts; it must read the value. */
  #members(member: (start: number, end: number) => void): void {
    const bytes = this.#bytes;
    this.#expect(OPEN_BRACE, "an object was expected");
    this.#blank();
    if (bytes[this.#at] === CLOSE_BRACE) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#expect(QUOTE, "a key was expected");
      const start = this.#at;
      this.#at = this.#string(start);
      const end = this.#at - 1;
      this.#blank();
      this.#expect(COLON, "a colon was expected");
      this.#blank();
      member(start, end);
      this.#blank();
      if (bytes[this.#at] === CLOSE_BRACE) break;
      this.#expect(COMMA, "a comma or a brace was expected");
      this.#blank();
    }
    this.#at++;
  }

  #key(start: number, end: number): string {
    try {
      return readKey(this.#bytes, start, end);
    } catch {
      this.#at = start;
      return this.#bad("a key is not a JSON string");
    }
  }

  /** Steps over a value. What is inside an object or an array is only checked for balance. */
  #value(): void {
    const bytes = this.#bytes;
    const first = bytes[this.#at];
    if (first === QUOTE) this.#at = this.#string(this.#at + 1);
    else if (first === OPEN_BRACE || first === OPEN_BRACKET) this.#at = this.#nested(this.#at);
    else this.#scalar();
  }

  #scalar(): void {
    const start = this.#at;
    const bytes = this.#bytes;
    // letters, digits, `+`, `-` and `.`: all that a number, true, false or null is made of
    while (isScalarCode(bytes[this.#at])) this.#at++;
    if (!SCALAR.test(decode(bytes, start, this.#at))) {
      this.#at = start;
      this.#bad("a value was expected");
    }
  }

  /**
   * The place after the bracket that closes the one at `at`. Nearly every byte of a packument passes here, most of them
   * inside strings, so strings are read eight bytes at a time and the next one is looked for right after `":"` and `","`.
   */
  #nested(at: number): number {
    const bytes = this.#bytes;
    const length = bytes.length;
    let depth = 0;
    while (at < length) {
      const code = bytes[at++];
      if (code === QUOTE) {
        at = this.#longString(at);
        while (bytes[at + 1] === QUOTE && (bytes[at] === COLON || bytes[at] === COMMA)) at = this.#longString(at + 2);
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        if (depth === stack.length) deepen();
        stack[depth++] = code;
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        // in ASCII a bracket and a brace close two places after they open
        if (stack[--depth] !== code - 2) {
          this.#at = at - 1;
          this.#bad("brackets do not match");
        }
        if (depth === 0) return at;
      }
    }
    return this.#brokenOff();
  }

  /** {@link #string} by words of four bytes: for what is long or many. */
  #longString(at: number): number {
    const view = this.#view;
    const whole = this.#bytes.length - 8;
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
    const bytes = this.#bytes;
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
    const bytes = this.#bytes;
    let code = bytes[this.#at];
    while (code === 32 || code === 10 || code === 13 || code === 9) code = bytes[++this.#at];
  }

  #expect(code: number, why: string): void {
    if (this.#bytes[this.#at] !== code) this.#bad(why);
    this.#at++;
  }

  #brokenOff(): never {
    this.#at = this.#bytes.length;
    return this.#bad("it breaks off");
  }

  #bad(why: string): never {
    throw invalidPackument(this.#name, why, this.#at);
  }
}

const SCALAR = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

function isScalarCode(code: number | undefined): boolean {
  return (
    code !== undefined && ((code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code === 69 || isSign(code))
  );
}

function isSign(code: number): boolean {
  return code === 43 || code === 45 || code === 46;
}

/** The highest bit of each byte that is a quote; bytes after the first quote may be marked too. */
function quotesIn(word: number): number {
  const zeroes = word ^ 0x22222222;
  return (zeroes - 0x01010101) & ~zeroes & 0x80808080;
}

/** Of marked bytes, the place of the first: 0 to 3. */
function bytePlace(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >> 3;
}

function deepen(): void {
  const larger = new Uint8Array(stack.length * 2);
  larger.set(stack);
  stack = larger;
}

const codes: number[] = [];

/** A key's text. Throws a SyntaxError when it is not a JSON string. */
export function readKey(bytes: Uint8Array, start: number, end: number): string {
  if (!isPlain(bytes, start, end)) return JSON.parse(decode(bytes, start - 1, end + 1)) as string;
  // quicker than a decoder, and than a view of the bytes
  codes.length = end - start;
  for (let at = start; at < end; at++) codes[at - start] = bytes[at] as number;
  return String.fromCharCode.apply(null, codes);
}

function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const code = bytes[at] as number;
    if (code < 32 || code > 126 || code === BACKSLASH) return false;
  }
  return true;
}
