// Loaded on demand: for a lock of more than a million characters, or by an install.
//
// Parses JSON in pieces, with the same result as `JSON.parse`, which would hold the thread for seconds:
//
// 1. A value of at most PIECE characters is found by its brackets, and parsed by `JSON.parse`.
// 2. A larger object or array of the upper levels is read member by member. Each member is again a value as in 1 and 2.
// 3. Deeper in, a value may have MAX_PIECE characters. A larger one is refused.

import { endOfString, type JsonScan, MAX_JSON_DEPTH, scanJson } from "../base/json-depth.ts";
import { InstallError } from "../errors/failure.ts";
import { notJson } from "../errors/files.ts";
import { overLimit } from "../errors/limit.ts";
import { checkedJson, type JsonText, layoutOf, MAX_LOCK, tooDeep } from "./json-text.ts";

/** Characters that are parsed at once, about a millisecond of work. */
const PIECE = 1 << 16;
/** The levels whose members are parsed one by one. In a lock: `packages`, an entry, its `dependencies`, and one more. */
const PIECE_LEVELS = 4;
/** The most characters of a value below those levels. */
const MAX_PIECE = 4 * 2 ** 20;

/**
 * Does the work of `parseJsonText` for a large text. The generator pauses after each {@link PIECE} characters.
 * @throws InstallError EJSONPARSE, ELIMIT
 */
export function* parseLargeJson(text: string, file: string): Generator<undefined, JsonText> {
  const json = checkedJson(text, file, MAX_LOCK);
  const reader = new LargeJson(json, file);
  try {
    return { value: yield* reader.document(), ...layoutOf(json) };
  } catch (error) {
    throw error instanceof SyntaxError ? notJson(file, json) : error;
  }
}

class LargeJson {
  readonly #json: string;
  readonly #file: string;
  #at = 0;
  /** The position of the last pause. */
  #paused = 0;

  constructor(json: string, file: string) {
    this.#json = json;
    this.#file = file;
  }

  *document(): Generator<undefined, unknown> {
    this.#skipBlanks();
    const value = yield* this.#value(0);
    this.#skipBlanks();
    if (this.#at < this.#json.length) throw new SyntaxError();
    return value;
  }

  /** Reads the value at the current position. @throws SyntaxError */
  *#value(level: number): Generator<undefined, unknown> {
    const json = this.#json;
    const start = this.#at;
    const first = json[start];
    const isObject = first === "{";
    if (isObject || first === "[") {
      const scan: JsonScan = { at: start, depth: 0 };
      const isUpper = level < PIECE_LEVELS;
      scanJson(json, scan, MAX_JSON_DEPTH - level, Math.min(json.length, start + (isUpper ? PIECE : MAX_PIECE)));
      if (scan.depth > MAX_JSON_DEPTH - level) throw tooDeep(this.#file);
      if (scan.depth > 0 && scan.at < json.length) {
        if (isUpper) return isObject ? yield* this.#object(level) : yield* this.#array(level);
        throw this.#tooLarge();
      }
      this.#at = scan.at;
    } else if (first === '"') this.#at = endOfString(json, start);
    else while (this.#at < json.length && !ENDS.includes(json[this.#at] as string)) this.#at++;
    const value: unknown = JSON.parse(json.slice(start, this.#at));
    if (this.#at - this.#paused > PIECE) {
      this.#paused = this.#at;
      yield;
    }
    return value;
  }

  *#object(level: number): Generator<undefined, unknown> {
    const object: Record<string, unknown> = {};
    for (let more = this.#enter("}"); more; more = this.#next("}")) {
      if (this.#json[this.#at] !== '"') throw new SyntaxError();
      const start = this.#at;
      this.#at = endOfString(this.#json, start);
      const key = JSON.parse(this.#json.slice(start, this.#at)) as string;
      this.#skipBlanks();
      if (this.#json[this.#at++] !== ":") throw new SyntaxError();
      this.#skipBlanks();
      const value = yield* this.#value(level + 1);
      if (key === "__proto__")
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
      else object[key] = value;
    }
    return object;
  }

  *#array(level: number): Generator<undefined, unknown> {
    const array: unknown[] = [];
    for (let more = this.#enter("]"); more; more = this.#next("]")) array.push(yield* this.#value(level + 1));
    return array;
  }

  /** Moves past an opening bracket. Returns false if the closing one follows, and moves past that too. */
  #enter(close: string): boolean {
    this.#at++;
    this.#skipBlanks();
    if (this.#json[this.#at] !== close) return true;
    this.#at++;
    return false;
  }

  /** Moves past the comma or the closing bracket after a value. Returns whether another value follows. */
  #next(close: string): boolean {
    this.#skipBlanks();
    const code = this.#json[this.#at++];
    if (code === close) return false;
    if (code !== ",") throw new SyntaxError();
    this.#skipBlanks();
    return true;
  }

  #skipBlanks(): void {
    while (BLANKS.includes(this.#json[this.#at] ?? "x")) this.#at++;
  }

  #tooLarge(): InstallError {
    const message = `${this.#file} has a value of more than ${MAX_PIECE} characters. Make it smaller.`;
    return new InstallError(overLimit(message));
  }
}

const BLANKS = " \n\r\t";
const ENDS = `${BLANKS},]}`;
